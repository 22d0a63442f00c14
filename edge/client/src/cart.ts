/** The cart: a guest's, until a customer signs in and it is merged into the customer's own. */
import { Engine, ForecourtError, RETRY_MS_MAX, begin, dropAll, removeResource, send } from './core.js';
import type { Context, Kind } from './engine.js';
import type { Command } from './jar.js';
import { shownCart } from './optimistic.js';
import type { CartState, Doc, Holder } from './store.js';
import type {
  Addition, CallOptions, Cart, Checkout, HandOver, Preview, ShownCart,
} from './types.js';

/** A cart's token verifies for 60 days; it is renewed once a month (8.13). */
const TOKEN_MS = 30 * 86_400_000;
const PATH = '/v1/cart';
const MERGE = `${PATH}/merge`;

/** What the page shows before any cart exists: nothing is created for a visitor who only looks. */
const EMPTY: Cart = {
  id: '', version: '0', currency: '', lines: [], subtotal: 0, attributes: {}, bookmark: '',
};

const currentId = ({ own, guest, mergedAt }: CartState): string | undefined =>
  (own && (!guest || mergedAt) ? own : guest)?.id;

export class CartApi {
  private readonly engine: Engine;

  constructor(private readonly context: Context) {
    const kind: Kind = {
      path: PATH,
      jar: (doc) => doc.cart,
      current: (doc) => currentId(doc.cart),
      open: () => this.open(),
      // The customer's own cart answers only with the customer's token.
      needsCustomer: (command) => {
        const { own, ...rest } = context.store.read().cart;
        return command?.isMerge || (own !== undefined && currentId({ own, ...rest }) === own.id);
      },
      headers: ({ cart: { own, guest }, session }, resource): Record<string, string> => {
        const holder = [own, guest].find((one) => one?.id === resource);
        const headers: Record<string, string> = holder ? { 'forecourt-cart': holder.token } : {};
        // Another tab may have merged the carts since the question above.
        if (holder && holder === own && session) headers.authorization = `Bearer ${session.token}`;
        return headers;
      },
      guest: (doc) => doc.cart.guest?.id,
      hasMore: ({ cart }, now) => {
        const { guest, mergedAt } = cart;
        return guest !== undefined && mergedAt !== undefined && now <= mergedAt + RETRY_MS_MAX
          && cart.bookmarks.some((one) => one.resource === guest.id);
      },
      merge: (isKnown) => this.merge(isKnown),
      acknowledged: (doc, command) => {
        if (command.isMerge) doc.cart.mergedAt ??= context.platform.now();
      },
      rejected: (doc, command, status, code) => this.rejected(doc, command, status, code),
      expired: (doc, command) => {
        if (command.isMerge) this.abandon(doc);
      },
    };
    this.engine = new Engine(context, kind);
  }

  /** The cart from the network. Without a cart, the empty one: nothing is created. */
  async get(options?: CallOptions): Promise<ShownCart> {
    const { session, store } = this.context;
    const { cart } = await store.fresh();
    if (session.isExpected() || currentId(cart)) await this.engine.read(PATH, options);
    return this.shown();
  }

  /** Calls back with what is known now, and with every change by any tab. */
  subscribe(listener: (cart: ShownCart) => void): () => void {
    let last = '';
    const emit = () => {
      const cart = this.shown();
      const text = JSON.stringify(cart);
      if (text !== last) listener(cart);
      last = text;
    };
    emit();
    return this.context.store.subscribe(emit);
  }

  /** Adds a variant, or a configured product. `preview` is shown until the answer is there. */
  add(addition: Addition, options: CallOptions & { preview?: Preview } = {}): Promise<ShownCart> {
    const line = { ...addition, quantity: addition.quantity ?? 1 };
    const { preview } = options;
    return this.send('POST', '/lines', line, { type: 'add', line, preview }, options);
  }

  /** Replaces the quantity of a line; 0 removes it. */
  set(line: string, quantity: number, options?: CallOptions): Promise<ShownCart> {
    const action = { type: 'set', line, quantity };
    return this.send('PATCH', `/lines/${line}`, { quantity }, action, options);
  }

  remove(line: string, options?: CallOptions): Promise<ShownCart> {
    const action = { type: 'set', line, quantity: 0 };
    return this.send('DELETE', `/lines/${line}`, undefined, action, options);
  }

  /** Removes every line. */
  clear(options?: CallOptions): Promise<ShownCart> {
    return this.send('DELETE', '/lines', undefined, { type: 'clear' }, options);
  }

  /** Sets attributes; `null` removes one. */
  attributes(changes: Record<string, string | null>, options?: CallOptions): Promise<ShownCart> {
    return this.send('PATCH', '/attributes', changes, { type: 'attributes', changes }, options);
  }

  /** Sends everything that waits for the network. */
  async flush(options?: CallOptions): Promise<ShownCart> {
    await this.engine.flush(options);
    return this.shown();
  }

  /** The whole cart in Shopify's form, each line checked again today. */
  async checkout(options?: CallOptions): Promise<Checkout> {
    await this.engine.flush(options);
    return await this.engine.read(`${PATH}/checkout`, options) as unknown as Checkout;
  }

