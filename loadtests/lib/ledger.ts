// The ledger afterwards: every buyer's points are what the orders, refunds and repetitions of the run amount to.
import { sleep } from 'k6';
import { get } from './api.ts';
import type { Customer, Data } from './data.ts';
import { PERSONAL_TTL_S } from './hits.ts';
import { expectEqual, wrongLedger } from './oracles.ts';
import { deliver, paidOrder, refund } from './shopify.ts';

/// How long the consumers may take for what was acknowledged.
export const PATIENCE_S = 90;

/// What one order earns, and what is left of it when its first line is refunded: measured with two orders of the run's
/// own before it begins, since the program is the shop's.
export interface Course {
  readonly first: number;
  readonly earned: number;
  readonly refunded: number;
  readonly before: Record<string, number>;
}

/// The number of an order: the same for a repetition, whose delivery has an id of its own.
const order = (course: Course, n: number): number => course.first + (n % 5 === 4 ? n - 1 : n);
const isRefunded = (n: number): boolean => n % 10 === 7;
const buyer = (data: Data, number: number): Customer => data.buyers[number % data.buyers.length]!;

/// The deliveries of the n-th arrival: one in five is a repetition, one in ten an order whose refund comes first.
export function arrive(data: Data, secret: string, course: Course, n: number): void {
  const number = order(course, n);
  const payload = paidOrder(data, number, buyer(data, number - course.first).id, {});
  if (isRefunded(n)) {
    deliver(data, secret, 'refunds/create', refund(number), `${number}-refund`);
  }
  deliver(data, secret, 'orders/paid', payload, `${number}-${n}`);
}

export function begin(data: Data, secret: string): Course {
  const first = Date.now() * 1000;
  const [one, other] = [data.buyers[0]!, data.buyers[1]!];
  const start = [points(data, one), points(data, other)];
  deliver(data, secret, 'orders/paid', paidOrder(data, first - 2, one.id, {}), `${first}-course-1`);
  deliver(data, secret, 'orders/paid', paidOrder(data, first - 1, other.id, {}), `${first}-course-2`);
  deliver(data, secret, 'refunds/create', refund(first - 1), `${first}-course-3`);
  const settled = quiet(() => [points(data, one), points(data, other)]);
  const [earned, refunded] = [settled[0]! - start[0]!, settled[1]! - start[1]!];
  if (earned <= 0 || refunded >= earned) {
    throw new Error(`the program gives ${earned} points for an order and ${refunded} after a refund: nothing to compare`);
  }
  const before = Object.fromEntries(data.buyers.map((it) => [it.id, points(data, it)]));
  return { first, earned, refunded, before };
}

/// Compares every ledger once nothing changes any more.
export function end(data: Data, course: Course, arrivals: number): void {
  const expected: Record<string, number> = { ...course.before };
  const seen = new Set<number>();
  for (let n = 0; n < arrivals; n += 1) {
    const number = order(course, n);
    if (!seen.has(number)) {
      seen.add(number);
      const own = buyer(data, number - course.first).id;
      expected[own] = (expected[own] ?? 0) + (isRefunded(n) ? course.refunded : course.earned);
    }
  }
  const isRight = (it: Customer): boolean => points(data, it) === expected[it.id];
  const deadline = Date.now() + PATIENCE_S * 1000;
  while (Date.now() < deadline && !data.buyers.every(isRight)) {
    sleep(1);
  }
  for (const it of data.buyers) {
    expectEqual(wrongLedger, 'loyalty', { [it.id]: points(data, it) }, { [it.id]: expected[it.id] });
  }
}

/// All points of a customer: the newest page of the ledger has the bookmark with which the account is read.
function points(data: Data, customer: Customer): number {
  const headers = { Authorization: `Bearer ${customer.token}` };
  const page = get('loyalty', `${data.url}/v1/loyalty/entries?limit=1`, headers);
  const bookmark = page.json('bookmark') as string;
  const account = get('loyalty', `${data.url}/v1/loyalty`, { ...headers, 'Forecourt-Bookmark': bookmark });
  const balance = account.json('balance') as { available: number; pending: number };
  return balance.available + balance.pending;
}

/// What is read once it has been the same for longer than the edge keeps it.
function quiet(read: () => number[]): number[] {
  let [last, same_s] = [read(), 0];
  for (let waited_s = 0; waited_s < PATIENCE_S && same_s < PERSONAL_TTL_S + 2; waited_s += 1) {
    sleep(1);
    const now = read();
    same_s = now.join() === last.join() ? same_s + 1 : 0;
    last = now;
  }
  return last;
}
