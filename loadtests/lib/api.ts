// Requests, and what is recorded of each answer.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { RefinedResponse } from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

export type Answer = RefinedResponse<'text'>;
/// `ledger` is what the oracle reads, not a visitor.
export type Route =
  | 'product' | 'resolution' | 'loyalty' | 'create' | 'add' | 'cart' | 'clear' | 'checkout' | 'webhook' | 'ledger';

/// Routes of visitors that change nothing.
export const READS: readonly Route[] = ['product', 'resolution', 'loyalty', 'cart', 'checkout'];
/// The promise for every route, and the published budget for reads of a storefront.
export const PROMISE_MS = 200;
export const BUDGET_MS = 100;
/// Most lines that a virtual user prints. Only the first few users print slow answers, since a slow server makes every answer
/// slow.
const LINES_MAX = 3;
const SLOW_USERS = 5;

const latency = new Trend('latency', true);
const readsWithinBudget = new Rate('reads_within_budget');
/// Reads that the edge answered from its cache, and how many it did not.
const edgeHits = new Rate('edge_hits');
const edgeMisses = new Counter('edge_misses');
const errors = new Counter('errors');
const originMs = new Trend('origin_ms', true);

let printed = 0;

/// A line with the time since the start and the route, such as `+83 s cart: 312 ms`.
export function report(route: string, text: string): void {
  if (printed < LINES_MAX) {
    printed += 1;
    console.warn(`${time()} ${route}: ${text}`);
  }
}

/// In `teardown` k6 has no such time.
function time(): string {
  try {
    return `+${Math.round(exec.instance.currentTestRunDuration / 1000)} s`;
  } catch {
    return 'at the end';
  }
}

/// Runs an iteration. An exception, such as for an answer without its lines, counts as an error: k6 itself only
/// prints it.
export function attempt(run: () => void): void {
  try {
    run();
  } catch (error) {
    errors.add(1, { route: 'script' });
    report('script', String(error));
  }
}

export function get(route: Route, url: string, headers: Record<string, string> = {}): Answer {
  return observed(route, http.get(url, { headers, tags: { route, name: route }, responseType: 'text' }), 200);
}

export function send(
  method: string,
  route: Route,
  url: string,
  body: string | null,
  headers: Record<string, string>,
  status: number,
): Answer {
  const parameters = { headers, tags: { route, name: route }, responseType: 'text' as const };
  return observed(route, http.request(method, url, body, parameters), status);
}

function observed(route: Route, answer: Answer, status: number): Answer {
  const isExpected = answer.status === status;
  const isHit = (answer.headers['X-Cache'] ?? '').startsWith('Hit');
  const ms = answer.timings.duration;
  check(answer, { [`${route}: ${status}`]: () => isExpected });
  errors.add(isExpected ? 0 : 1, { route });
  latency.add(ms, { route, cache: isHit ? 'hit' : 'miss' });
  if (READS.includes(route)) {
    readsWithinBudget.add(ms < BUDGET_MS);
    edgeHits.add(isHit, { route });
    edgeMisses.add(isHit ? 0 : 1, { route });
  }
  const origin = /origin;dur=([\d.]+)/.exec(answer.headers['Server-Timing'] ?? '');
  if (origin !== null && !isHit) {
    originMs.add(Number(origin[1]), { route });
  }
  if (!isExpected) {
    report(route, `${answer.status} instead of ${status}: ${String(answer.body).slice(0, 200)}`);
  } else if (ms > PROMISE_MS && exec.vu.idInTest <= SLOW_USERS) {
    report(route, `${Math.round(ms)} ms`);
  }
  return answer;
}
