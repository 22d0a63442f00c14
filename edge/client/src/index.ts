/** The entry: small, and loads each part when it is used first. */
import type { CartApi } from './cart.js';
import type { Configurator } from './configurator.js';
import { ForecourtError } from './errors.js';
import type { LoyaltyApi } from './loyalty.js';
import type { Platform } from './platform.js';

export { ForecourtError } from './errors.js';
export type { ErrorDetails, ErrorKind, FieldError } from './errors.js';
export type { Exchange, Observation, Platform } from './platform.js';
export type { Scope } from './configurator.js';
export type * from './types.js';

export interface Options {
  /** Where Forecourt is: `https://shop-api.example.com`, or empty for this page's own origin. */
  baseUrl: string;
  /** The App Proxy on this storefront: `/apps/forecourt`. Without it no customer can sign in. */
  proxyPath?: string;
  /** Whom Shopify has signed in on this page, `null` for no one; `{{ customer.id | json }}` in Liquid, which is
   * a number. If this is not who was signed in before, everything about the former customer is dropped. */
  customer?: string | number | null;
}

export interface SessionApi {
  /** Signs in whom Shopify has signed in, and merges the guest's cart. */
  start(): Promise<{ customer: string }>;
  /** Signs out, in all tabs: drops tokens, bookmarks, carts and what is not sent yet. */
  end(): Promise<void>;
}

/** Methods of a part that is not loaded yet: every one returns a promise, `subscribe` at once. */
export type Lazy<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K];
};

export interface Forecourt {
  cart: Lazy<Omit<CartApi, 'signedIn'>>;
  loyalty: Lazy<LoyaltyApi>;
  session: SessionApi;
  /** The configurator of a product. */
  configurator(product: string): Lazy<Configurator>;
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Calls the part once it is loaded. */
function lazy<T extends object>(load: () => Promise<T>): Lazy<T> {
  return new Proxy({} as Lazy<T>, {
    get: (_, name: string) => {
      // Not a promise, which has `then`.
      if (name === 'then') return undefined;
      const call = async (...args: unknown[]) => ((await load()) as unknown as Methods)[name]!(...args);
      if (name !== 'subscribe') return call;
      return (listener: unknown) => {
        let isOver = false;
        const stop = call((value: unknown) => {
          if (!isOver) (listener as (value: unknown) => void)(value);
        });
        // A part that can't be loaded has nothing to tell; the other methods report it.
        stop.catch(() => {});
        return () => {
          isOver = true;
          void stop.then((stop) => (stop as () => void)(), () => {});
        };
      };
    },
  });
}

/** Runs `load` once, and again after a failure. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((cause) => {
      loaded = undefined;
      if (cause instanceof ForecourtError) throw cause;
      throw new ForecourtError('load', 'A part of the client could not be loaded.', { cause });
    });
    return loaded;
  };
}

/** The client of one shop. `platform` is for tests. */
export function createForecourt(options: Options, platform?: Platform): Forecourt {
  const customer = typeof options.customer === 'number' ? `${options.customer}` : options.customer;
  const context = once(async () => {
    const made = await (await import('./core.js')).createContext({ ...options, customer }, platform);
    const known = made.store.read().session?.customer;
    if (known !== undefined && customer !== undefined && known !== customer) {
      await made.session.end();
    }
    return made;
  });
  const cart = once(async () => {
    const [{ CartApi }, made] = await Promise.all([import('./cart.js'), context()]);
    const api = new CartApi(made);
    // Also finishes a merge that was cut off. What fails is tried again with the next call.
    if (made.session.isExpected()) api.signedIn().catch(() => {});
    return api;
  });
  const loyalty = once(async () => {
    const [{ LoyaltyApi }, made] = await Promise.all([import('./loyalty.js'), context()]);
    return new LoyaltyApi(made);
  });
  const session: SessionApi = {
    start: async () => {
      const made = await context();
      await made.session.token();
      await (await cart()).signedIn();
      return { customer: made.store.read().session?.customer ?? '' };
    },
    end: async () => (await context()).session.end(),
  };
  return {
    cart: lazy(cart),
    loyalty: lazy(loyalty),
    session,
    configurator: (product) => lazy(once(async () => {
      const [{ Configurator }, made] = await Promise.all([import('./configurator.js'), context()]);
      return new Configurator(made, product);
    })),
  };
}
