/** `<forecourt-rewards>`: what the customer's points buy, a redemption followed to its code, and the latest codes,
 * which are there again after the page is opened again. */
import type { ForecourtError } from '../index.js';
import type { Program, Redemption, ShownLoyalty } from '../types.js';
import { h, type Child } from './dom.js';
import { signedIn } from './points.js';
import { failure, View } from './view.js';

type Reward = Program['rewards'][number];

/** How many codes are listed, and the entries of the ledger in which they are looked for. */
const CODES_MAX = 5;
const ENTRIES = 50;
/** How often, and how many times, a redemption that is undecided is read again. */
const FOLLOW_MS = 5_000;
const FOLLOW_MAX = 24;

export default class RewardsView extends View {
  protected readonly css = `
    li { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; justify-content: space-between; padding-block: 8px;
      border-block-end: 1px solid var(--border); min-block-size: 60px; }
    code { font-size: 1.1em; user-select: all; overflow-wrap: anywhere; }
  `;
  private program!: Program;
  private account: ShownLoyalty | undefined;
  private redemptions: Redemption[] = [];
  /** The reward whose redemption is to be confirmed, and the one under way. */
  private confirming = '';
  private redeeming = '';
  private notice = '';
  private error = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private follows = 0;
  private unsubscribe: (() => void) | undefined;

  async start(): Promise<boolean> {
    const account = await signedIn(this.page, () => this.shop.loyalty.balance());
    if (!account) return false;
    this.account = account;
    this.program = await this.shop.loyalty.program();
    this.render();
    this.unsubscribe = this.shop.loyalty.subscribe((account) => {
      this.account = account;
      if (!account) this.redemptions = [];
      this.render();
    });
    await this.loadCodes();
    return true;
  }

  override stop(): void {
    this.unsubscribe?.();
    clearTimeout(this.timer);
  }

  /** The latest redemptions; undecided ones are read again for a while. */
  private async loadCodes(): Promise<void> {
    clearTimeout(this.timer);
    const { loyalty } = this.shop;
    try {
      const { entries } = await loyalty.entries({ limit: ENTRIES });
      const causes = entries.filter(({ cause }) => cause.type === 'redemption').map(({ cause }) => cause.id);
      const ids = [...new Set(causes)].slice(0, CODES_MAX);
      this.redemptions = await Promise.all(ids.map((id) => loyalty.redemption(id)));
    } catch {
      // The rewards are there without the codes.
    }
    const isOpen = this.redemptions.some(({ status }) => status === 'pending');
    if (isOpen && this.follows++ < FOLLOW_MAX && this.host.isConnected) {
      this.timer = setTimeout(() => void this.loadCodes(), FOLLOW_MS);
    }
    this.render();
  }

  private ask(id: string): void {
    this.confirming = id;
    this.notice = this.error = '';
    this.render();
    this.find('[data-confirm]')?.focus();
  }

  private cancel(): void {
    const id = this.confirming;
    this.confirming = '';
    this.render();
    this.find(`[data-redeem="${CSS.escape(id)}"]`)?.focus();
  }

  private async redeem({ id, title, points }: Reward): Promise<void> {
    this.confirming = '';
    this.redeeming = id;
    this.notice = this.t('redeeming');
    this.error = '';
    this.render();
    try {
      const redemption = await this.shop.loyalty.redeem({ reward: id, points });
      const { status, code } = redemption;
      this.notice = status === 'rejected' || status === 'released' ? this.t(status)
        : code ? this.t('redeemed', { title, code }) : this.t('reward_waits');
      this.redemptions = [redemption, ...this.redemptions.filter((one) => one.id !== redemption.id)].slice(0, CODES_MAX);
      if (code) this.emit('redeemed', { redemption });
    } catch (error) {
      this.notice = (error as ForecourtError).details?.queued ? this.t('reward_waits') : '';
      this.error = this.notice ? '' : failure(error, (name) => this.t(name)) ?? this.t('down');
    }
    this.redeeming = '';
    this.follows = 0;
    this.render();
    if (!this.error) await this.loadCodes();
  }

  private async copy(code: string): Promise<void> {
    await navigator.clipboard?.writeText(code).then(() => {
      this.notice = this.t('copied');
      this.render();
    }, () => {});
  }

  protected content(): Child[] {
    const { account } = this;
    if (!account) return [h('slot')];
    return [h('div', { class: 'stack', role: 'group', 'aria-label': this.t('rewards') },
      h('p', { part: 'balance' }, this.t('available', { points: this.points(account.balance.available) })),
      h('ul', { part: 'rewards' }, this.program.rewards.map((one) => this.reward(one, account))),
      this.status(this.notice),
      this.alert(this.error),
      this.redemptions.some(({ code }) => code) && h('div', { key: 'codes' },
        h('h2', { id: 'codes' }, this.t('codes')),
        h('ul', { 'aria-labelledby': 'codes', part: 'codes' }, this.redemptions.map((one) => this.code(one)))))];
  }

  private reward(reward: Reward, { balance }: ShownLoyalty): Child {
    const { id, title } = reward;
    const missing = reward.points - balance.available;
    const points = this.points(reward.points);
    return h('li', { key: id },
      h('span', {}, title, ' ', h('small', {}, points)),
      this.confirming === id
        ? h('span', { class: 'row', key: 'confirm' },
          this.button(this.t('confirm', { points }), () => this.redeem(reward), { class: 'main', 'data-confirm': true }),
          this.button(this.t('cancel'), () => this.cancel()))
        : missing > 0
          ? h('small', { key: 'missing' }, this.t('need', { points: this.points(missing) }))
          : this.button(this.t('redeem'), () => !this.redeeming && this.ask(id), {
            key: 'redeem', 'data-redeem': id, 'aria-label': this.t('redeem_of', { points, title }),
            'aria-disabled': this.redeeming ? 'true' : 'false',
          }));
  }

  private code({ id, reward, code }: Redemption): Child {
    if (!code) return undefined;
    const known = this.program.rewards.find((one) => one.id === reward);
    const { Shopify } = globalThis as { Shopify?: { routes?: { root?: string } } };
    const redirect = encodeURIComponent(location.pathname);
    const apply = `${Shopify?.routes?.root ?? '/'}discount/${encodeURIComponent(code)}?redirect=${redirect}`;
    return h('li', { key: id },
      h('span', {}, known?.title ?? reward, ' ', h('code', {}, code)),
      h('span', { class: 'row' },
        this.button(this.t('copy'), () => this.copy(code), { 'aria-label': `${this.t('copy')}: ${code}` }),
        known?.kind !== 'other' && h('a', { href: apply, part: 'apply' }, this.t('apply_code'))));
  }
}
