/** `<forecourt-configurator product="…">`: every value says whether it is available, changes other choices, or is
 * impossible and why; the price is live; a selection is shared by a link. */
import type { Configurator } from '../configurator.js';
import type { ForecourtError, Lazy } from '../index.js';
import type { Product, Resolution, SavedSelection, Selection } from '../types.js';
import { h, type Child } from './dom.js';
import { CSS } from './configurator-styles.js';
import { failure, View } from './view.js';

type Option = Product['options'][number];
type Value = Option['values'][number];
type State = Resolution['options'][number]['values'][number];

/** The query parameter of a shared link. */
const SHARED = 'forecourt-selection';
/** How many steps can be undone. */
const HISTORY_MAX = 50;
const QUANTITY_MAX = 99;
/** Keys that move the focus within an option. They choose nothing: a choice may change others. */
const STEPS: Record<string, number> = {
  ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity,
};

export default class ConfiguratorView extends View {
  protected readonly css = CSS;
  private api!: Lazy<Configurator>;
  private product!: Product;
  private resolution!: Resolution;
  private selection: Selection = {};
  /** The latest selection that has configurations, and the choice that came after it. */
  private good: Selection = {};
  private latest: { option: string; value: string } | undefined;
  private readonly history: Selection[] = [];
  private focused: Record<string, string> = {};
  private quantity = 1;
  private saved: SavedSelection | undefined;
  private link = '';
  private notice = '';
  private error = '';
  private isBusy = false;
  private isAdding = false;
  private isFallback = false;

  async start(): Promise<void> {
    const id = this.host.getAttribute('product');
    if (!id) throw new Error('forecourt-configurator: the attribute "product" is missing.');
    this.api = this.shop.configurator(id);
    const shared = new URLSearchParams(location.search).get(SHARED);
    const [product, saved] = await Promise.all([
      this.api.product(),
      shared ? this.api.load(shared).catch((error: ForecourtError) => error) : undefined,
    ]);
    this.product = product;
    this.selection = this.known(Object.fromEntries(new URLSearchParams(this.host.getAttribute('selection') ?? '')));
    if (saved instanceof Error) {
      this.error = saved.code === 'selection-unknown' ? this.t('link_gone') : saved.message;
    } else if (saved?.product === id) this.take(saved);
    this.resolution = await this.resolveOnce();
    if (!this.resolution.consistent) {
      this.selection = {};
      this.resolution = await this.resolveOnce();
    }
    this.good = this.selection;
    this.render();
    this.changed();
  }

  // === The selection ===

  /** The choices that the product has. */
  private known(selection: Selection): Selection {
    return Object.fromEntries(Object.entries(selection).filter(([option, value]) =>
      this.product.options.some((one) => one.id === option && one.values.some((it) => it.id === value))));
  }

  /** Begins with a saved selection: without what the rules no longer allow together. */
  private take(saved: SavedSelection): void {
    const { selection, repair, dropped, consistent } = saved;
    const changes = consistent ? {} : repair?.changes ?? {};
    this.selection = Object.fromEntries(Object.entries(selection).filter(([option]) => !(option in changes)));
    if (!consistent || Object.keys(dropped).length) this.saved = saved;
  }

  private resolveOnce(): Promise<Resolution> {
    return this.api.resolve(this.selection, { inStock: this.host.hasAttribute('in-stock') });
  }

  /** Asks what the selection amounts to; a later call replaces this one. */
  private async resolve(): Promise<void> {
    this.isBusy = true;
    this.error = '';
    this.render();
    try {
      const resolution = await this.resolveOnce();
      if (resolution.version !== this.product.version) {
        this.product = await this.api.product();
        this.selection = this.known(this.selection);
      }
      this.resolution = resolution;
      if (!resolution.consistent && Object.keys(this.selection).length) return await this.settle();
      this.good = this.selection;
    } catch (error) {
      const { kind, code } = error as ForecourtError;
      if (kind === 'superseded') return;
      if (code === 'choice-unknown') return await this.reload();
      this.error = this.t('unavailable_now');
    }
    this.isBusy = false;
    this.render();
    this.changed();
  }

