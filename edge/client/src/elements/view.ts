/** What the elements share: a view in a shadow root, which covers the fallback that the page wrote inside the
 * element, words and amounts in the page's language. */
import type { Forecourt, ForecourtError } from '../index.js';
import { h, patch, type Child } from './dom.js';
import { SHARED } from './styles.js';
import type { Texts } from './texts/en.js';

/** What a page has once for all its elements. */
export interface PageContext {
  shop: Forecourt;
  /** A BCP 47 language tag. */
  locale: string;
  texts: Texts;
  /** Whether the page says that Shopify has signed in no one. */
  isGuest: boolean;
  /** The shop's currency, for tiers that count what was spent. */
  currency?: string;
}

export type Parameters = Record<string, string | number>;

export abstract class View {
  protected readonly shop: Forecourt;
  private root: ShadowRoot | undefined;

  constructor(protected readonly page: PageContext, protected readonly host: HTMLElement) {
    this.shop = page.shop;
  }

  /** Shows the element for the first time. `false`, or an error: the fallback stays. */
  abstract start(): Promise<boolean | void>;
  protected abstract content(): Child[];
  /** The rules of this element only. */
  protected abstract readonly css: string;

  /** The element has left the page. */
  stop(): void {}

  protected render(): void {
    if (!this.root) {
      this.root = this.host.shadowRoot ?? this.host.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(SHARED + this.css);
      this.root.adoptedStyleSheets = [sheet];
    }
    patch(this.root, ...this.content());
  }

  protected find<T extends HTMLElement>(selector: string): T | null {
    return this.root?.querySelector<T>(selector) ?? null;
  }

  protected emit(name: string, detail: unknown): void {
    const event = new CustomEvent(`forecourt:${name}`, { bubbles: true, composed: true, detail });
    this.host.dispatchEvent(event);
  }

  // === Words ===

  protected t(name: string, parameters: Parameters = {}): string {
    const { texts, locale } = this.page;
    const all = texts as Record<string, string>;
    const form = () => `${name}_${new Intl.PluralRules(locale).select(Number(parameters.count))}`;
    const text = all[name] ?? all[form()] ?? all[`${name}_other`] ?? name;
    return text.replace(/\{(\w+)\}/g, (_, key: string) => {
      const value = parameters[key] ?? '';
      return typeof value === 'number' ? this.number(value) : value;
    });
  }

  protected number(value: number | bigint): string {
    return new Intl.NumberFormat(this.page.locale).format(value);
  }

  /** An amount in minor units. */
  protected money(minor: number, currency: string, signDisplay: 'auto' | 'always' = 'auto'): string {
    const format = new Intl.NumberFormat(this.page.locale, { style: 'currency', currency, signDisplay });
    return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  }

  protected points(count: number): string {
    return this.t('points', { count });
  }

  protected date(text: string): string {
    return new Intl.DateTimeFormat(this.page.locale, { dateStyle: 'long' }).format(new Date(text));
  }

  protected list(all: string[]): string {
    return new Intl.ListFormat(this.page.locale).format(all);
  }

  // === Parts ===

  /** A polite live region: it stays in place, so that screen readers notice each change of its text. */
  protected status(text: string, part = 'status'): Child {
    return h('p', { role: 'status', part, class: part }, text);
  }

  protected alert(text: string): Child {
    return h('p', { role: 'alert', part: 'error', class: 'error' }, text);
  }

  protected button(label: Child, onclick: () => unknown, more: Record<string, string | boolean | undefined> = {}): Child {
    return h('button', { type: 'button', part: 'button', ...more, onclick: () => void onclick() }, label);
  }
}

/** What to say about a command that failed: `undefined` if the page's own form has to sell instead. */
export function failure(error: unknown, t: (name: string) => string): string | undefined {
  const { code, message, details } = error as ForecourtError;
  if (details?.queued) return t('queued');
  return code ? message : undefined;
}
