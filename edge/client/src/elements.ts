/** The custom elements. Each loads its own part when it comes near the viewport; until then, and whenever
 * something fails, what the page wrote inside the element is shown. */
import { createForecourt, type Forecourt, type Options } from './index.js';
import type { Texts } from './elements/texts/en.js';
import type { PageContext, View } from './elements/view.js';

export interface ElementsOptions extends Options {
  /** A language of these elements; by default that of the page. */
  locale?: string;
  /** Replaces words, or adds another language. */
  texts?: Partial<Texts>;
  /** The shop's currency: of the amounts until the next tier. */
  currency?: string;
}

/** The element with the options, as JSON: `<script type="application/json" id="forecourt-config">`. */
const CONFIG = 'forecourt-config';
/** How far from the viewport an element begins to load. */
const NEAR = '300px';

type Part = { default: new (page: PageContext, host: HTMLElement) => View };
const PARTS: Record<string, () => Promise<Part>> = {
  configurator: () => import('./elements/configurator.js'),
  points: () => import('./elements/points.js'),
  rewards: () => import('./elements/rewards.js'),
  cart: () => import('./elements/cart.js'),
};
const LANGUAGES: Record<string, () => Promise<{ default: Texts }>> = {
  en: () => import('./elements/texts/en.js'),
  de: () => import('./elements/texts/de.js'),
  fr: () => import('./elements/texts/fr.js'),
};

let given: { options: ElementsOptions; shop: Forecourt } | undefined;
let context: Promise<PageContext> | undefined;

/** Sets the options from a script instead of the page; before the first element is used. */
export function configure(options: ElementsOptions, shop = createForecourt(options)): void {
  given = { options, shop };
}

/** The client that the elements of this page use. */
export function forecourt(): Forecourt {
  return settings().shop;
}

function settings(): { options: ElementsOptions; shop: Forecourt } {
  if (!given) {
    const text = document.getElementById(CONFIG)?.textContent;
    if (!text) throw new Error(`Forecourt: add <script type="application/json" id="${CONFIG}"> with "baseUrl".`);
    configure(JSON.parse(text) as ElementsOptions);
  }
  return given!;
}

async function createPage(): Promise<PageContext> {
  const { options, shop } = settings();
  const locale = options.locale || document.documentElement.lang || 'en';
  const language = LANGUAGES[locale.toLowerCase().split('-')[0]!] ?? LANGUAGES.en!;
  const texts = { ...(await language()).default, ...options.texts };
  return { shop, locale, texts, isGuest: options.customer === null, currency: options.currency };
}

const begins = new WeakMap<Element, () => void>();
const observer = globalThis.IntersectionObserver && new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) begins.get(target)?.();
}, { rootMargin: NEAR });

/** An element whose view is loaded later. */
function shell(load: () => Promise<Part>): CustomElementConstructor {
  return class extends HTMLElement {
    private view: View | undefined;
    private isBegun = false;
    private readonly retry = () => void this.begin();

    connectedCallback(): void {
      begins.set(this, this.retry);
      if (observer) observer.observe(this);
      else this.retry();
    }

    disconnectedCallback(): void {
      observer?.unobserve(this);
      removeEventListener('online', this.retry);
      this.view?.stop();
      this.view = undefined;
      this.isBegun = false;
    }

    private async begin(): Promise<void> {
      if (this.isBegun) return;
      this.isBegun = true;
      observer?.unobserve(this);
      let view: View | undefined;
      try {
        context ??= createPage();
        const [{ default: Part }, page] = await Promise.all([load(), context]);
        if (!this.isConnected) return;
        view = this.view = new Part(page, this);
        this.dataset.state = (await view.start()) === false ? 'fallback' : 'ready';
      } catch (error) {
        // What the page wrote inside the element stays, and another attempt follows once the network is back.
        context = undefined;
        view?.stop();
        this.isBegun = false;
        this.dataset.state = 'fallback';
        addEventListener('online', this.retry, { once: true });
        console.warn(error);
      }
    }
  };
}

for (const [name, load] of Object.entries(PARTS)) {
  const tag = `forecourt-${name}`;
  if (!customElements.get(tag)) customElements.define(tag, shell(load));
}
