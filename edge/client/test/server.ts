/** The real server, started for a test run, and a storefront in front of it: a page's origin with an App
 * Proxy, and a link to the API that can be cut. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The debug binary of `infra-local`. Without it the tests over HTTP are skipped. */
export const BINARY = process.env.FORECOURT_BINARY;
export const SKIPPED = BINARY ? false : 'FORECOURT_BINARY is not set';

/** The demo shop's. */
const SHOP = 'demo.myshopify.com';
const SECRET = 'dev-shopify-secret';
const READY_MS_MAX = 30_000;

const listen = (server: Server, port = 0) => new Promise<number>((done) => {
  server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port));
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

export class RealServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly port: number,
    /** The local Shopify's, if there is one. */
    readonly shopifyPort?: number,
  ) {}

  static async start({ withShopify = false } = {}): Promise<RealServer> {
    const folder = await mkdtemp(join(tmpdir(), 'forecourt-client-'));
    const port = await freePort();
    const shopifyPort = withShopify ? await freePort() : undefined;
    const child = spawn(BINARY!, [
      'up', ...(shopifyPort ? ['--shopify', `127.0.0.1:${shopifyPort}`] : ['--no-shopify']),
      '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'data'),
    ], { stdio: 'ignore' });
    const server = new RealServer(child, folder, port, shopifyPort);
    for (const until = Date.now() + READY_MS_MAX; ;) {
      const isReady = await fetch(`${server.url}/health/ready`).then((answer) => answer.ok, () => false);
      if (isReady) return server;
      if (Date.now() > until || child.exitCode !== null) throw new Error('the server does not start');
      await sleep(100);
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A query as Shopify's App Proxy signs it. */
function signed(path: string, customer: string | undefined): string {
  const parameters: Record<string, string> = {
    shop: SHOP, path_prefix: '/apps/forecourt', timestamp: `${Math.floor(Date.now() / 1_000)}`,
    logged_in_customer_id: customer ?? '',
  };
  const text = Object.keys(parameters).sort().map((name) => `${name}=${parameters[name]}`).join('');
  const signature = createHmac('sha256', SECRET).update(text).digest('hex');
  return `/proxy${path}?${new URLSearchParams({ ...parameters, signature })}`;
}

/** What happens to a request on its way. */
export type Link = 'open' | 'down' | 'cut';

/** A page's origin. */
export class Storefront {
  /** Whom Shopify has signed in. */
  customer: string | undefined;
  /** The language of the examples. */
  language = 'en';
  /** Changes an example. */
  edit = (html: string) => html;
  /** The link of pages to the API; `cut`: requests arrive, answers don't. */
  link: (request: IncomingMessage) => Link = () => 'open';
  /** While it is on, commands wait on their way, until `release`. */
  hold = false;
  private held: (() => void)[] = [];
  readonly received: { method: string; path: string; key?: string }[] = [];
  private readonly pages = createServer((request, response) => void this.page(request, response));
  private readonly api = createServer((request, response) => this.forward(request, response, request.url!));
  private pagePort = 0;
  private apiPort = 0;

  constructor(private readonly server: RealServer) {}

  async open(): Promise<this> {
    [this.pagePort, this.apiPort] = [await listen(this.pages), await listen(this.api)];
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.pagePort}`;
  }

  /** Another origin, as in production. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  release(): void {
    this.hold = false;
    for (const forward of this.held.splice(0)) forward();
  }

  close(): void {
    for (const server of [this.pages, this.api]) {
      server.close();
      server.closeAllConnections();
    }
  }

  private async page(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!.split('?')[0]!;
    if (path.startsWith('/apps/forecourt')) {
      const { length } = '/apps/forecourt';
      return this.forward(request, response, signed(request.url!.slice(length), this.customer));
    }
    const isExample = path.startsWith('/examples/');
    const file = (isExample || path.startsWith('/dist/')) && new URL(`..${path}`, import.meta.url);
    if (file) {
      const text = await readFile(file, 'utf8').catch(() => '');
      response.setHeader('content-type', isExample ? 'text/html' : 'text/javascript');
      response.end(isExample ? this.filledIn(text) : text);
    } else if (this.server.shopifyPort) {
      this.forward(request, response, request.url!, this.server.shopifyPort);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>A shop</title>');
    }
  }

  /** An example with the address and the customer of this test. */
  private filledIn(text: string): string {
    return this.edit(text).replace('lang="en"', `lang="${this.language}"`).replaceAll('https://shop-api.example.com', this.apiUrl)
      .replace('"customer": null', `"customer": ${JSON.stringify(this.customer ?? null)}`);
  }

  private forward(incoming: IncomingMessage, response: ServerResponse, path: string, port = this.server.port): void {
    const isShop = port === this.server.shopifyPort;
    const link = isShop ? 'open' : this.link(incoming);
    const { method = 'GET', headers } = incoming;
    if (link === 'down') return void incoming.socket.destroy();
    if (this.hold && headers['idempotency-key']) {
      return void this.held.push(() => this.forward(incoming, response, path, port));
    }
    this.received.push({ method, path, key: headers['idempotency-key'] as string | undefined });
    const outgoing = request({
      host: '127.0.0.1', port, path, method,
      // To the shop behind it, a form of this page is one of its own.
      headers: { ...headers, host: `127.0.0.1:${port}`, ...(isShop && headers.origin ? { origin: `http://127.0.0.1:${port}` } : {}) },
    }, (answer) => {
      answer.resume();
      if (link === 'cut') return void incoming.socket.destroy();
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  }
}
