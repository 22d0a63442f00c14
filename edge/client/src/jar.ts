/**
 * The bookmarks and unfinished commands of a browser for one kind of resource, shared by its tabs.
 * Pure functions over a JSON value; `docs/PROTOCOL.md` has the rules that the comments cite.
 */

/** At most so many bookmarks of one resource, and bytes of all, on a request (2.3). */
const PER_RESOURCE_MAX = 4;
const HEADER_BYTES_MAX = 6 * 1024;
/** How many outcomes are remembered, for tabs that wait for one. */
const OUTCOMES_MAX = 50;
/** A key is remembered for 15 days; after 14 it is not retried (8.8). */
export const RETRY_MS_MAX = 14 * 86_400_000;
/** How long a first attempt of a tab that may be closed counts as under way. */
export const ATTEMPT_MS_MAX = 30_000;

/** A bookmark, identified by the answer that brought it (8.3). */
export interface Bookmark {
  number: number;
  resource: string;
  text: string;
}

/** A command with its key. It is stored before it is sent, and until it is shown. */
export interface Command {
  key: string;
  method: string;
  path: string;
  body?: string;
  /** What it does, for the optimistic view. */
  action?: unknown;
  /** Empty until the first attempt: what is current then. */
  resource: string;
  /** When it was first sent; before that, when it was queued. */
  at: number;
  /** The tab whose command it is, and the one that sends it for the first time. */
  tab: string;
  by?: string;
  /** `open`: sent, with unknown outcome. `done`: acknowledged, not shown yet. */
  state: 'queued' | 'first' | 'open' | 'done';
  /** The bookmarks of the first attempt. */
  bookmarks: Bookmark[];
  /** The number of the answer that acknowledged it. */
  answer?: number;
  isMerge?: true;
}

/** The latest answer that was shown. */
export interface View {
  resource: string;
  number: number;
  etag: string;
  body: unknown;
}

/** How a command ended. */
export interface Outcome {
  key: string;
  /** The id in the answer, for a command that creates something. */
  id?: string;
  problem?: { status: number; body: Record<string, unknown> };
  isExpired?: true;
}

export interface Jar {
  /** The number of answers so far. */
  answers: number;
  bookmarks: Bookmark[];
  commands: Command[];
  outcomes: Outcome[];
  view?: View;
  /** The view of before the commands under way: `view` may contain one whose outcome is unknown, which
   * would be shown twice. Absent while none is under way. */
  base?: View;
}

/** The bookmarks of a request. */
export interface Sent {
  resource: string;
  bookmarks: Bookmark[];
  /** Whether these are all there are: otherwise the answer is not shown (8.2). */
  isWhole: boolean;
  answers: number;
}

export const emptyJar = (): Jar => ({ answers: 0, bookmarks: [], commands: [], outcomes: [] });

/** Storage may have been cleared under way, and numbers begin again then: the text differs. */
const isSame = (one: Bookmark) => (other: Bookmark) =>
  one.number === other.number && one.text === other.text;

const without = (all: Bookmark[], sent: Bookmark[]) => all.filter((one) => !sent.some(isSame(one)));

/** All bookmarks of a resource, and of a guest's for a merge, or as many as fit (8.2). */
export function select(jar: Jar, resource: string, guest?: string, first: Bookmark[] = []): Sent {
  const present = jar.bookmarks.filter((one) => one.resource === resource || one.resource === guest);
  const bookmarks: Bookmark[] = [];
  const texts = new Set<string>();
  let bytes = 0;
  for (const one of [...first, ...present]) {
    bytes += texts.has(one.text) ? 0 : one.text.length + 1;
    texts.add(one.text);
    if (texts.size > PER_RESOURCE_MAX || bytes > HEADER_BYTES_MAX) break;
    bookmarks.push(one);
  }
  const isWhole = without(present, bookmarks).length === 0;
  return { resource, bookmarks, isWhole, answers: jar.answers };
}

