/** The document that all tabs share: tokens, bookmarks, unfinished commands and the latest views. */
import { emptyJar, type Jar } from './jar.js';
import type { Platform } from './platform.js';

/** A cart and the token that holds it. */
export interface Holder {
  id: string;
  token: string;
  /** When the token was issued. */
  at: number;
}

/** A customer's token. */
export interface Session {
  customer: string;
  token: string;
  expires: number;
}

export interface CartState extends Jar {
  own?: Holder;
  guest?: Holder;
  /** When the guest's cart was merged into the customer's own. */
  mergedAt?: number;
  /** When that was first tried: weeks later it would be another command. */
  mergeTriedAt?: number;
}

export interface Doc {
  format: 1;
  /** Changes when a sign-in ends: what was sent before concerns no one any more. */
  epoch: string;
  session?: Session;
  cart: CartState;
  loyalty: Jar;
}

const empty = (epoch: string): Doc => ({ format: 1, epoch, cart: emptyJar(), loyalty: emptyJar() });

/** What can't be read, for example of a later format, counts as empty. */
function parse(text: string | null): Doc {
  try {
    const doc = JSON.parse(text ?? '') as Doc;
    if (doc.format === 1) return doc;
  } catch {
    // Empty.
  }
  return empty('');
}

export class Store {
  private text: string | null = null;
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly platform: Platform) {
    platform.onChange(() => void this.fresh().then(() => this.changed()));
  }

  static async open(platform: Platform): Promise<Store> {
    const store = new Store(platform);
    await store.fresh();
    return store;
  }

  /** What this tab knows of the document: all of its own changes, and those of other tabs that it was notified of. */
  read(): Doc {
    return parse(this.text);
  }

  /** The document with the changes of all tabs. */
  async fresh(): Promise<Doc> {
    this.text = await this.platform.load();
    return this.read();
  }

  /** Changes the document while no other tab does. */
  async update<T>(act: (doc: Doc) => T): Promise<T> {
    let result: T;
    let next = '';
    await this.platform.change((text) => {
      const doc = parse(text);
      result = act(doc);
      return (next = JSON.stringify(doc));
    });
    this.text = next;
    this.platform.notify();
    this.changed();
    return result!;
  }

  /** Drops everything about the customer and the carts of this browser. */
  clear(): Promise<void> {
    return this.update((doc) => {
      for (const name of Object.keys(doc)) delete (doc as unknown as Record<string, unknown>)[name];
      Object.assign(doc, empty(this.platform.randomId()));
    });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    // Later, so that a page's own error does not cut off what has changed the document.
    for (const listener of this.listeners) queueMicrotask(listener);
  }
}
