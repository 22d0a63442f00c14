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
  /** The shared document of all tabs: what was last written by any of them. */
  load(): Promise<string | null>;
  /** Writes what `act` makes of the document; no other tab writes meanwhile. What it throws is thrown,
   * and nothing is written. */
  change(act: (text: string | null) => string): Promise<void>;
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
const STORE = 'documents';
/** A browser that has not opened its database by then is one without storage. */
const OPEN_MS_MAX = 3_000;

/** What the caller of a transaction threw in it. */
class Thrown {
  constructor(readonly cause: unknown) {}
}

/**
 * The shared document in IndexedDB, whose transactions hold across tabs. `localStorage` does not do: every
 * process of a browser has its own copy, which may still be old when a lock passes from tab to tab.
 */
function storage(): Pick<Platform, 'load' | 'change'> {
  let database: Promise<IDBDatabase> | undefined;
  // What a browser without storage, or with a full one, has: this tab's memory.
  let memory: string | null = null;
  let isLost = false;

  const open = () => {
    database ??= new Promise<IDBDatabase>((done, fail) => {
      const request = indexedDB.open(NAME, 1);
      setTimeout(() => fail(new Error('The database does not open.')), OPEN_MS_MAX);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => fail(request.error);
      request.onsuccess = () => {
        const opened = request.result;
        const closed = () => { database = undefined; };
        // When the site's data is cleared, by the browser or by a script.
        opened.onclose = closed;
        opened.onversionchange = () => { opened.close(); closed(); };
        done(opened);
      };
    });
    return database;
  };
  /** The document before `act`, in one transaction with what `act` makes of it. */
  const transact = async (act?: (text: string | null) => string): Promise<string | null> => {
    const transaction = (await open()).transaction(STORE, act ? 'readwrite' : 'readonly');
    return new Promise((done, fail) => {
      const documents = transaction.objectStore(STORE);
      const request = documents.get(NAME);
      let text: string | null = null;
      let thrown: unknown;
      request.onsuccess = () => {
        text = request.result ?? null;
        try {
          if (act) documents.put((text = act(text)), NAME);
        } catch (error) {
          thrown = error;
          transaction.abort();
        }
      };
      transaction.oncomplete = () => done(text);
      transaction.onabort = () => fail(thrown ? new Thrown(thrown) : transaction.error);
    });
  };
  const run = async (act?: (text: string | null) => string): Promise<string | null> => {
    for (let failures = 0; !isLost; failures++) {
      try {
        return (memory = await transact(act));
      } catch (error) {
        if (error instanceof Thrown) throw error.cause;
        // Once more, with a new connection.
        database = undefined;
        isLost = failures > 0;
      }
    }
    if (act) memory = act(memory);
    return memory;
  };
  return { load: () => run(), change: async (act) => void await run(act) };
}

/** The browser. Without Web Locks, BroadcastChannel or storage it does what is left. */
export function browser(): Platform {
  const locks = globalThis.navigator?.locks;
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(NAME);
  return {
    ...storage(),
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
    locked: async (name, act) => (locks ? locks.request(`${NAME}:${name}`, act) : act()),
    openTabs: async () => {
      const held = (await locks?.query())?.held;
      return held && new Set(held.map((lock) => lock.name!.slice(TAB.length)));
    },
    holdTab: (tab) => void locks?.request(TAB + tab, () => new Promise(() => {})),
    notify: () => channel?.postMessage(0),
    onChange: (listener) => channel?.addEventListener('message', listener),
    onOnline: (listener) => globalThis.addEventListener?.('online', listener),
  };
}
