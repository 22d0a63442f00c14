// A guest's cart and its expected lines.
import { sleep } from 'k6';
import crypto from 'k6/crypto';
import { type Answer, get, send } from './api.ts';
import type { Data, Product, Selection } from './data.ts';
import { PERSONAL_TTL_S } from './hits.ts';
import { PATIENCE_S, crossUser, expectEqual, isEqual, lostWrite, staleAfterWrite } from './oracles.ts';

/// How long edge and instances together may answer without what the consumers have applied (docs/PROTOCOL.md, section 7,
/// and the cache of an instance): a read that waits longer than the edge's part of it is the first of its kind.
export const APPLIED_S = PERSONAL_TTL_S + 1;

/// Quantities by product and selection: what the script itself sent, whatever the server calls its lines.
type Quantities = Record<string, number>;

/// A line of an answer.
interface Line {
  readonly id: string;
  readonly product: string;
  readonly selection: Selection | null;
  readonly quantity: number;
}

/// One line of Shopify's cart, as the hand-over has it.
export interface Item {
  readonly quantity: number;
  readonly properties: Record<string, string>;
}

/// The hand-over: what Shopify's cart gets.
export interface HandOver {
  readonly items: readonly Item[];
  readonly attributes: Record<string, string>;
}

export class Cart {
  private readonly id: string;
  private readonly token: string;
  private bookmark: string;
  /// What was acknowledged.
  private expected: Quantities = {};
  /// What was put into it, by name.
  private readonly added: Record<string, { readonly product: string; readonly selection: Selection }> = {};

  constructor(private readonly data: Data) {
    const created = send('POST', 'create', `${data.url}/v1/carts`, null, {}, 201);
    this.token = created.json('token') as string;
    this.id = created.json('cart.id') as string;
    this.bookmark = created.json('cart.bookmark') as string;
  }

  add(product: Product, selection: Selection, quantity: number): void {
    const body = JSON.stringify({ product: product.id, selection, quantity });
    const headers = { ...this.headers(), 'Content-Type': 'application/json', 'Idempotency-Key': newKey() };
    const answer = send('POST', 'add', `${this.data.url}/v1/cart/lines`, body, headers, 202);
    if (answer.status === 202) {
      const name = nameOf(product.id, selection);
      this.added[name] = { product: product.id, selection };
      this.expected[name] = (this.expected[name] ?? 0) + quantity;
      this.keep(answer);
      this.compare(staleAfterWrite, 'add', answer);
    }
  }

  /// Reads it back at once.
  readBack(): void {
    const answer = this.read(this.headers());
    this.keep(answer);
    this.compare(staleAfterWrite, 'cart', answer);
  }

  /// Reads it at the end of a visit.
  readLast(): void {
    const answer = this.read(this.headers());
    this.keep(answer);
    this.compare(lostWrite, 'cart', answer);
  }

  /// Reads it without a bookmark, as another device does: such a read shows what the consumers have applied. Edge and
  /// instances may answer it from their caches for five seconds each.
  readApplied(): void {
    const deadline = Date.now() + PATIENCE_S * 1000;
    for (;;) {
      sleep(APPLIED_S);
      const answer = this.read({ 'Forecourt-Cart': this.token });
      if (answer.status !== 200 || this.isRight(answer) || Date.now() > deadline) {
        this.compare(lostWrite, 'cart', answer);
        return;
      }
    }
  }

  /// The hand-over to Shopify's checkout, with the signed link to this cart.
  checkOut(): HandOver {
    const answer = get('checkout', `${this.data.url}/v1/cart/checkout`, this.headers());
    if (answer.status !== 200) {
      return { items: [], attributes: {} };
    }
    const handOver = answer.json('cart_add') as unknown as HandOver;
    const pieces = handOver.items.map((item) => item.quantity).sort();
    expectEqual(lostWrite, 'checkout', pieces, Object.values(this.expected).sort());
    return handOver;
  }

  /// Expects that an order takes everything out.
  expectSold(): void {
    this.expected = {};
  }

  clear(): void {
    const headers = { ...this.headers(), 'Idempotency-Key': newKey() };
    const answer = send('DELETE', 'clear', `${this.data.url}/v1/cart/lines`, null, headers, 202);
    if (answer.status === 202) {
      this.expected = {};
      this.keep(answer);
      this.compare(staleAfterWrite, 'clear', answer);
    }
  }

  private read(headers: Record<string, string>): Answer {
    return get('cart', `${this.data.url}/v1/cart`, headers);
  }

  private keep(answer: Answer): void {
    if (isAnswer(answer)) {
      this.bookmark = answer.json('bookmark') as string;
    }
  }

  private compare(oracle: typeof lostWrite, route: string, answer: Answer): void {
    if (isAnswer(answer)) {
      expectEqual(crossUser, route, answer.json('id'), this.id);
      expectEqual(oracle, route, this.quantities(answer), sorted(this.expected));
    }
  }

  private isRight(answer: Answer): boolean {
    return isEqual(this.quantities(answer), sorted(this.expected));
  }

  /// The lines of an answer under the names of what was added; other lines under their own.
  private quantities(answer: Answer): Quantities {
    const all: Quantities = {};
    for (const line of answer.json('lines') as unknown as Line[]) {
      const name = this.nameOfLine(line);
      all[name] = (all[name] ?? 0) + line.quantity;
    }
    return sorted(all);
  }

  /// The server may complete a selection with values that follow from it.
  private nameOfLine({ product, selection }: Line): string {
    const isOf = (name: string): boolean => {
      const own = this.added[name]!;
      const isChosen = ([option, value]: [string, string]): boolean => selection?.[option] === value;
      return own.product === product && Object.entries(own.selection).every(isChosen);
    };
    return Object.keys(this.added).find(isOf) ?? nameOf(product, selection ?? {});
  }

  private headers(): Record<string, string> {
    return { 'Forecourt-Cart': this.token, 'Forecourt-Bookmark': this.bookmark };
  }
}

const isAnswer = (answer: Answer): boolean => answer.status === 200 || answer.status === 202;

/// A key that no other request has.
const newKey = (): string =>
  [...new Uint8Array(crypto.randomBytes(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const nameOf = (product: string, selection: Selection): string =>
  `${product} ${Object.entries(sorted(selection)).map((pair) => pair.join('=')).join(' ')}`;

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
