// What no load may cause. Each counter has the threshold 0.
import { Counter } from 'k6/metrics';
import { report } from './api.ts';

/// A read right after an acknowledged write lacks it, or shows it twice.
export const staleAfterWrite = new Counter('stale_after_write');
/// An acknowledged write is missing at the end of a visit, or for a device without the bookmark once the consumers
/// have had their time.
export const lostWrite = new Counter('lost_write');
/// An answer with another customer's data.
export const crossUser = new Counter('cross_user');
/// A customer's points are not what the orders of the run amount to.
export const wrongLedger = new Counter('wrong_ledger');

/// A product's page or a resolution is of something else, or lacks part of it.
export const wrongAnswer = new Counter('wrong_answer');

export const ORACLES = ['wrong_answer', 'stale_after_write', 'lost_write', 'cross_user', 'wrong_ledger'] as const;

/// How long the consumers may take for what was acknowledged.
export const PATIENCE_S = Number(__ENV.PATIENCE_S ?? 90);

/// How often an oracle compared: a run in which one never did proves nothing, and fails.
const looked = new Counter('looked');

/// Counts a violation, and prints the wrong value and the right one.
export function expectEqual(oracle: Counter, route: string, actual: unknown, expected: unknown): void {
  const isRight = isEqual(actual, expected);
  oracle.add(isRight ? 0 : 1);
  looked.add(1, { oracle: oracle.name });
  if (!isRight) {
    report(route, `${oracle.name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

/// Whether two values have the same JSON.
export const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
