// The ledger afterwards: every buyer's points are what the orders, refunds and repetitions of the run amount to.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { get } from './api.ts';
import type { Customer, Data } from './data.ts';
import { PERSONAL_TTL_S } from './hits.ts';
import { PATIENCE_S, expectEqual, wrongLedger } from './oracles.ts';
import { deliver, paidOrder, refund } from './shopify.ts';

/// What one order earns, and what is left of it when its first line is refunded: measured with two orders of the run's
/// own before it begins, since the program is the shop's.
export interface Course {
  /// The lowest number of an order.
  readonly first: number;
  readonly earned: number;
  readonly refunded: number;
  readonly before: Record<string, number>;
}

/// An order of the run; a repeated delivery has the same number.
export interface Order {
  readonly number: number;
  readonly isRefunded: boolean;
}

/// Who places an order.
export const buyer = (data: Data, course: Course, number: number): Customer =>
  data.buyers[(number - course.first) % data.buyers.length]!;

/// The order of the n-th arrival of `webhooks`: one in five is a repetition.
export const orderOf = (course: Course, n: number): Order => ({
  number: course.first + (n % 5 === 4 ? n - 1 : n),
  isRefunded: n % 10 === 7,
});

/// The deliveries of the n-th arrival of `webhooks`: of an order in ten the refund comes first.
export function arrive(data: Data, secret: string, course: Course, n: number): void {
  const { number, isRefunded } = orderOf(course, n);
  const payload = paidOrder(data, number, buyer(data, course, number).id);
  if (isRefunded) {
    deliver(data, secret, 'refunds/create', refund(number), `${number}-refund`);
  }
  deliver(data, secret, 'orders/paid', payload, `${number}-${n}`);
}

export function begin(data: Data, secret: string): Course {
  const first = Date.now() * 1000;
  const buyers = data.buyers.slice(0, 2);
  const both = (): number[] => buyers.map((it) => points(data, it));
  const [one, other] = buyers as [Customer, Customer];
  const start = both();
  deliver(data, secret, 'orders/paid', paidOrder(data, first - 2, one.id), `${first}-course-1`);
  deliver(data, secret, 'orders/paid', paidOrder(data, first - 1, other.id), `${first}-course-2`);
  deliver(data, secret, 'refunds/create', refund(first - 1), `${first}-course-3`);
  until(() => both().every((now, at) => now > start[at]!));
  const settled = quiet(both);
  const [earned, refunded] = [settled[0]! - start[0]!, settled[1]! - start[1]!];
  // Also if no consumer runs, or the program gives nothing: then there is nothing to compare.
  const isRewarded = { 'an order earns points': earned > 0, 'its refund takes some': refunded < earned };
  expectEqual(wrongLedger, 'ledger', isRewarded, { 'an order earns points': true, 'its refund takes some': true });
  const before = Object.fromEntries(data.buyers.map((it) => [it.id, points(data, it)]));
  return { first, earned, refunded, before };
}

/// Compares every ledger once nothing changes.
export function end(data: Data, course: Course, orders: readonly Order[]): void {
  const expected: Record<string, number> = { ...course.before };
  const counted = new Set<number>();
  for (const { number, isRefunded } of orders) {
    if (!counted.has(number)) {
      counted.add(number);
      const own = buyer(data, course, number).id;
      expected[own] = (expected[own] ?? 0) + (isRefunded ? course.refunded : course.earned);
    }
  }
  const all = (): number[] => data.buyers.map((it) => points(data, it));
  until(() => all().every((now, at) => now === expected[data.buyers[at]!.id]));
  // What counts twice shows later than what is right.
  const settled = quiet(all);
  data.buyers.forEach(({ id }, at) => {
    expectEqual(wrongLedger, 'ledger', { [id]: settled[at] }, { [id]: expected[id] });
  });
}

/// Waits until every other virtual user is done, and returns how many iterations there were.
export function arrivals(): number {
  while (exec.instance.vusActive > 1) {
    sleep(1);
  }
  return exec.instance.iterationsCompleted + exec.instance.iterationsInterrupted;
}

/// All points of a customer: the newest page of the ledger has the bookmark with which the account is read.
function points(data: Data, customer: Customer): number {
  const headers = { Authorization: `Bearer ${customer.token}` };
  const page = get('ledger', `${data.url}/v1/loyalty/entries?limit=1`, headers);
  const bookmark = page.json('bookmark') as string;
  const account = get('ledger', `${data.url}/v1/loyalty`, { ...headers, 'Forecourt-Bookmark': bookmark });
  const balance = account.json('balance') as { available: number; pending: number };
  return balance.available + balance.pending;
}

/// Waits until it is so, for as long as the consumers may take.
function until(isSo: () => boolean): void {
  const deadline = Date.now() + PATIENCE_S * 1000;
  while (!isSo() && Date.now() < deadline) {
    sleep(1);
  }
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