  /** The product was published again without a value that is chosen. */
  private async reload(): Promise<void> {
    const before = this.selection;
    this.product = await this.api.product().catch(() => this.product);
    this.selection = this.known(before);
    if (Object.keys(this.selection).length === Object.keys(before).length) {
      this.isBusy = false;
      this.error = this.t('unavailable_now');
      return this.render();
    }
    await this.resolve();
  }

  /** Choices made faster than the answers, or a published change, exclude each other: the latest choice wins. */
  private async settle(): Promise<void> {
    const { latest, good } = this;
    this.latest = undefined;
    const { [latest?.option ?? '']: _, ...others } = this.selection;
    const explained = latest && await this.api.explain(others, latest).catch(() => undefined);
    const changes = explained?.repair?.changes;
    if (latest && changes) {
      this.selection = { ...others, [latest.option]: latest.value, ...changes };
      this.say(changes, latest);
    } else {
      this.selection = latest ? good : {};
      this.good = {};
    }
    await this.resolve();
  }

  /** Replaces the selection, so that it can be undone. */
  private async replace(selection: Selection): Promise<void> {
    this.history.push(this.selection);
    this.history.splice(0, this.history.length - HISTORY_MAX);
    this.selection = selection;
    this.link = '';
    await this.resolve();
  }

  private async choose(option: Option, value: Value): Promise<void> {
    const state = this.stateOf(option.id, value.id);
    const choice = { option: option.id, value: value.id };
    this.focused[option.id] = value.id;
    if (state?.state === 'selected' && this.selection[option.id] === value.id) return;
    this.notice = '';
    if (state?.state === 'impossible') return this.explain(choice);
    const before = this.selection;
    const changes = state?.state === 'alternative' ? state.changes ?? {} : {};
    this.latest = choice;
    this.say(changes, choice);
    await this.replace({ ...before, [option.id]: value.id, ...changes });
    if (Object.keys(changes).length) await this.addReasons(before, choice, this.notice);
  }

  /** Says which other choices have changed. */
  private say(changes: Selection, { option, value }: { option: string; value: string }): void {
    const list = this.list(Object.entries(changes).map(([one, to]) => this.name(one, to)));
    this.notice = list && this.t('changed', { choice: this.name(option, value), list });
  }

  /** Adds the merchant's reasons to a notice that is still shown. */
  private async addReasons(before: Selection, choice: { option: string; value: string }, to: string): Promise<void> {
    const explained = await this.api.explain(before, choice).catch(() => undefined);
    const reasons = explained?.rules?.flatMap((rule) => rule.message ?? []).join(' ');
    if (!reasons || this.notice !== to) return;
    this.notice = `${to} ${reasons}`;
    this.render();
  }

  private async explain(choice: { option: string; value: string }): Promise<void> {
    this.notice = this.t('impossible_reason', { choice: this.name(choice.option, choice.value) });
    this.render();
    await this.addReasons(this.selection, choice, this.notice);
  }

  private async undo(): Promise<void> {
    const before = this.history.pop();
    if (!before) return;
    this.selection = before;
    this.notice = this.link = '';
    this.latest = undefined;
    await this.resolve();
    if (!this.history.length) this.focusOn(this.product.options[0]!.id);
  }

  private async complete(): Promise<void> {
    try {
      const before = this.selection;
      const { selection } = await this.api.complete(before, { by: 'price' });
      const chosen = Object.entries(selection).filter(([option, value]) => before[option] !== value);
      this.notice = this.t('completed', { list: this.list(chosen.map(([option, value]) => this.name(option, value))) });
      await this.replace(selection);
    } catch (error) {
      if ((error as ForecourtError).kind === 'superseded') return;
      this.error = this.t('unavailable_now');
      this.render();
    }
  }

  /** The page may show another picture. */
  private changed(): void {
    const { price, variant, complete } = this.resolution;
    this.emit('change', { selection: this.selection, complete, price, variant });
  }

  // === Cart and link ===

  private get missing(): Option[] {
    return this.product.options.filter(({ id }) => !(id in this.selection));
  }

