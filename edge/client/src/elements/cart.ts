/** `<forecourt-cart>`: the cart, changed at once and reconciled later, its problems by name, and the hand-over to
 * Shopify's checkout. With `drawer` a button that opens it over the page. */
import type { ForecourtError } from '../index.js';
import type { Checkout, Product, ShownCart, ShownLine } from '../types.js';
import { h, type Child } from './dom.js';
import { CSS } from './cart-styles.js';
import { failure, View } from './view.js';

type Problem = Checkout['problems'][number];

const QUANTITY_MAX = 999;

export default class CartView extends View {
  protected readonly css = CSS;
  private cart!: ShownCart;
  private readonly products = new Map<string, Product | undefined>();
  private problems: Problem[] = [];
  private notice = '';
  private error = '';
  private isLeaving = false;
  private isDown = false;
  private unsubscribe: (() => void) | undefined;
  private readonly opened = () => this.open();
  private readonly restored = ({ persisted }: PageTransitionEvent) => {
    if (persisted) void this.refresh();
  };

  async start(): Promise<void> {
    const first = new Promise<void>((done) => {
      this.unsubscribe = this.shop.cart.subscribe((cart) => {
        this.cart = cart;
        done();
        this.loadTitles();
        this.render();
      });
    });
    // What is stored is shown before the network answers.
    const refreshed = this.refresh();
    await Promise.race([first, refreshed.then(() => first)]);
    this.render();
    addEventListener('pageshow', this.restored);
    if (this.isDrawer) {
      document.addEventListener('forecourt:added', this.opened);
      document.addEventListener('forecourt:cart-open', this.opened);
    }
  }

  override stop(): void {
    this.unsubscribe?.();
    removeEventListener('pageshow', this.restored);
    document.removeEventListener('forecourt:added', this.opened);
    document.removeEventListener('forecourt:cart-open', this.opened);
  }

  private get isDrawer(): boolean {
    return this.host.hasAttribute('drawer');
  }

  private async refresh(): Promise<void> {
    this.isLeaving = false;
    await this.shop.cart.get().catch((error: ForecourtError) => {
      if (error.kind === 'load') throw error;
      this.failed(error);
    });
  }

  /** Titles of options and values, which a line has as ids. */
  private loadTitles(): void {
    for (const { product, selection } of this.cart.lines) {
      if (!selection || this.products.has(product)) continue;
      this.products.set(product, undefined);
      this.shop.configurator(product).product().then((loaded) => {
        this.products.set(product, loaded);
        this.render();
      }, () => this.products.delete(product));
    }
  }