  /** Replaces Shopify's cart by this one, unless a problem holds a line back; then send the shopper to
   * `url`. With `anyway` the lines without such a problem are handed over. What Shopify's cart rejects is a
   * problem `shopify-rejected`. */
  async handOver(options: CallOptions & { anyway?: boolean } = {}): Promise<HandOver> {
    const checkout = await this.checkout(options);
    const { problems } = checkout;
    if (problems.length && !options.anyway) return { problems };
    const { handOver } = await import('./hand-over.js');
    return handOver(this.context.platform, checkout);
  }

  /** A customer has signed in: the guest's cart is merged into the customer's. */
  async signedIn(): Promise<void> {
    const mustMerge = () => {
      const { guest, mergedAt } = this.context.store.read().cart;
      return guest !== undefined && mergedAt === undefined;
    };
    if (mustMerge()) {
      await this.create('own');
      if (await this.engine.makeReady() && mustMerge()) await this.merge();
    }
    // What was queued before, or is left of a merge without an answer.
    this.engine.wake();
  }

  private shown(): ShownCart {
    return shownCart(this.context.store.read().cart, EMPTY);
  }

  private async send(
    method: string,
    path: string,
    body: object | undefined,
    action: object,
    options?: CallOptions,
  ): Promise<ShownCart> {
    const text = body && JSON.stringify(body);
    await this.engine.command({ method, path: PATH + path, body: text, action }, options);
    return this.shown();
  }

  // === Which cart ===

  /** Makes sure that there is a cart, with a token that is not about to end. */
  private async open(): Promise<void> {
    const { store, platform, session } = this.context;
    const { cart: { own, guest }, cart } = store.read();
    const current = currentId(cart);
    if (current === undefined) {
      return this.create(session.isExpected() ? 'own' : 'guest');
    }
    const old = [own, guest].find((one) => one?.id === current)!;
    if (platform.now() > old.at + TOKEN_MS) await this.refresh(old);
  }

  /** Asks for a cart, once for all tabs. */
  private create(which: 'own' | 'guest'): Promise<void> {
    const { platform, store, session } = this.context;
    return platform.locked('open', async () => {
      const { epoch, cart } = await store.fresh();
      if (cart[which]) return;
      const headers: Record<string, string> = {};
      if (which === 'own') headers.authorization = `Bearer ${await session.token()}`;
      const holder = await this.request(headers);
      await store.update((doc) => {
        if (doc.epoch !== epoch) throw new ForecourtError('signed-out', 'The sign-in has ended.');
        doc.cart[which] = holder;
      });
    });
  }

  private async refresh(old: Holder): Promise<void> {
    // Without an answer the old token is good for another month.
    const fresh = await this.request({ 'forecourt-cart': old.token }).catch(() => undefined);
    if (fresh?.id !== old.id) return;
    await this.context.store.update(({ cart: { own, guest } }) => {
      for (const one of [own, guest]) if (one?.id === fresh.id) Object.assign(one, fresh);
    });
  }

  private async request(headers: Record<string, string>): Promise<Holder> {
    const { platform, baseUrl } = this.context;
    const url = `${baseUrl}/v1/carts`;
    const { body } = await send(platform, { method: 'POST', url, headers, bookmarks: [] });
    const { token, cart } = body as unknown as { token: string; cart: Cart };
    return { id: cart.id, token, at: platform.now() };
  }

  // === The merge ===

  /** Sends the merge of the guest's cart, for the first time or again; returns whether its answer is
   * shown. */
  private async merge(isKnown = false): Promise<boolean> {
    const { platform, store, tab } = this.context;
    await this.create('own');
    const command = await store.update((doc): Command | undefined => {
      const { cart } = doc;
      const { own, guest } = cart;
      if (!own || !guest) return undefined;
      // A command whose outcome is unknown comes before the merge, unless that has happened (8.6).
      const isOpen = cart.commands.some((one) => one.state === 'open' && !one.isMerge);
      if (isOpen && !isKnown && !cart.mergedAt) return undefined;
      const now = platform.now();
      cart.mergeTriedAt ??= now;
      if (now > cart.mergeTriedAt + RETRY_MS_MAX) return void this.abandon(doc);
      const command: Command = {
        key: platform.randomId(), method: 'POST', path: MERGE, resource: own.id,
        body: JSON.stringify({ from: guest.token }), at: now, tab, by: tab, state: 'queued', bookmarks: [],
        isMerge: true,
      };
      begin(cart, command);
      cart.commands.push(command);
      return structuredClone(command);
    });
    return command ? this.engine.attempt(command) : false;
  }

  /** Continues with the customer's cart, regardless of the outcome of the merge. */
  private abandon({ cart }: Doc): void {
    const { platform } = this.context;
    cart.mergedAt = platform.now();
    dropAll(cart);
    platform.observe?.({ type: 'abandoned' });
  }

  private rejected(doc: Doc, command: Command, status: number, code?: string): void {
    if (command.isMerge) return this.abandon(doc);
    if (status !== 401 || code !== 'token-invalid') return;
    // The key of the cart's token is gone: the next command begins another cart.
    removeResource(doc.cart, command.resource);
    const { own, guest } = doc.cart;
    if (own?.id === command.resource) delete doc.cart.own;
    if (guest?.id === command.resource) delete doc.cart.guest;
    delete doc.cart.view;
    delete doc.cart.base;
  }
}
