// Profiles: how many arrive when. All are open: arrivals do not wait for answers, so a slow server shows as
// latency and never as less load.
import type { Options, Scenario } from 'k6/options';
import { PROMISE_MS, READS, type Route } from './api.ts';
import { APPLIED_S } from './cart.ts';
import type { Data } from './data.ts';
import { PERSONAL_TTL_S, PUBLIC_TTL_S, leastHits } from './hits.ts';
import { ORACLES, PATIENCE_S } from './oracles.ts';
import { zipfShares } from './random.ts';
import { MIX, PRODUCT_PAGES, VISIT_S } from './visits.ts';

/// Arrivals a second on a usual day.
const BASE_RATE = Number(__ENV.BASE_RATE ?? 8);
/// Fifty times that within a minute.
const PEAK = 50;
const RAMP_S = Number(__ENV.RAMP_S ?? 60);
/// Virtual users are three megabytes each: most of one run.
const VUS_MAX = 2_000;
/// A run at its limit is stopped when this share of answers fails.
const BROKEN = 0.01;

export const PROFILES = ['smoke', 'average', 'spike50x', 'soak', 'stampede', 'breakpoint', 'webhooks', 'cold', 'hits', 'writes'] as const;
export type Profile = (typeof PROFILES)[number];

/// The seconds for which a profile's load is held, unless DURATION says otherwise.
const HOLD_S: Record<Profile, number> = {
  smoke: 20,
  average: 300,
  spike50x: 1_800,
  soak: 7_200,
  stampede: 1,
  breakpoint: 600,
  webhooks: 30,
  cold: 30,
  hits: 20,
  writes: 30,
};
/// Arrivals a second of profiles that are not made of visits, unless RATE says otherwise.
const RATE: Partial<Record<Profile, number>> = { webhooks: 300, cold: 100, hits: 2_000, writes: 100 };
/// Where a profile promises more: one object from the edge, and a command that waits for the disk.
const HIT_MS = 5;
const WRITE_MS = 45;
/// The share of hits that `hits` must exceed and `cold` must stay below: products with few options repeat selections.
const HITS_LEAST = 0.99;
const COLD_HITS_MAX = 0.05;
/// The caches between the clients and the origin: each may request one thing once.
const EDGE_CACHES = Number(__ENV.EDGE_CACHES ?? 1);
/// A run that looks for the limit does not stop in its first seconds.
const DELAY = '10s';

export function isProfile(name: string): name is Profile {
  return (PROFILES as readonly string[]).includes(name);
}

const isOfVisits = (profile: Profile): boolean => RATE[profile] === undefined && profile !== 'stampede';

const hold = (profile: Profile): number => Number(__ENV.DURATION ?? HOLD_S[profile]);

/// The seconds for which a profile sends arrivals, with its ramps.
export const seconds = (profile: Profile): number =>
  profile === 'spike50x' ? hold(profile) + 2 * RAMP_S : hold(profile);

/// Whether the rate is the profile's own so many milliseconds after its start, and not that of a ramp.
export function isHeld(profile: Profile, elapsed_ms: number): boolean {
  const held_s = elapsed_ms / 1000 - RAMP_S;
  return profile === 'spike50x' ? held_s >= 0 && held_s < hold(profile) : profile !== 'breakpoint';
}

/// Whether the orders of a run are compared with the ledger. A run to the limit loses none that were acknowledged, but
/// it is stopped before the consumers are done.
export const hasLedger = (profile: Profile, canOrder: boolean): boolean =>
  profile === 'webhooks' || (isOfVisits(profile) && profile !== 'breakpoint' && canOrder);

