/**
 * What the client needs of its surroundings: network, clock, storage, locks. Tests and the
 * simulation pass their own.
 */
import type { Bookmark } from './jar.js';

/** One request with the bookmarks that it carries. */
export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  bookmarks: readonly Bookmark[];
}

/** What happened to a bookmark, for a test that follows the protocol. */
export type Observation =
  /** The answer's bookmark is stored under this number; `shown`: the answer is shown. */
  | { type: 'stored'; exchange: Exchange; number: number; shown: boolean }
  /** The bookmark of a `cart-merged` problem is stored. */
  | { type: 'learned'; exchange: Exchange; number: number }
  /** The bookmarks of a request are dropped, because one did not verify. */
  | { type: 'dropped'; exchange: Exchange; remaining: number[] }
  /** A command is given up after two weeks. */
  | { type: 'expired'; key: string }
  /** A guest's cart can't be merged any more. */
  | { type: 'abandoned' };

/** The surroundings. */
export interface Platform {
  fetch(exchange: Exchange, signal: AbortSignal): Promise<Response>;
  now(): number;
  /** Resolves after a while; never once `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 32 hexadecimal digits. */
  randomId(): string;
  /** The shared document of all tabs. */
  load(): string | null;
  save(text: string): void;
  /** Runs with a lock that all tabs share. */
  locked<T>(name: string, act: () => T | Promise<T>): Promise<T>;
  /** The tabs that are open, if that can be known. */
  openTabs(): Promise<ReadonlySet<string> | undefined>;
  /** Says that this tab is open until it is closed. */
  holdTab(tab: string): void;
  /** Wakes the other tabs. */
  notify(): void;
  /** Called when another tab has changed the document. */
  onChange(listener: () => void): void;
  /** Called when the network is back. */
  onOnline(listener: () => void): void;
  observe?(observation: Observation): void;
}

const NAME = 'forecourt';
const TAB = `${NAME}:tab:`;

/** The browser. Without Web Locks, BroadcastChannel or storage it does what is left. */
export function browser(): Platform {
  const locks = globalThis.navigator?.locks;
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(NAME);
  // What a browser without storage, or with a full one, has: this tab's memory.
  let memory: string | null = null;
  return {
    fetch: ({ url, method, headers, body }, signal) => fetch(url, {
      method,
      headers,
      body,
      signal,
      // Validators are this client's own; the browser's cache must not answer.
      cache: 'no-store',
      credentials: 'same-origin',
    }),
    now: () => Date.now(),
    sleep: (ms, signal) => new Promise((done) => {
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', () => clearTimeout(timer));
    }),
    randomId: () => {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    load: () => {
      try {
        return memory ?? localStorage.getItem(NAME);
      } catch {
        return memory;
      }
    },
    save: (text) => {
      try {
        localStorage.setItem(NAME, text);
        memory = null;
      } catch {
        memory = text;
      }
    },
    locked: async (name, act) => (locks ? locks.request(`${NAME}:${name}`, act) : act()),
    openTabs: async () => {
      const held = (await locks?.query())?.held;
      return held && new Set(held.map((lock) => lock.name!.slice(TAB.length)));
    },
    holdTab: (tab) => void locks?.request(TAB + tab, () => new Promise(() => {})),
    notify: () => channel?.postMessage(0),
    onChange: (listener) => {
      channel?.addEventListener('message', listener);
      if (!channel) globalThis.addEventListener?.('storage', listener);
    },
    onOnline: (listener) => globalThis.addEventListener?.('online', listener),
  };
}