  private open(): void {
    const dialog = this.find<HTMLDialogElement>('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  private close(): void {
    this.find<HTMLDialogElement>('dialog')?.close();
  }

  // === Commands ===

  /** Runs a command whose effect is shown already. */
  private async run(notice: string, act: () => Promise<unknown>): Promise<void> {
    this.notice = notice;
    this.error = '';
    this.isDown = false;
    this.problems = [];
    try {
      const done = act();
      this.render();
      await done;
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const text = failure(error, (name) => this.t(name));
    this.notice = '';
    this.error = text ?? this.t('down');
    this.isDown = !text;
    if (this.cart) this.render();
  }

  private async setQuantity(line: ShownLine, quantity: number): Promise<void> {
    if (!line.id || !Number.isSafeInteger(quantity) || quantity > QUANTITY_MAX || quantity < 0) return this.render();
    if (quantity === 0) return this.remove(line);
    await this.run(this.t('quantity_now', { title: line.title, count: quantity }),
      () => this.shop.cart.set(line.id, quantity));
  }

  private async remove({ id, title }: ShownLine): Promise<void> {
    const removing = this.run(this.t('removed', { title }), () => this.shop.cart.remove(id));
    // Its button is gone; the next thing to read is the heading.
    this.find('h2')?.focus();
    await removing;
  }

  /** Replaces a line by the closest one that is possible: first the new one, so that none is lost. */
  private async repair(problem: Problem): Promise<void> {
    const line = this.cart.lines.find(({ id }) => id === problem.line);
    if (!line || !problem.repair) return;
    const { product, quantity, title } = line;
    const { repair: selection } = problem;
    await this.run(this.t('saving'), async () => {
      await this.shop.cart.add({ product, selection, quantity }, { preview: { title } });
      await this.shop.cart.remove(line.id);
      this.notice = '';
      this.render();
    });
  }

  private async checkOut(anyway = false): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    await this.run('', async () => {
      const { url, problems } = await this.shop.cart.handOver({ anyway });
      if (url) return location.assign(url);
      this.problems = problems;
      this.isLeaving = false;
      this.render();
      this.find('.problems')?.focus();
    });
    if (this.error) {
      this.isLeaving = false;
      this.render();
    }
  }

  // === What is shown ===

  protected content(): Child[] {
    const count = this.cart.lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (!this.isDrawer) return [h('section', { class: 'stack', 'aria-labelledby': 'title' }, this.body())];
    return [
      this.button([h('span', { 'aria-hidden': 'true' }, this.t('cart')), ' ', h('b', { 'aria-hidden': 'true', part: 'count' }, count)],
        () => this.open(), { part: 'button open', class: 'open', 'aria-haspopup': 'dialog', 'aria-label': this.t('items', { count }) }),
      h('dialog', {
        'aria-labelledby': 'title', part: 'drawer',
        onclick: (event: MouseEvent) => { if (event.target === event.currentTarget) this.close(); },
      }, h('div', { class: 'stack inner' }, this.body())),
    ];
  }

  private body(): Child[] {
    const { lines, subtotal, currency, pending } = this.cart;
    return [
      h('div', { class: 'row head' }, h('h2', { id: 'title', tabindex: -1 }, this.t('cart')),
        this.isDrawer && this.button('×', () => this.close(), { 'aria-label': this.t('close') })),
      lines.length ? h('ul', { key: 'lines', part: 'lines' }, lines.map((line, index) => this.line(line, index)))
        : h('p', { key: 'empty', part: 'empty' }, this.t('empty')),
      this.status(this.notice),
      this.alert(this.error),
      this.problems.length > 0 && this.problemPanel(),
      lines.length > 0 && h('div', { key: 'foot', class: 'stack' },
        h('p', { class: 'row head', part: 'subtotal', 'aria-busy': pending ? 'true' : 'false' },
          h('span', {}, this.t('subtotal')), h('b', {}, this.amount(subtotal, currency))),
        h('p', { class: 'muted saving', 'aria-hidden': 'true' }, pending ? this.t('saving') : ' '),
        this.button(this.t('checkout'), () => this.checkOut(), { class: 'main', part: 'button checkout', 'aria-disabled': this.isLeaving ? 'true' : 'false' })),
      this.isDown && h('slot', { key: 'fallback' }),
    ];
  }

  /** Before the first answer a guest's cart has no currency, and a line perhaps no price. */
  private amount(minor: number, currency = this.cart.currency): string {
    return currency ? this.money(minor, currency) : '';
  }

  private line(line: ShownLine, index: number): Child {
    const { id, title, quantity, total, pending, properties } = line;
    const details = [
      ...Object.entries(line.selection ?? {}).map(([option, value]) => this.choice(line.product, option, value)),
      // Shopify's themes hide these, too.
      ...Object.entries(properties).filter(([name]) => !name.startsWith('_')).map(([name, value]) => `${name}: ${value}`),
    ];
    return h('li', { key: id || `new-${index}`, part: 'line', class: 'line', 'aria-busy': pending ? 'true' : 'false' },
      h('div', {}, h('b', {}, title), details.length > 0 && h('p', { class: 'muted' }, details.join(' · '))),
      h('div', { class: 'row' },
        this.button('−', () => this.setQuantity(line, quantity - 1), { 'aria-label': this.t('fewer', { title }) }),
        h('input', {
          inputmode: 'numeric', value: quantity, 'aria-label': this.t('quantity_of', { title }),
          onchange: (event: Event) => void this.setQuantity(line, Number((event.target as HTMLInputElement).value)),
        }),
        this.button('+', () => this.setQuantity(line, quantity + 1), { 'aria-label': this.t('more', { title }) }),
        this.button(this.t('remove'), () => id && this.remove(line), { 'aria-label': this.t('remove_of', { title }) }),
        h('b', { class: 'total' }, this.amount(total))));
  }

  private choice(product: string, option: string, value: string): string {
    const known = this.products.get(product)?.options.find((one) => one.id === option);
    return `${known?.title ?? option}: ${known?.values.find((one) => one.id === value)?.title ?? value}`;
  }

  private problemPanel(): Child {
    const isSaleable = this.problems.every(({ code }) => code !== 'shopify-rejected');
    return h('div', { key: 'problems', class: 'panel stack problems', role: 'alert', tabindex: -1, part: 'problems' },
      h('ul', { class: 'stack' }, this.problems.map((problem, index) => h('li', { key: `${problem.line}-${index}` },
        h('p', {}, this.problemText(problem)),
        h('div', { class: 'row' },
          problem.repair && this.button(this.t('repair_line'), () => this.repair(problem)),
          problem.line && this.button(this.t('remove'), () => this.removeById(problem.line), { 'aria-label': this.t('remove_of', { title: problem.title }) }))))),
      isSaleable && this.button(this.t('checkout_anyway'), () => this.checkOut(true)));
  }

  private removeById(id: string): Promise<void> | void {
    const line = this.cart.lines.find((one) => one.id === id);
    return line && this.remove(line);
  }

  private problemText(problem: Problem): string {
    const { code, title, detail, repair, price, line } = problem;
    const { product = '', selection } = this.cart.lines.find(({ id }) => id === line) ?? {};
    const changes = Object.entries(repair ?? {}).filter(([option, value]) => selection?.[option] !== value);
    const list = this.list(changes.map(([option, value]) => this.choice(product, option, value)));
    if (code === 'product-gone') return this.t('line_gone', { title });
    if (code === 'selection-invalid') return this.t(list ? 'line_repair' : 'line_selection', { title, list });
    if (code === 'price-changed' && price) return this.t('line_price', { title, price: this.amount(price.today) });
    if (code === 'price-not-binding') return this.t('line_price_unbound', { title });
    if (code === 'shopify-rejected') return this.t('sold_out', { detail });
    return `${title}: ${detail}`;
  }
}
