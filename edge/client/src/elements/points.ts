/** `<forecourt-points>`: balance, tier, the way to the next one, and what expires. With `compact` the balance alone.
 * Without a customer the page's own text stays, for example a link to sign in. */
import type { Program, ShownLoyalty } from '../types.js';
import { h, type Child } from './dom.js';
import { View } from './view.js';

export default class PointsView extends View {
  protected readonly css = `
    .balance { font-size: 1.5em; font-weight: 600; }
    progress { inline-size: 100%; block-size: 10px; accent-color: var(--accent); }
    :host([compact]) { display: inline-block; min-inline-size: 6em; }
  `;
  private account: ShownLoyalty | undefined;
  private program: Program | undefined;
  private unsubscribe: (() => void) | undefined;

  async start(): Promise<boolean> {
    const account = await signedIn(this.page, () => this.shop.loyalty.balance());
    if (!account) return false;
    this.account = account;
    if (!this.isCompact) this.program = await this.shop.loyalty.program();
    this.render();
    this.unsubscribe = this.shop.loyalty.subscribe((account) => {
      this.account = account;
      this.render();
    });
    return true;
  }

  override stop(): void {
    this.unsubscribe?.();
  }

  private get isCompact(): boolean {
    return this.host.hasAttribute('compact');
  }

  protected content(): Child[] {
    const { account } = this;
    // Signed out in another tab.
    if (!account) return [h('slot')];
    const { balance, tier, expiring } = account;
    const points = h('p', { role: 'status', part: 'balance', class: this.isCompact ? '' : 'balance' },
      h('span', { class: 'hidden' }, `${this.t('balance')}: `), this.points(balance.available));
    if (this.isCompact) return [points];
    const soonest = expiring[0];
    return [h('div', { class: 'stack', role: 'group', 'aria-label': this.t('balance') },
      points,
      balance.pending > 0 && h('p', {}, this.t('pending', { points: this.points(balance.pending) })),
      balance.held > 0 && h('p', {}, this.t('held', { points: this.points(balance.held) })),
      h('p', { part: 'tier' }, this.t('tier', { tier: tier.title })),
      this.nextTier(account),
      soonest && h('p', { class: 'muted' },
        this.t('expires', { points: this.points(soonest.points), date: this.date(soonest.at) })))];
  }

  private nextTier({ tier, next_tier: next }: ShownLoyalty): Child {
    const { program } = this;
    const threshold = program?.tiers.find((one) => one.id === next?.id)?.threshold;
    if (!program || !next || threshold === undefined) return undefined;
    const from = program.tiers.find((one) => one.id === tier.id)?.threshold ?? 0;
    const { currency } = this.page;
    const { remaining } = next;
    // An amount of money whose currency the page doesn't say is left out.
    const text = program.tiers_by === 'spend' && !currency ? next.title
      : this.t(`next_tier_${program.tiers_by}`, {
        tier: next.title, count: remaining, points: this.points(remaining), money: currency ? this.money(remaining, currency) : '',
      });
    return h('div', { part: 'next-tier' }, h('p', { id: 'next-tier' }, text),
      h('progress', { max: threshold - from, value: threshold - remaining - from, 'aria-labelledby': 'next-tier' }));
  }
}

/** What `read` answers, or nothing if no customer is signed in. */
export async function signedIn<T>(page: { isGuest: boolean }, read: () => Promise<T>): Promise<T | undefined> {
  if (page.isGuest) return undefined;
  return read().catch((error) => {
    if (error.kind === 'signed-out') return undefined;
    throw error;
  });
}
