/** A product's configurator. The answer to an earlier selection never replaces that to a later one. */
import { CALL_MS_MAX, ForecourtError, persist, send, within } from './core.js';
import type { Context } from './engine.js';
import type {
  CallOptions, Completion, Explanation, Product, Resolution, SavedSelection, Selection,
  SelectionSaved,
} from './types.js';

/** Which configurations count, and which options are answered. */
export interface Scope extends CallOptions {
  inStock?: boolean;
  only?: string[];
}

const superseded = () => new ForecourtError('superseded', 'A later call replaced this one.');

/** One configurator on a page. */
export class Configurator {
  private readonly latest = new Map<string, AbortController>();
  private readonly path: string;

  constructor(private readonly context: Context, product: string) {
    this.path = `/v1/configurator/${encodeURIComponent(product)}`;
  }

  /** Options, values and their prices. */
  product(options?: CallOptions): Promise<Product> {
    return this.get(this.path, options);
  }

  /** What a partial selection amounts to: states, price, variant. */
  resolve(selection: Selection, scope: Scope = {}): Promise<Resolution> {
    const only = scope.only?.join(',');
    return this.ask('resolution', selection, scope, only === undefined ? {} : { _only: only });
  }

  /** Why a value can't be chosen, and the cheapest change that lets it in. */
  explain(
    selection: Selection,
    why: { option: string; value: string },
    scope: Scope = {},
  ): Promise<Explanation> {
    return this.ask('explanation', selection, scope, { _why: `${why.option}:${why.value}` });
  }

  /** The cheapest complete selection, or the one nearest to the defaults. */
  complete(
    selection: Selection,
    scope: Scope & { by?: 'price' | 'defaults' } = {},
  ): Promise<Completion> {
    return this.ask('completion', selection, scope, scope.by ? { _by: scope.by } : {});
  }

  /** Saves a selection, to be shared by its id. The same selection saved twice is one. */
  save(selection: Selection, options?: CallOptions): Promise<SelectionSaved> {
    const body = JSON.stringify({ selection });
    return this.request('POST', `${this.path}/selections`, options, body);
  }

  /** A saved selection, checked against today's rules. */
  load(id: string, options?: CallOptions): Promise<SavedSelection> {
    return this.get(`/v1/selections/${encodeURIComponent(id)}`, options);
  }

  private async ask<T>(
    what: string,
    selection: Selection,
    { inStock, signal }: Scope,
    ours: Record<string, string>,
  ): Promise<T> {
    const parameters = { ...selection, ...(inStock ? { _in_stock: 'true' } : {}), ...ours };
    // Sorted, so that equal questions are one object at the edge.
    const query = new URLSearchParams(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)));
    const controller = new AbortController();
    this.latest.get(what)?.abort();
    this.latest.set(what, controller);
    const abort = () => controller.abort(signal);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    try {
      return await this.get<T>(`${this.path}/${what}?${query}`, { signal: controller.signal });
    } catch (error) {
      const isLatest = this.latest.get(what) === controller;
      throw isLatest || signal?.aborted ? error : superseded();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.request('GET', path, options);
  }

  private request<T>(
    method: string, path: string, { signal }: CallOptions = {}, body?: string,
  ): Promise<T> {
    const { platform, baseUrl } = this.context;
    const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
    const exchange = { method, url: baseUrl + path, headers, body, bookmarks: [] };
    return within(platform, CALL_MS_MAX, signal, (signal) =>
      persist(platform, async () => (await send(platform, exchange, signal)).body as T));
  }
}
