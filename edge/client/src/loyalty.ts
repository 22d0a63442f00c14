/** A customer's points: balance, entries, and redemptions followed to their codes. */
import { Engine, persist, send } from './core.js';
import type { Context, Kind } from './engine.js';
import { shownLoyalty } from './optimistic.js';
import type {
  CallOptions, Entries, Loyalty, Program, Redemption, ShownLoyalty,
} from './types.js';

const PATH = '/v1/loyalty';
const REDEMPTIONS = `${PATH}/redemptions`;
/** How long, and how often, a redemption is followed. */
const FOLLOW_MS = [500, 1_000, 2_000, 3_000, 5_000, 5_000, 5_000, 5_000, 10_000, 10_000];

export class LoyaltyApi {
  private readonly engine: Engine;

  constructor(private readonly context: Context) {
    const { store, session } = context;
    const kind: Kind = {
      path: PATH,
      jar: (doc) => doc.loyalty,
      current: (doc) => doc.session?.customer,
      open: async () => {
        if (!store.read().session) await session.token();
      },
      needsCustomer: () => true,
      headers: () => ({}),
    };
    this.engine = new Engine(context, kind);
  }

  /** Balance, tier and what expires, from the network. */
  async balance(options?: CallOptions): Promise<ShownLoyalty> {
    const answer = await this.engine.read(PATH, options);
    return this.shown() ?? { ...(answer as unknown as Loyalty), pending: 0 };
  }

  /** Calls back with what is known now, and with every change by any tab. */
  subscribe(listener: (account: ShownLoyalty | undefined) => void): () => void {
    let last: string | undefined = '';
    const emit = () => {
      const account = this.shown();
      const text = JSON.stringify(account);
      if (text !== last) listener(account);
      last = text;
    };
    emit();
    return this.context.store.subscribe(emit);
  }

  /** A page of the ledger, newest first. */
  async entries(
    options: CallOptions & { limit?: number; cursor?: string } = {},
  ): Promise<Entries> {
    const { limit, cursor } = options;
    const query = new URLSearchParams();
    if (cursor) query.set('cursor', cursor);
    if (limit) query.set('limit', `${limit}`);
    const path = `${PATH}/entries${query.size ? `?${query}` : ''}`;
    return await this.engine.read(path, options) as unknown as Entries;
  }

  /** Tiers and rewards. */
  async program({ signal }: CallOptions = {}): Promise<Program> {
    const { platform, baseUrl } = this.context;
    const exchange = {
      method: 'GET', url: `${baseUrl}${PATH}/program`, headers: {}, bookmarks: [],
    };
    const { body } = await persist(platform, () => send(platform, exchange, signal));
    return body as unknown as Program;
  }

  /** Redeems points for a reward, and follows it until it has its code or is rejected. After a
   * minute, or at once with `follow: false`, it may still be `pending`; `redemption` asks again. */
  async redeem(
    reward: { reward: string; points: number },
    options: CallOptions & { follow?: boolean } = {},
  ): Promise<Redemption> {
    const { reward: id, points } = reward;
    const body = JSON.stringify({ reward: id, points });
    const accepted = await this.engine.command(
      { method: 'POST', path: REDEMPTIONS, body, action: { points } },
      options,
    );
    const redemption = accepted as unknown as Redemption;
    return options.follow === false ? redemption : this.follow(redemption, options);
  }

  /** The present state of a redemption. */
  async redemption(id: string, options?: CallOptions): Promise<Redemption> {
    return await this.engine.read(`${REDEMPTIONS}/${id}`, options) as unknown as Redemption;
  }

  /** Sends everything that waits for the network. */
  flush(options?: CallOptions): Promise<void> {
    return this.engine.flush(options);
  }

  private async follow(redemption: Redemption, options?: CallOptions): Promise<Redemption> {
    let now = redemption;
    for (const ms of FOLLOW_MS) {
      if (now.status && now.status !== 'pending') break;
      await this.context.platform.sleep(ms);
      now = await this.redemption(now.id, options).catch(() => now);
    }
    // The balance without what was held.
    await this.engine.read(PATH, options).catch(() => {});
    return now;
  }

  private shown(): ShownLoyalty | undefined {
    return shownLoyalty(this.context.store.read().loyalty);
  }
}
