/** A browser in memory, on a clock of its own, and a small shop that answers it. */
import type { Exchange, Forecourt, Options, Platform } from '../src/index.js';
import { createForecourt } from '../src/index.js';
import type { Cart } from '../src/types.js';
// Loaded before the first test: loading takes real time.
import '../src/core.js';
import '../src/cart.js';
import '../src/loyalty.js';
import '../src/configurator.js';
import '../src/hand-over.js';

/** A turn of the loop: everything that can run without time or an answer has run. */
const turn = () => new Promise<void>((done) => setImmediate(done));

/** Random numbers from a seed: splitmix32. */
export class Rng {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state ^ (this.state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  below(bound: number): number {
    return this.next() % bound;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  id(): string {
    return Array.from({ length: 4 }, () => this.next().toString(16).padStart(8, '0')).join('');
  }
}

export class Clock {
  now = 1_795_251_600_000;
  /** Parts of clients that are being loaded, which takes real time. */
  loading = 0;
  private timers: { at: number; done: () => void; signal?: AbortSignal }[] = [];

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((done) => this.timers.push({ at: this.now + ms, done, signal }));
  }

  /** Runs what is ready, and jumps from timer to timer until the promise has an outcome. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let [isOver, idle] = [false, 0];
    promise.then(() => { isOver = true; }, () => { isOver = true; });
    for (;;) {
      for (let n = 0; n < 8 || this.loading > 0; n++) await turn();
      if (isOver) return promise;
      this.timers = this.timers.filter((one) => !one.signal?.aborted).sort((a, b) => a.at - b.at);
      const next = this.timers.shift();
      if (!next && idle++ < 100) {
        // A part may still be loading.
        await new Promise((done) => setTimeout(done, 5));
        continue;
      }
      if (!next) throw new Error('nothing is left that could settle the promise');
      idle = 0;
      this.now = Math.max(this.now, next.at);
      next.done();
    }
  }

  /** Runs everything that is due within a time. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms));
  }
}

/** An answer whose text is there at once. */
export const answer = (status: number, text: string, headers: Record<string, string> = {}) =>
  ({ status, headers: new Headers(headers), text: async () => text }) as Response;

export const json = (status: number, body: object, headers: Record<string, string> = {}) =>
  answer(status, JSON.stringify(body), headers);

export const problemOf = (status: number, code: string, more: object = {}, headers = {}) =>
  json(status, { type: `/problems/${code}`, title: 'A title', status, code, detail: 'A detail.', instance: '/', errors: [], ...more }, headers);

/** What happens to a request: `lost` before it arrives, `cut` before its answer does. */
export type Fate = 'lost' | 'cut' | Response | undefined;

interface StoredCart {
  version: number;
  lines: Map<string, number>;
  keys: Map<string, string>;
}

/** A shop that answers from one consistent state; its bookmarks say the version. */
export class FakeShop {
  readonly carts = new Map<string, StoredCart>();
  readonly requests: Exchange[] = [];
  /** Customer tokens that were revoked. */
  readonly ended = new Set<string>();
  /** The customer whom Shopify has signed in. */
  customer: string | undefined;
  fate: (exchange: Exchange) => Fate | Promise<Fate> = () => undefined;
  private created = 0;

  constructor(private readonly clock: Clock) {}

  async fetch(exchange: Exchange, signal: AbortSignal): Promise<Response> {
    this.requests.push(exchange);
    signal.throwIfAborted();
    const fate = await Promise.race([
      this.fate(exchange),
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    ]);
    if (fate === 'lost') throw new TypeError('Failed to fetch');
    if (typeof fate === 'object') return fate;
    const answer = this.answer(exchange);
    if (fate === 'cut') throw new TypeError('Failed to fetch');
    return answer;
  }

  cart(id: string): StoredCart {
    const cart = this.carts.get(id) ?? { version: 0, lines: new Map(), keys: new Map() };
    this.carts.set(id, cart);
    return cart;
  }

  body(id: string): Cart {
    const { version, lines } = this.cart(id);
    const shown = [...lines].map(([variant, quantity]) => ({
      id: `line-${variant}`, variant_id: variant, product: 'tee', title: `Tee ${variant}`, quantity,
      price: 100, total: 100 * quantity, properties: {},
    }));
    return {
      id, version: `${version}`, currency: 'EUR', lines: shown, attributes: {},
      subtotal: shown.reduce((sum, line) => sum + line.total, 0), bookmark: `b1.${id}.${version}`,
    };
  }

  private answer({ method, url, headers, body }: Exchange): Response {
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    if (path === '/apps/forecourt/v1/session') {
      if (!this.customer) return problemOf(401, 'token-missing');
      const expires_at = new Date(this.clock.now + 900_000).toISOString();
      const date = new Date(this.clock.now).toUTCString();
      return json(201, { token: `u1.k.${this.customer}.${this.clock.now}.m`, expires_at, customer_id: this.customer }, { date });
    }
    const bearer = headers.authorization?.split(' ')[1] ?? '';
    if (bearer && this.ended.has(bearer)) return problemOf(401, 'token-invalid');
    if (path === '/v1/session') {
      this.ended.add(bearer);
      return json(200, { revoked_until: new Date(this.clock.now).toISOString() });
    }
    if (path === '/v1/carts') {
      const held = headers['forecourt-cart']?.split('.')[2];
      const id = headers.authorization ? `customer-${this.customer}` : held ?? `guest-${++this.created}`;
      return json(201, { token: `c1.k.${id}.${this.clock.now}`, cart: this.body(id) });
    }
    const id = headers['forecourt-cart']!.split('.')[2]!;
    const owner = id.split('customer-')[1];
    if (owner !== undefined && bearer.split('.')[2] !== owner) return problemOf(401, 'token-missing');
    const cart = this.cart(id);
    const sent = JSON.parse(body ?? '{}');
    const key = headers['idempotency-key'];
    if (key) {
      const content = `${method} ${path} ${body}`;
      const known = cart.keys.get(key);
      if (known !== undefined && known !== content) return problemOf(409, 'idempotency-conflict');
      if (known === undefined) {
        cart.keys.set(key, content);
        cart.version++;
        this.apply(cart, method, path, sent);
      }
      return json(202, this.body(id));
    }
    const etag = `"${id}-${cart.version}"`;
    if (headers['if-none-match'] === etag) return json(304, {});
    return json(200, this.body(id), { etag });
  }

  private apply({ lines }: StoredCart, method: string, path: string, sent: Record<string, never>): void {
    const line = path.split('/line-')[1];
    if (path.endsWith('/merge')) {
      const guest = this.cart((sent.from as unknown as string).split('.')[2]!);
      for (const [variant, quantity] of guest.lines) {
        lines.set(variant, (lines.get(variant) ?? 0) + quantity);
      }
      guest.lines.clear();
    } else if (method === 'POST') {
      const { variant_id: variant, quantity } = sent as unknown as { variant_id: string; quantity: number };
      lines.set(variant, (lines.get(variant) ?? 0) + quantity);
    }
    else if (line === undefined) lines.clear();
    else if (method === 'PATCH' && sent.quantity) { if (lines.has(line)) lines.set(line, sent.quantity); }
    else lines.delete(line);
  }
}

/** A browser with tabs of one site. */
export class FakeBrowser {
  readonly clock = new Clock();
  readonly shop = new FakeShop(this.clock);
  /** The stored document; `null` after the browser has cleared it. */
  text: string | null = null;
  private readonly rng: Rng;
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly listeners: { tab: object; changed: () => void }[] = [];
  private readonly online: (() => void)[] = [];
  private readonly open = new Map<string, object>();

  constructor(seed = 1) {
    this.rng = new Rng(seed);
  }

  /** Opens a tab; its platform can be changed for a browser that lacks something. */
  tab(options: Partial<Options> = {}, change: Partial<Platform> = {}): Forecourt & { close(): void } {
    const tab = {};
    const platform: Platform = {
      fetch: (exchange, signal) => this.shop.fetch(exchange, signal),
      now: () => this.clock.now,
      sleep: (ms, signal) => this.clock.sleep(ms, signal),
      randomId: () => this.rng.id(),
      load: async () => this.text,
      change: async (act) => { this.text = act(this.text); },
      locked: (name, act) => {
        const result = (this.tails.get(name) ?? Promise.resolve()).then(act);
        this.tails.set(name, result.catch(() => {}));
        return result;
      },
      openTabs: async () => new Set(this.open.keys()),
      holdTab: (name) => void this.open.set(name, tab),
      notify: () => {
        for (const one of this.listeners) if (one.tab !== tab) queueMicrotask(one.changed);
      },
      onChange: (changed) => void this.listeners.push({ tab, changed }),
      onOnline: (listener) => void this.online.push(listener),
      ...change,
    };
    const client = createForecourt({ baseUrl: 'https://api.example', proxyPath: '/apps/forecourt', ...options }, platform);
    const close = () => {
      for (const [name, owner] of this.open) if (owner === tab) this.open.delete(name);
    };
    for (const part of [client.cart, client.loyalty]) {
      this.clock.loading++;
      const stop = part.subscribe(() => {
        this.clock.loading--;
        setImmediate(() => stop());
      });
    }
    return { ...client, close };
  }

  /** The network is back. */
  reconnect(): void {
    for (const listener of this.online) listener();
  }

  /** Commands that were sent, with their keys. */
  commands(): Exchange[] {
    return this.shop.requests.filter((one) => one.headers['idempotency-key']);
  }
}

/** The error of a promise. */
export const errorOf = <T>(promise: Promise<T>): Promise<Error & Record<string, any>> =>
  promise.then((value) => { throw new Error(`resolved with ${JSON.stringify(value)}`); }, (error) => error);
