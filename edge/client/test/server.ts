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
  ) {}

  static async start(): Promise<RealServer> {
    const folder = await mkdtemp(join(tmpdir(), 'forecourt-client-'));
    const port = await freePort();
    const child = spawn(BINARY!, [
      'up', '--no-shopify', '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'data'),
    ], { stdio: 'ignore' });
    const server = new RealServer(child, folder, port);
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
  /** The link of pages to the API; `cut`: requests arrive, answers don't. */
  link: (request: IncomingMessage) => Link = () => 'open';
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

  close(): void {
    for (const server of [this.pages, this.api]) {
      server.close();
      server.closeAllConnections();
    }
  }

  private async page(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    if (path.startsWith('/apps/forecourt')) {
      return this.forward(request, response, signed(path.slice('/apps/forecourt'.length), this.customer));
    }
    const file = path.startsWith('/dist/') && new URL(`..${path}`, import.meta.url);
    if (!file) {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>A shop</title>');
      return;
    }
    response.setHeader('content-type', 'text/javascript');
    response.end(await readFile(file).catch(() => ''));
  }

  private forward(incoming: IncomingMessage, response: ServerResponse, path: string): void {
    const link = this.link(incoming);
    const { method = 'GET', headers } = incoming;
    if (link === 'down') return void incoming.socket.destroy();
    this.received.push({ method, path, key: headers['idempotency-key'] as string | undefined });
    const outgoing = request({
      host: '127.0.0.1', port: this.server.port, path, method,
      headers: { ...headers, host: `127.0.0.1:${this.server.port}` },
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