  private async add(): Promise<void> {
    const { missing, selection, product, quantity } = this;
    if (missing.length) {
      this.notice = this.t('missing', { list: this.list(missing.map(({ title }) => title)) });
      this.render();
      return this.focusOn(missing[0]!.id);
    }
    if (this.isBusy || this.isAdding) return;
    this.isAdding = true;
    this.error = '';
    this.notice = this.t('adding');
    this.render();
    const preview = { title: product.title, price: this.resolution.price?.min };
    try {
      const { product: id } = product;
      const cart = await this.shop.cart.add({ product: id, selection, quantity }, { preview });
      this.notice = this.t('added');
      this.emit('added', { cart });
    } catch (error) {
      const text = failure(error, (name) => this.t(name));
      this.notice = '';
      this.error = text ?? this.t('use_form');
      this.isFallback = !text;
    }
    this.isAdding = false;
    this.render();
  }

  private async share(): Promise<void> {
    try {
      const { id } = await this.api.save(this.selection);
      const url = new URL(location.href);
      url.searchParams.set(SHARED, id);
      this.link = url.href;
      this.render();
      this.find<HTMLInputElement>('.link input')?.select();
      // Only on pages that are secure, and allowed to.
      await navigator.clipboard.writeText(this.link).then(() => { this.notice = this.t('copied'); }, () => {});
    } catch {
      if (!this.link) this.error = this.t('unavailable_now');
    }
    this.render();
  }

  // === What is shown ===

  private stateOf(option: string, value: string): State | undefined {
    const states = this.resolution.options.find((one) => one.id === option);
    return states?.values.find((one) => one.id === value);
  }

  /** "Frame: Carbon". */
  private name(option: string, value: string): string {
    const known = this.product.options.find((one) => one.id === option);
    return `${known?.title ?? option}: ${known?.values.find((one) => one.id === value)?.title ?? value}`;
  }

  private focusOn(option: string): void {
    this.find(`[data-option="${CSS_ESCAPE(option)}"] [tabindex="0"]`)?.focus();
  }

