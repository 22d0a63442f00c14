/** The customer's token: fetched through the App Proxy, renewed before it expires, ended for all tabs. */
import { ForecourtError } from './errors.js';
import type { Platform } from './platform.js';
import type { Doc, Store } from './store.js';
import type { SessionBody } from './types.js';
import { send } from './wire.js';

/** A token is renewed when less than this is left of it. */
const RENEW_MS = 60_000;
/** How long a token is valid, if the answer doesn't say what time it is at the server. */
const LIFE_MS = 15 * 60_000;

const signedOut = () => new ForecourtError('signed-out', 'No customer is signed in.');

export class SessionKeeper {
  constructor(
    private readonly platform: Platform,
    readonly store: Store,
    private readonly baseUrl: string,
    private readonly proxy?: string,
    /** Whom the page says that Shopify has signed in. */
    private readonly expected?: string | null,
  ) {}

  private isRefused = false;

  /** Whether a customer is signed in, or will be by the next call that needs it. */
  isExpected(): boolean {
    return (typeof this.expected === 'string' && !this.isRefused)
      || this.store.read().session !== undefined;
  }

  /** A token that is valid for a while; `not`: one that the server rejected. */
  async token(not?: string): Promise<string> {
    return this.present(not) ?? this.platform.locked('session', async () => {
      // Another tab may have renewed it meanwhile.
      await this.store.fresh();
      return this.present(not) ?? this.renew();
    });
  }

  /** Forgets tokens, bookmarks, commands and views, in all tabs, and has the server end the token. Nothing
   * waits for the server: a token that it does not hear of ends by itself within a quarter of an hour. */
  async end(): Promise<void> {
    const token = this.store.read().session?.token;
    await this.store.clear();
    if (token === undefined) return;
    const headers = { authorization: `Bearer ${token}` };
    const url = `${this.baseUrl}/v1/session`;
    void send(this.platform, { method: 'DELETE', url, headers, bookmarks: [] }).catch(() => {});
  }

  private present(not?: string): string | undefined {
    const session = this.store.read().session;
    const isGood = session && session.token !== not
      && session.expires - RENEW_MS > this.platform.now();
    return isGood ? session.token : undefined;
  }

  private async renew(): Promise<string> {
    if (this.proxy === undefined) throw signedOut();
    const before = this.store.read();
    const url = `${this.proxy}/v1/session`;
    const exchange = { method: 'POST', url, headers: {}, bookmarks: [] };
    const reply = await send(this.platform, exchange).catch(async (error: ForecourtError) => {
      const { status } = error.details;
      if (status !== 401 && status !== 403) throw error;
      // Shopify no longer knows the customer: neither do we.
      this.isRefused = true;
      if (before.session) await this.end();
      throw signedOut();
    });
    const { token, expires_at, customer_id: customer } = reply.body as unknown as SessionBody;
    // The clock of this device may be wrong; the difference between two times of the server is not.
    const life = reply.date ? Date.parse(expires_at) - reply.date : LIFE_MS;
    if (before.session && before.session.customer !== customer) await this.end();
    const since = this.store.read().epoch;
    await this.store.update((doc: Doc) => {
      if (doc.epoch !== since) throw signedOut();
      doc.session = { customer, token, expires: this.platform.now() + life };
    });
    return token;
  }
}
