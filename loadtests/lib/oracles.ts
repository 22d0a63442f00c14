// What must never be seen, whatever the load. Each counter has the threshold 0.
import { Counter } from 'k6/metrics';
import { report } from './api.ts';

/// A read right after an acknowledged write lacks it, or shows it twice.
export const staleAfterWrite = new Counter('stale_after_write');
/// At the end of a visit an acknowledged write is missing.
export const lostWrite = new Counter('lost_write');
/// An answer with somebody else's data.
export const crossUser = new Counter('cross_user');
/// A customer's points are not what the orders of the run amount to.
export const wrongLedger = new Counter('wrong_ledger');

export const ORACLES = ['stale_after_write', 'lost_write', 'cross_user', 'wrong_ledger'] as const;

/// How often an oracle compared: a run in which one never did proves nothing, and fails.
const looked = new Counter('looked');

/// Counts a violation, and prints what was seen instead of what.
export function expectEqual(oracle: Counter, route: string, seen: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(expected)];
  oracle.add(left === right ? 0 : 1);
  looked.add(1, { oracle: oracle.name });
  if (left !== right) {
    report(route, `${oracle.name}: ${left} instead of ${right}`);
  }
}