  private move(event: KeyboardEvent, option: Option): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const ids = option.values.map((one) => one.id);
    const from = ids.indexOf(this.tabStop(option));
    const to = Number.isFinite(step) ? (from + step + ids.length) % ids.length : step < 0 ? 0 : ids.length - 1;
    this.focused[option.id] = ids[to]!;
    this.render();
    this.focusOn(option.id);
  }

  private tabStop({ id, values }: Option): string {
    return this.focused[id] ?? this.selection[id] ?? values[0]!.id;
  }

  protected content(): Child[] {
    const { resolution, saved } = this;
    return [
      saved && this.savedPanel(saved),
      h('div', { class: 'stack options', part: 'options' }, this.product.options.map((one) => this.option(one))),
      h('div', { class: 'stack summary', part: 'summary' },
        h('p', { role: 'status', part: 'price', class: 'price', 'aria-busy': this.isBusy ? 'true' : 'false' },
          h('span', { class: 'hidden' }, `${this.t('price')} `), this.price(resolution.price)),
        h('p', { class: 'muted' }, this.left(resolution.configurations)),
        this.status(this.notice),
        this.alert(this.error),
        this.error === this.t('unavailable_now') && this.button(this.t('again'), () => this.resolve(), { key: 'again' }),
        h('div', { class: 'row', key: 'buy' },
          h('label', { class: 'row' }, this.t('quantity'), h('input', {
            type: 'number', min: 1, max: QUANTITY_MAX, value: this.quantity, inputmode: 'numeric',
            onchange: (event: Event) => this.setQuantity(event),
          })),
          this.button(this.t('add'), () => this.add(), { class: 'main', part: 'button add', 'aria-disabled': this.isAdding ? 'true' : 'false' })),
        h('div', { class: 'row' },
          this.history.length > 0 && this.button(this.t('undo'), () => this.undo(), { key: 'undo' }),
          this.missing.length > 0 && this.button(this.t('complete'), () => this.complete(), { key: 'complete' }),
          Object.keys(this.selection).length > 0 && this.button(this.t('restart'), () => this.replace({}), { key: 'restart' }),
          this.button(this.t('share'), () => this.share(), { key: 'share' })),
        this.link && h('label', { class: 'stack link', key: 'link' }, this.t('link'),
          h('input', { readonly: true, value: this.link }))),
      this.isFallback && h('slot', { key: 'fallback' }),
    ];
  }

  private setQuantity(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.quantity = Math.min(Math.max(Math.trunc(Number(input.value)) || 1, 1), QUANTITY_MAX);
    input.value = `${this.quantity}`;
  }

  private option(option: Option): Child {
    const { id, title, values } = option;
    const chosen = values.find((one) => one.id === this.selection[id]);
    return h('fieldset', {
      key: id, role: 'radiogroup', 'data-option': id, 'aria-labelledby': `title-${id}`, part: 'option',
      onkeydown: (event: KeyboardEvent) => this.move(event, option),
    },
    h('p', { id: `title-${id}`, class: 'title', part: 'option-title' }, h('b', {}, title), ' ',
      h('span', { class: 'muted' }, chosen?.title ?? this.t('free_choice'))),
    h('div', { class: 'values' }, values.map((value) => this.value(option, value))));
  }

  private value(option: Option, value: Value): Child {
    const state = this.stateOf(option.id, value.id);
    const isChosen = this.selection[option.id] === value.id;
    const isImpossible = state?.state === 'impossible';
    const changes = !isChosen && state?.state === 'alternative' ? Object.entries(state.changes ?? {}) : [];
    const note = isImpossible ? this.t('impossible') : changes.length > 0
      && this.t('also_changes', { list: this.list(changes.map(([one, to]) => this.name(one, to))) });
    return h('button', {
      key: value.id, type: 'button', role: 'radio', 'aria-checked': isChosen ? 'true' : 'false',
      'aria-disabled': isImpossible ? 'true' : null, 'data-state': isChosen ? 'selected' : state?.state,
      part: `value ${isChosen ? 'selected' : state?.state ?? ''}`, tabindex: value.id === this.tabStop(option) ? 0 : -1,
      onclick: () => void this.choose(option, value),
    },
    h('span', { class: 'name' }, value.title), ' ',
    !isChosen && h('small', { class: 'cost' }, this.cost(state)), ' ',
    note && h('small', {}, note));
  }

  /** What the choice adds to the lowest price. */
  private cost(state: State | undefined): string {
    const { price } = this.resolution;
    if (!state?.price || !price || state.price.min === price.min) return '';
    return this.money(state.price.min - price.min, this.product.currency, 'always');
  }

  private price(price: Resolution['price']): string {
    if (!price) return '';
    const { currency } = this.product;
    const [min, max] = [this.money(price.min, currency), this.money(price.max, currency)];
    return min === max ? min : this.t('price_range', { min, max });
  }

  /** How many configurations are left; the count may pass 2^53. */
  private left(configurations: string): string {
    const count = BigInt(configurations);
    return count === 1n ? '' : this.t('choices_left', { count: this.number(count) });
  }

  private savedPanel({ dropped, repair, selection }: SavedSelection): Child {
    const gone = Object.entries(dropped).map(([option, value]) => {
      const title = this.product.options.find((one) => one.id === option)?.title ?? option;
      return this.t('gone', { option: title, value });
    });
    const changed = Object.entries(repair?.changes ?? {}).filter(([option]) => option in selection)
      .map(([option, value]) => `${this.name(option, selection[option]!)} → ${this.name(option, value).split(': ').slice(1).join(': ')}`);
    const close = () => {
      this.saved = undefined;
      this.render();
      this.focusOn(this.product.options[0]!.id);
    };
    const use = async () => {
      close();
      await this.replace(repair!.selection);
    };
    return h('section', { key: 'saved', class: 'panel stack saved', 'aria-labelledby': 'saved' },
      h('h2', { id: 'saved' }, this.t('saved_changed')),
      h('ul', {}, [...gone, ...changed].map((text) => h('li', {}, text))),
      h('div', { class: 'row' },
        repair && this.button(this.t('repair', { money: this.money(repair.price, this.product.currency) }), use, { class: 'main' }),
        this.button(this.t('close'), close)));
  }
}

const CSS_ESCAPE = (text: string) => globalThis.CSS.escape(text);