/// With Shopify's secret visits may order.
export function plan(profile: Profile, data: Data, canOrder: boolean): Options {
  const exec = isOfVisits(profile) ? 'visit' : profile;
  const aborting = (threshold: string): object => ({ threshold, abortOnFail: true, delayAbortEval: DELAY });
  const thresholds: Record<string, (string | object)[]> =
    profile === 'breakpoint'
      ? {
          latency: [aborting(`p(99)<${PROMISE_MS}`)],
          http_req_failed: [aborting(`rate<${BROKEN}`)],
          dropped_iterations: [aborting('count==0')],
        }
      : { ...promises(routes(profile, canOrder)), ...hits(profile, data), ...more(profile) };
  for (const oracle of oracles(profile, canOrder)) {
    thresholds[oracle] = ['count==0'];
    thresholds[`looked{oracle:${oracle}}`] = ['count>0'];
  }
  const grace_s = Math.ceil(4 * VISIT_S) + PATIENCE_S + 2 * APPLIED_S;
  const scenarios: Record<string, object> = {
    [profile]: { exec, gracefulStop: `${grace_s}s`, ...arrivals(profile) },
  };
  if (hasLedger(profile, canOrder)) {
    const once = { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: `${grace_s + 3 * PATIENCE_S}s` };
    scenarios.ledger = { exec: 'ledger', startTime: `${seconds(profile) + 1}s`, ...once };
  }
  return {
    // None is expected: its answer would hide the status, and the time of the request that led there.
    maxRedirects: 0,
    scenarios: scenarios as Record<string, Scenario>,
    thresholds: thresholds as Options['thresholds'],
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count'],
    setupTimeout: `${3 * PATIENCE_S}s`,
  };
}

function routes(profile: Profile, canOrder: boolean): readonly Route[] {
  switch (profile) {
    case 'webhooks':
      return ['webhook'];
    case 'cold':
    case 'stampede':
      return ['resolution'];
    case 'hits':
      return ['product'];
    case 'writes':
      return ['add', 'clear'];
    default: {
      const all: Route[] = ['product', 'resolution', 'loyalty', 'create', 'add', 'cart', 'clear', 'checkout'];
      return canOrder ? [...all, 'webhook'] : all;
    }
  }
}

/// The promise for each route, hits and misses apart, and that nothing fails or is left out.
function promises(routes: readonly Route[]): Record<string, string[]> {
  const all: Record<string, string[]> = {
    http_reqs: ['count>0'],
    latency: [`p(99)<${PROMISE_MS}`],
    dropped_iterations: ['count==0'],
    errors: ['count==0'],
    checks: ['rate==1'],
  };
  for (const route of routes) {
    // Of a hundred visits, two or more have each of these; a run may have no order and no checkout.
    if (READS.includes(route) && route !== 'checkout') {
      all[`http_reqs{route:${route}}`] = ['count>0'];
    }
    all[`latency{route:${route},cache:miss}`] = [`p(99)<${PROMISE_MS}`];
    if (READS.includes(route)) {
      all[`latency{route:${route},cache:hit}`] = [`p(99)<${PROMISE_MS}`];
    }
  }
  return all;
}

function oracles(profile: Profile, canOrder: boolean): readonly string[] {
  switch (profile) {
    case 'webhooks':
      return ['wrong_ledger'];
    case 'writes':
      return ['stale_after_write'];
    case 'cold':
    case 'stampede':
    case 'hits':
      return ['wrong_answer'];
    default:
      return ORACLES.filter((it) => it !== 'wrong_ledger' || hasLedger(profile, canOrder));
  }
}

/// The share of hits that popularity, lifetime and the rate that is held give. Where chance alone could make it
/// nothing, nothing is promised.
function hits(profile: Profile, data: Data): Record<string, string[]> {
  if (!isOfVisits(profile)) {
    return {};
  }
  const of = (reads: number, shares: readonly number[], ttl_s: number): number =>
    leastHits(shares, rate(profile) * reads, hold(profile), ttl_s);
  const customers = data.customers.map(() => 1 / data.customers.length);
  const least: Record<string, number> = {
    'edge_hits{route:product,stage:held}': of(PRODUCT_PAGES, zipfShares(data.products.length), PUBLIC_TTL_S),
    'edge_hits{route:loyalty,stage:held}': of(MIX.loyalty / 100, customers, PERSONAL_TTL_S),
  };
  const promised = Object.entries(least).filter(([, share]) => share > 0);
  return Object.fromEntries(promised.map(([name, share]) => [name, [`rate>=${share.toFixed(4)}`]]));
}

