// A guest's cart and its expected lines.
import crypto from 'k6/crypto';
import { type Answer, get, send } from './api.ts';
import type { Data, Product } from './data.ts';
import { crossUser, expectEqual, lostWrite, staleAfterWrite } from './oracles.ts';

/// Quantities by line.
type Lines = Record<string, number>;

export class Cart {
  private readonly id: string;
  private readonly token: string;
  private bookmark: string;
  /// What was acknowledged.
  private readonly lines: Lines = {};

  constructor(private readonly data: Data) {
    const created = send('POST', 'create', `${data.url}/v1/carts`, null, {}, 201);
    this.token = created.json('token') as string;
    this.id = created.json('cart.id') as string;
    this.bookmark = created.json('cart.bookmark') as string;
  }

  add(product: Product, selection: Record<string, string>, quantity: number): void {
    const body = JSON.stringify({ product: product.id, selection, quantity });
    const headers = { ...this.headers(), 'Content-Type': 'application/json', 'Idempotency-Key': newKey() };
    const answer = send('POST', 'add', `${this.data.url}/v1/cart/lines`, body, headers, 202);
    if (answer.status !== 202) {
      return;
    }
    const line = lineOf(answer, product, selection);
    if (line !== undefined) {
      this.lines[line] = (this.lines[line] ?? 0) + quantity;
    }
    this.keep(answer, (seen) => expectEqual(staleAfterWrite, 'add', seen, sorted(this.lines)));
  }

  /// Reads it back at once.
  readBack(): void {
    this.keep(this.read(), (seen) => expectEqual(staleAfterWrite, 'cart', seen, sorted(this.lines)));
  }

  /// Reads it at the end of a visit.
  readLast(): void {
    this.keep(this.read(), (seen) => expectEqual(lostWrite, 'cart', seen, sorted(this.lines)));
  }

  /// The hand-over to Shopify's checkout: what it adds to its cart, with the signed link to this one.
  checkOut(): Record<string, string> {
    const answer = get('checkout', `${this.data.url}/v1/cart/checkout`, this.headers());
    return answer.status === 200 ? (answer.json('cart_add.attributes') as Record<string, string>) : {};
  }

  /// Leaves nothing behind.
  clear(): void {
    const headers = { ...this.headers(), 'Idempotency-Key': newKey() };
    send('DELETE', 'clear', `${this.data.url}/v1/cart/lines`, null, headers, 202);
  }

  private read(): Answer {
    return get('cart', `${this.data.url}/v1/cart`, this.headers());
  }

  private keep(answer: Answer, compare: (seen: Lines) => void): void {
    if (answer.status !== 200 && answer.status !== 202) {
      return;
    }
    this.bookmark = answer.json('bookmark') as string;
    expectEqual(crossUser, 'cart', answer.json('id'), this.id);
    compare(sorted(linesOf(answer)));
  }

  private headers(): Record<string, string> {
    return { 'Forecourt-Cart': this.token, 'Forecourt-Bookmark': this.bookmark };
  }
}

/// A key that no other request has.
const newKey = (): string =>
  [...new Uint8Array(crypto.randomBytes(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

interface Line {
  readonly id: string;
  readonly product: string;
  readonly selection: Record<string, string> | null;
  readonly quantity: number;
}

const all = (answer: Answer): Line[] => answer.json('lines') as unknown as Line[];

const linesOf = (answer: Answer): Lines => Object.fromEntries(all(answer).map((line) => [line.id, line.quantity]));

function lineOf(answer: Answer, product: Product, selection: Record<string, string>): string | undefined {
  const isIt = (line: Line): boolean =>
    line.product === product.id &&
    Object.entries(selection).every(([option, value]) => line.selection?.[option] === value);
  return all(answer).find(isIt)?.id;
}

const sorted = (lines: Lines): Lines =>
  Object.fromEntries(Object.entries(lines).sort(([left], [right]) => (left < right ? -1 : 1)));
