/**
 * The client's side of the protocol for one kind of resource (`docs/PROTOCOL.md`, section 8): reads
 * that are never older than what was shown, and commands that are neither lost nor doubled.
 */
import { ForecourtError } from './errors.js';
import {
  ATTEMPT_MS_MAX, begin, dropSent, expireOldest, firstOpen, insert, markOpen, replace, select, settle, show,
  type Command, type Jar, type Outcome, type Sent, type View,
} from './jar.js';
import type { Exchange, Platform } from './platform.js';
import type { SessionKeeper } from './session.js';
import type { Doc, Store } from './store.js';
import type { CallOptions } from './types.js';
import {
  CALL_MS_MAX, RETRIES_MAX, pause, persist, problem, send, within, type Reply,
} from './wire.js';

/** How often an answer that could not be shown is followed by another read. */
const ROUNDS_MAX = 8;
/** How many commands wait for the network. */
const QUEUE_MAX = 50;

/** What a kind of resource has of its own. */
export interface Kind {
  jar(doc: Doc): Jar;
  /** The path of the answer that is shown. */
  path: string;
  /** The resource that is current, if there is one. */
  current(doc: Doc): string | undefined;
  /** Makes one current. */
  open(): Promise<void>;
  headers(doc: Doc, resource: string): Record<string, string>;
  needsCustomer(command?: Command): boolean;
  /** The guest's resource, for a merge. */
  guest?(doc: Doc): string | undefined;
  /** Whether bookmarks of the guest's are to be merged (8.11). */
  hasMore?(doc: Doc, now: number): boolean;
  /** `isKnown`: an answer says that it was merged before. */
  merge?(isKnown?: boolean): Promise<boolean>;
  /** The command was rejected for good. */
  rejected?(doc: Doc, command: Command, status: number, code?: string): void;
  acknowledged?(doc: Doc, command: Command): void;
  expired?(doc: Doc, command: Command): void;
}

/** What the client consists of. */
export interface Context {
  platform: Platform;
  store: Store;
  session: SessionKeeper;
  baseUrl: string;
  tab: string;
}

type Body = Record<string, unknown>;

/** A request; `prepare` is called when it is sent. */
interface Request {
  method: string;
  path: string;
  body?: string;
  signal?: AbortSignal;
  command?: Command;
  prepare(doc: Doc): { sent: Sent; headers: Record<string, string> };
}

/** An answer with its request. */
interface Answered {
  reply: Reply;
  exchange: Exchange;
  sent: Sent;
  epoch: string;
}

interface Waiter {
  epoch: string;
  resolve(body: Body | undefined): void;
  reject(error: ForecourtError): void;
}

const ended = () => new ForecourtError('signed-out', 'The sign-in has ended.');
const codeOf = (error: unknown) => (error as ForecourtError).details?.code;

export class Engine {
  private readonly waiters = new Map<string, Waiter>();
  private readonly bodies = new Map<string, Body>();
  private pumping: Promise<void> | undefined;
  private isWoken = false;

  constructor(private readonly context: Context, private readonly kind: Kind) {
    const { store, platform } = context;
    store.subscribe(() => this.sync());
    platform.onOnline(() => this.wake());
    this.wake();
  }

  // === Reads ===

  /** Reads until an answer may be shown. */
  read(path: string, options: CallOptions = {}): Promise<Body> {
    const { platform } = this.context;
    return within(platform, CALL_MS_MAX, options.signal, (signal) =>
      persist(platform, () => this.readOnce(path, signal)));
  }