/// What a profile promises besides.
function more(profile: Profile): Record<string, string[]> {
  switch (profile) {
    case 'hits':
      return {
        'edge_hits{route:product}': [`rate>${HITS_LEAST}`],
        'latency{route:product,cache:hit}': [`p(99)<${HIT_MS}`],
      };
    case 'cold':
      return { 'edge_hits{route:resolution}': [`rate<${COLD_HITS_MAX}`] };
    case 'stampede':
      return { 'edge_misses{route:resolution}': ['count>0', `count<=${EDGE_CACHES}`] };
    case 'writes':
      return { 'latency{route:add,cache:miss}': [`p(99)<${Number(__ENV.ACK_P99_MS ?? WRITE_MS)}`] };
    default:
      return {};
  }
}

/// Virtual users that a rate needs, with half of them in reserve.
const users = (rate: number): { preAllocatedVUs: number; maxVUs: number } => {
  const count = Math.min(VUS_MAX, Math.ceil(rate * VISIT_S * 1.5) + 10);
  return { preAllocatedVUs: count, maxVUs: count };
};

const steady = (rate: number, seconds: number): object => ({
  executor: 'constant-arrival-rate',
  rate,
  timeUnit: '1s',
  duration: `${seconds}s`,
  ...users(rate),
});

const ramping = (from: number, stages: readonly { target: number; duration: string }[]): object => ({
  executor: 'ramping-arrival-rate',
  startRate: from,
  timeUnit: '1s',
  stages,
  ...users(Math.max(...stages.map((it) => it.target))),
});

/// The arrivals a second that a profile holds, or leads up to.
function rate(profile: Profile): number {
  switch (profile) {
    case 'smoke':
      return Math.ceil(BASE_RATE / 2);
    case 'average':
      return BASE_RATE;
    case 'soak':
      return 5 * BASE_RATE;
    case 'spike50x':
      return PEAK * BASE_RATE;
    case 'breakpoint':
      return 20 * PEAK * BASE_RATE;
    case 'stampede':
      return 500;
    default:
      return Number(__ENV.RATE ?? RATE[profile]);
  }
}

function arrivals(profile: Profile): object {
  const [target, held] = [rate(profile), { target: rate(profile), duration: `${hold(profile)}s` }];
  switch (profile) {
    case 'smoke':
    case 'average':
    case 'soak':
      return steady(target, hold(profile));
    case 'spike50x': {
      const ramp = `${RAMP_S}s`;
      return ramping(BASE_RATE, [{ target, duration: ramp }, held, { target: BASE_RATE, duration: ramp }]);
    }
    case 'breakpoint':
      return ramping(BASE_RATE, [held]);
    case 'stampede':
      return { ...steady(target, hold(profile)), preAllocatedVUs: 500, maxVUs: 500 };
    case 'webhooks':
    case 'cold':
    case 'hits':
    case 'writes':
      return { ...steady(target, hold(profile)), preAllocatedVUs: 100, maxVUs: 100 };
  }
}

/// What the summary says of a profile besides: for the limit, the rate at the end of so many seconds.
export function remarks(profile: Profile, elapsed_s: number): string[] {
  if (profile !== 'breakpoint') {
    return [];
  }
  const reached = Math.min(1, elapsed_s / hold(profile));
  const last = BASE_RATE + (rate(profile) - BASE_RATE) * reached;
  return [`the last arrivals came at ${Math.round(last)} a second, ${Math.round(last / BASE_RATE)} times the usual rate`];
}