/** Adds a bookmark under the number of its answer. */
export function insert(jar: Jar, resource: string, text: string): number {
  const number = ++jar.answers;
  jar.bookmarks.push({ number, resource, text });
  return number;
}

/** Replaces exactly the bookmarks that were sent (8.3); the answer may be shown if no other has
 * arrived since the request was sent (8.4). */
export function replace(jar: Jar, sent: Sent, text: string): { number: number; isNext: boolean } {
  const isNext = sent.isWhole && jar.answers === sent.answers;
  jar.bookmarks = without(jar.bookmarks, sent.bookmarks);
  return { number: insert(jar, sent.resource, text), isNext };
}

/** Drops what was sent with a request that was 400 `bookmark-invalid`, and nothing newer (8.9). */
export function dropSent(jar: Jar, sent: Sent): void {
  jar.bookmarks = without(jar.bookmarks, sent.bookmarks);
  for (const command of jar.commands) {
    command.bookmarks = without(command.bookmarks, sent.bookmarks);
  }
  jar.answers++;
}

/** The bookmarks of a resource are of no use any more. */
export function removeResource(jar: Jar, resource: string): void {
  jar.bookmarks = jar.bookmarks.filter((one) => one.resource !== resource);
}

/** Drops all bookmarks. */
export function dropAll(jar: Jar): void {
  jar.bookmarks = [];
  for (const command of jar.commands) command.bookmarks = [];
  jar.answers++;
}

/** The outcome of a command is unknown: it is retried before anything else (8.6). */
export function markOpen(jar: Jar, key: string, sent?: Sent): void {
  const command = jar.commands.find((one) => one.key === key);
  if (command?.state === 'first') {
    command.state = 'open';
    command.bookmarks = sent?.bookmarks ?? [];
  }
}

/** What is shown before the first answer. */
const NOTHING: View = { resource: '', number: 0, etag: '', body: null };

const isUnderWay = (one: Command) => one.state === 'first' || one.state === 'open';

/** A command is about to be sent for the first time: what is shown stays until all outcomes are known. */
export function begin(jar: Jar, command: Command): void {
  if (!jar.commands.some(isUnderWay)) jar.base ??= jar.view ?? NOTHING;
  command.state = 'first';
}

/** Once no command is under way, and the view contains all that were acknowledged, it is shown itself. */
function release(jar: Jar): void {
  const isInView = (one: Command) => one.answer! <= (jar.view?.number ?? 0);
  if (!jar.commands.every((one) => one.state === 'queued' || isInView(one))) return;
  jar.commands = jar.commands.filter((one) => one.state === 'queued');
  delete jar.base;
}

/** A command has ended. An acknowledged one stays until an answer that contains it is shown. */
export function settle(jar: Jar, outcome: Outcome, answer?: number): void {
  const command = jar.commands.find((one) => one.key === outcome.key);
  if (!command || command.state === 'done') return;
  jar.outcomes = [...jar.outcomes, outcome].slice(-OUTCOMES_MAX);
  if (answer === undefined) {
    jar.commands = jar.commands.filter((one) => one !== command);
  } else {
    command.state = 'done';
    command.answer = answer;
  }
  release(jar);
}

/** Shows an answer: it contains every command that was acknowledged before its request. */
export function show(jar: Jar, view: View): void {
  jar.view = view;
  release(jar);
}

/** The first command whose outcome is unknown. `isGone`: its tab can't tell it any more. */
export function firstOpen(jar: Jar, isGone: (command: Command) => boolean): Command | undefined {
  return jar.commands.find((one) => one.state === 'open' || (one.state === 'first' && isGone(one)));
}

/** Removes and returns the first sent command if it is too old to be retried (8.8). */
export function expireOldest(jar: Jar, now: number): Command | undefined {
  const oldest = jar.commands.find((one) => one.state === 'open');
  if (!oldest || now <= oldest.at + RETRY_MS_MAX) return undefined;
  settle(jar, { key: oldest.key, isExpired: true });
  return oldest;
}