  private async readOnce(path: string, signal?: AbortSignal): Promise<Body> {
    const { store, platform } = this.context;
    const isMain = path === this.kind.path;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await store.fresh();
      await this.kind.open();
      if (this.kind.hasMore?.(store.read(), platform.now())) {
        if (await this.kind.merge!() && isMain) return this.shownBody()!;
        continue;
      }
      let view: View | undefined;
      const prepare = (doc: Doc) => {
        const jar = this.kind.jar(doc);
        const resource = this.kind.current(doc)!;
        view = isMain && jar.view?.resource === resource ? jar.view : undefined;
        const headers: Record<string, string> = view?.etag ? { 'if-none-match': view.etag } : {};
        return { sent: select(jar, resource), headers };
      };
      let answered: Answered;
      try {
        answered = await this.exchange({ method: 'GET', path, signal, prepare });
      } catch (error) {
        if (codeOf(error) === 'bookmark-invalid') continue;
        if (codeOf(error) === 'cart-merged' && this.kind.merge) {
          // Another tab has merged it, or this one without learning so.
          if (await this.kind.merge(true) && isMain) return this.shownBody()!;
          continue;
        }
        throw error;
      }
      // The bookmark of a 304 is the one in the body that this client holds (8.5).
      const { reply } = answered;
      if (reply.status === 304) Object.assign(reply, { etag: view!.etag, body: view!.body });
      const { shown } = await this.receive(answered, isMain);
      if (shown) return reply.body;
    }
    throw new ForecourtError('busy', 'Answers arrived out of order.');
  }

  /** Takes an answer: stores its bookmark, and shows it if no other answer arrived in between. */
  private receive(
    { epoch, exchange, sent, reply: { body, etag } }: Answered,
    isMain: boolean,
    also: (doc: Doc, number: number) => void = () => {},
  ): Promise<{ number: number; shown: boolean }> {
    const { store, platform } = this.context;
    return store.update((doc) => {
      if (doc.epoch !== epoch) throw ended();
      const jar = this.kind.jar(doc);
      const { number, isNext } = replace(jar, sent, body.bookmark as string);
      also(doc, number);
      const { resource } = sent;
      // The customer's resource does not contain what is still to be merged (8.11).
      const shown = isNext && resource === this.kind.current(doc)
        && !this.kind.hasMore?.(doc, platform.now());
      if (shown && isMain) show(jar, { resource, number, etag, body });
      platform.observe?.({ type: 'stored', exchange, number, shown });
      return { number, shown };
    });
  }

  /** Sends a request with tokens and bookmarks; a customer's token that was rejected is renewed once. */
  private async exchange(request: Request): Promise<Answered> {
    const { platform, baseUrl, session, store } = this.context;
    const { method, path, body, signal, command } = request;
    let rejected: string | undefined;
    for (;;) {
      const token = this.kind.needsCustomer(command) ? await session.token(rejected) : undefined;
      // Only now: what arrives while a token is fetched belongs into the request, too.
      const doc = await store.fresh();
      const { epoch } = doc;
      const { sent, headers } = request.prepare(doc);
      Object.assign(headers, this.kind.headers(doc, sent.resource));
      if (token) headers.authorization = `Bearer ${token}`;
      const texts = [...new Set(sent.bookmarks.map((one) => one.text))];
      if (texts.length) headers['forecourt-bookmark'] = texts.join(',');
      const url = baseUrl + path;
      const exchange = { method, url, headers, body, bookmarks: sent.bookmarks };
      try {
        return { reply: await send(platform, exchange, signal), exchange, sent, epoch };
      } catch (error) {
        const code = codeOf(error);
        if (code === 'bookmark-invalid') {
          await store.update((doc) => {
            const jar = this.kind.jar(doc);
            dropSent(jar, sent);
            const remaining = jar.bookmarks.map((one) => one.number);
            platform.observe?.({ type: 'dropped', exchange, remaining });
          });
        }
        if (!token || rejected || (code !== 'token-expired' && code !== 'token-invalid')) {
          throw Object.assign(error as object, { exchange, sent });
        }
        rejected = token;
      }
    }
  }

  // === Commands ===

  /**
   * Queues a command and sends it. Resolves with the answer of 202, or `undefined` if another tab
   * received that; rejects when it is rejected, or, still queued, when its outcome takes too long.
   */
  async command(
    command: Pick<Command, 'method' | 'path' | 'body' | 'action'>,
    options: CallOptions = {},
  ): Promise<Body | undefined> {
    const { platform, store, tab } = this.context;
    const key = platform.randomId();
    const epoch = await store.update((doc) => {
      const { commands } = this.kind.jar(doc);
      if (commands.length >= QUEUE_MAX) {
        const message = `${QUEUE_MAX} commands wait for the network already.`;
        throw new ForecourtError('queue-full', message, { queued: false });
      }
      commands.push({
        ...command, key, tab, resource: '', at: platform.now(), state: 'queued', bookmarks: [],
      });
      return doc.epoch;
    });
    const outcome = new Promise<Body | undefined>((resolve, reject) => {
      this.waiters.set(key, { epoch, resolve, reject });
    });
    outcome.catch(() => {});
    this.wake();
    try {
      return await within(platform, CALL_MS_MAX, options.signal, () => outcome);
    } catch (error) {
      const left = await this.leave(key, error as ForecourtError);
      if (left) throw left;
      return undefined;
    } finally {
      this.waiters.delete(key);
      this.bodies.delete(key);
    }
  }

  /** The caller no longer waits: what was not sent is not sent if it aborted. Returns the error with whether
   * the command is still to be sent, or nothing if another tab sent it, and could not read again: it counts. */
  private async leave(key: string, error: ForecourtError): Promise<ForecourtError | undefined> {
    const queued = await this.context.store.update((doc) => {
      const jar = this.kind.jar(doc);
      const outcome = jar.outcomes.find((one) => one.key === key);
      if (outcome && !outcome.problem && !outcome.isExpired) return undefined;
      const command = jar.commands.find((one) => one.key === key);
      if (command?.state === 'queued' && error.kind === 'aborted') settle(jar, { key });
      return jar.commands.some((one) => one.key === key);
    });
    if (queued === undefined) return undefined;
    return new ForecourtError(error.kind, error.message, { ...error.details, queued });
  }

  /** Sends what waits, unless that is being done. */
  wake(): void {
    this.isWoken = true;
    this.pumping ??= this.pump();
  }

  private async pump(): Promise<void> {
    for (let failures = 0; this.isWoken;) {
      this.isWoken = false;
      try {
        while (await this.sendNext()) failures = 0;
      } catch (error) {
        // After the last retry commands rest until the next call, or until the network is back.
        if (!(error as ForecourtError).isTransient || failures >= RETRIES_MAX) {
          this.fail(error as ForecourtError);
          failures = 0;
          continue;
        }
        await pause(this.context.platform, failures++, error);
        this.isWoken = true;
      }
    }
    // At once, so that no call finds a pump that has stopped looking.
    this.pumping = undefined;
  }

  /** Sends everything that waits, also of other tabs; an error if something is left. */
  flush(options: CallOptions = {}): Promise<void> {
    const { platform, store } = this.context;
    return within(platform, CALL_MS_MAX, options.signal, () => persist(platform, async () => {
      this.wake();
      await this.pumping;
      await this.makeReady();
      if (this.kind.jar(store.read()).commands.some((one) => one.state !== 'done')) {
        throw new ForecourtError('busy', 'Commands wait for the network.');
      }
    }));
  }

  /** Sends the next command, if there is one. */
  private async sendNext(): Promise<boolean> {
    const { platform, store, tab } = this.context;
    if (!this.kind.jar(store.read()).commands.some((one) => one.state !== 'done')) return false;
    if (!(await this.makeReady())) throw new ForecourtError('busy', 'Other commands come first.');
    await this.kind.open();
    const isGone = await this.isGone();
    const next = await store.update((doc) => {
      const jar = this.kind.jar(doc);
      // A tab's commands are sent one after the other; those of another tab while none is under way.
      const first = jar.commands.filter((one) => one.state === 'first' && !isGone(one));
      const next = jar.commands.find((one) => one.state === 'queued'
        && !first.some((other) => one.tab !== tab || other.tab === tab));
      const current = this.kind.current(doc);
      if (!next || current === undefined) return undefined;
      // An outcome may have become unknown meanwhile.
      const isReady = jar.commands.every((one) => one.state !== 'open')
        && select(jar, current).isWhole && !this.kind.hasMore?.(doc, platform.now());
      if (!isReady) return null;
      begin(jar, next);
      const { bookmarks } = select(jar, current);
      return Object.assign(next, { resource: current, at: platform.now(), by: tab, bookmarks });
    });
    if (next) await this.attempt(next);
    return next !== undefined;
  }

  /** Retries commands of unknown outcome (8.6), reads until a request can carry all bookmarks (8.2),
   * and repeats the merge while there is something to merge; returns whether all of that is done. */
  async makeReady(): Promise<boolean> {
    const { platform, store } = this.context;
    await store.update((doc) => {
      for (let old; (old = expireOldest(this.kind.jar(doc), platform.now()));) {
        platform.observe?.({ type: 'expired', key: old.key });
        this.kind.expired?.(doc, old);
      }
    });
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const doc = store.read();
      const jar = this.kind.jar(doc);
      const current = this.kind.current(doc);
      if (current === undefined) return true;
      const open = firstOpen(jar, await this.isGone());
      if (!select(jar, current).isWhole) await this.readOnce(this.kind.path);
      else if (open) await this.attempt(open);
      else if (this.kind.hasMore?.(doc, platform.now())) await this.kind.merge!();
      else return true;
    }
    return false;
  }

  /** Whether a command's tab was closed, as far as that can be known. */
  private async isGone(): Promise<(command: Command) => boolean> {
    const { platform, tab } = this.context;
    const open = await platform.openTabs();
    return ({ by = tab, at }) => by !== tab
      && (open ? !open.has(by) : platform.now() > at + ATTEMPT_MS_MAX);
  }

  /** Sends a command, for the first time or again; returns whether its answer is shown. An error says
   * that its outcome is unknown. */
  async attempt(command: Command): Promise<boolean> {
    const { key, method, path, body, resource } = command;
    const { epoch } = this.context.store.read();
    const prepare = (doc: Doc) => {
      const isMerged = resource === this.kind.guest?.(doc) && resource !== this.kind.current(doc);
      // Sent to a guest's cart before the merge, which has replaced its bookmarks (8.7).
      const first = isMerged ? command.bookmarks : [];
      const guest = command.isMerge && this.kind.guest?.(doc);
      const sent = select(this.kind.jar(doc), resource, guest || undefined, first);
      const headers: Record<string, string> = { 'idempotency-key': key };
      if (body !== undefined) headers['content-type'] = 'application/json';
      return { sent, headers };
    };
    try {
      const answered = await this.exchange({ method, path, body, command, prepare });
      const { reply } = answered;
      const isMain = this.isMain(reply.body);
      const { shown } = await this.receive(answered, isMain, (doc, number) => {
        const id = isMain ? undefined : (reply.body.id as string);
        settle(this.kind.jar(doc), { key, id }, number);
        this.kind.acknowledged?.(doc, command);
      });
      if (this.waiters.has(key)) this.bodies.set(key, reply.body);
      if (!shown) await this.readOnce(this.kind.path).catch(() => {});
      this.conclude(key);
      return shown;
    } catch (error) {
      await this.failed(epoch, command, error as ForecourtError);
      return false;
    }
  }

  /** Whether an answer is what is shown of the resource, and not only a part of it. */
  private isMain(body: Body): boolean {
    return 'lines' in body;
  }

  private async failed(
    epoch: string,
    command: Command,
    error: ForecourtError & { exchange?: Exchange; sent?: Sent },
  ): Promise<void> {
    const { store, platform } = this.context;
    const { key } = command;
    const { status = 0, code, problem: document } = error.details;
    const isInvalid = code === 'bookmark-invalid';
    const isOver = error.kind === 'problem' && !error.isTransient && !isInvalid;
    const isMergedCart = code === 'cart-merged';
    await store.update((doc) => {
      if (doc.epoch !== epoch) return;
      const jar = this.kind.jar(doc);
      if (!isOver) return markOpen(jar, key, isInvalid ? undefined : error.sent);
      const bookmark = document?.bookmark as string | undefined;
      if (isMergedCart && bookmark) {
        // It counts; the merge is repeated with this bookmark (8.10).
        const number = insert(jar, command.resource, bookmark);
        platform.observe?.({ type: 'learned', exchange: error.exchange!, number });
        settle(jar, { key }, number);
      } else {
        settle(jar, { key, problem: { status, body: document ?? {} } });
        if (!isMergedCart) this.kind.rejected?.(doc, command, status, code);
      }
    });
    try {
      if (isMergedCart) await this.kind.merge?.(true);
    } finally {
      this.conclude(key);
    }
    if (!isOver && !isInvalid) throw error;
  }

  // === Waiting callers ===

  /** Tells a caller how its command ended. */
  private conclude(key: string): void {
    const waiter = this.waiters.get(key);
    const outcome = waiter && this.outcome(key);
    if (!outcome) return;
    this.waiters.delete(key);
    if (outcome.isExpired) {
      waiter.reject(new ForecourtError('expired', 'The command waited for two weeks.'));
    } else if (outcome.problem) {
      waiter.reject(problem(outcome.problem.status, outcome.problem.body));
    } else {
      waiter.resolve(this.bodies.get(key) ?? (outcome.id ? { id: outcome.id } : undefined));
    }
  }

  private outcome(key: string): Outcome | undefined {
    return this.kind.jar(this.context.store.read()).outcomes.find((one) => one.key === key);
  }

  /** Another tab, or this one, has changed the document. */
  private sync(): void {
    if (!this.waiters.size) return;
    const doc = this.context.store.read();
    const { commands } = this.kind.jar(doc);
    for (const [key, waiter] of [...this.waiters]) {
      if (waiter.epoch !== doc.epoch) waiter.reject(ended());
      // What is acknowledged, but not shown yet, is concluded by the tab that reads again.
      else if (!commands.some((one) => one.key === key)) this.conclude(key);
    }
  }

  /** No command will be sent for now: their callers learn it at once. */
  private fail(error: ForecourtError): void {
    for (const waiter of this.waiters.values()) waiter.reject(error);
  }

  private shownBody(): Body | undefined {
    return this.kind.jar(this.context.store.read()).view?.body as Body | undefined;
  }
}
