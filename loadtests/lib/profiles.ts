// Profiles: how many arrive when. All are open: arrivals do not wait for answers, so a slow server shows as
// latency and never as less load.
import type { Options, Scenario } from 'k6/options';
import { BUDGET_MS, PROMISE_MS, READS, type Route } from './api.ts';
import type { Data } from './data.ts';
import { PERSONAL_TTL_S, PUBLIC_TTL_S, leastHits } from './hits.ts';
import { PATIENCE_S } from './ledger.ts';
import { ORACLES } from './oracles.ts';
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

export interface Plan {
  readonly seconds: number;
  readonly options: Options;
}

export function isProfile(name: string): name is Profile {
  return (PROFILES as readonly string[]).includes(name);
}

const isOfVisits = (profile: Profile): boolean => RATE[profile] === undefined && profile !== 'stampede';

/// The seconds that a profile takes, with its ramps.
export function seconds(profile: Profile): number {
  const hold = Number(__ENV.DURATION ?? HOLD_S[profile]);
  return profile === 'spike50x' ? hold + 2 * RAMP_S : hold;
}

export function plan(profile: Profile, data: Data): Options {
  const hold = Number(__ENV.DURATION ?? HOLD_S[profile]);
  const exec = isOfVisits(profile) ? 'visit' : profile;
  const thresholds: Record<string, string[] | { threshold: string; abortOnFail: boolean; delayAbortEval: string }[]> =
    profile === 'breakpoint'
      ? {
          latency: [{ threshold: `p(99)<${PROMISE_MS}`, abortOnFail: true, delayAbortEval: '10s' }] as never,
          http_req_failed: [{ threshold: `rate<${BROKEN}`, abortOnFail: true, delayAbortEval: '10s' }] as never,
        }
      : { ...promises(routes(profile)), ...hits(profile, data, hold), ...more(profile) };
  for (const oracle of oracles(profile)) {
    thresholds[oracle] = ['count==0'];
    thresholds[`looked{oracle:${oracle}}`] = ['count>0'];
  }
  const grace_s = Math.ceil(4 * VISIT_S);
  const scenarios: Record<string, object> = {
    [profile]: { exec, gracefulStop: `${grace_s}s`, ...arrivals(profile, hold) },
  };
  if (profile === 'webhooks') {
    const once = { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: `${2 * PATIENCE_S}s` };
    scenarios.ledger = { exec: 'ledger', startTime: `${hold + grace_s}s`, ...once };
  }
  return {
    scenarios: scenarios as Record<string, Scenario>,
    thresholds: thresholds as Options['thresholds'],
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count'],
    setupTimeout: '120s',
  };
}

function routes(profile: Profile): readonly Route[] {
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
    default:
      return ['product', 'resolution', 'loyalty', 'create', 'add', 'cart', 'clear'];
  }
}

/// The promise for each route, hits and misses apart, and that nothing fails or is left out.
function promises(routes: readonly Route[]): Record<string, string[]> {
  const all: Record<string, string[]> = {
    latency: [`p(99)<${PROMISE_MS}`],
    dropped_iterations: ['count==0'],
    errors: ['count==0'],
    checks: ['rate==1'],
  };
  for (const route of routes) {
    all[`latency{route:${route},cache:miss}`] = [`p(99)<${PROMISE_MS}`];
    if (READS.includes(route)) {
      all[`latency{route:${route},cache:hit}`] = [`p(99)<${PROMISE_MS}`];
    }
  }
  return all;
}

function oracles(profile: Profile): readonly string[] {
  switch (profile) {
    case 'webhooks':
      return ['wrong_ledger'];
    case 'writes':
      return ['stale_after_write'];
    case 'cold':
    case 'stampede':
    case 'hits':
      return [];
    default:
      return ORACLES.filter((it) => it !== 'wrong_ledger');
  }
}

/// The share of hits that popularity, lifetime and the lowest rate of the profile give.
function hits(profile: Profile, data: Data, hold: number): Record<string, string[]> {
  if (!isOfVisits(profile)) {
    return {};
  }
  const rate = profile === 'soak' ? 5 * BASE_RATE : profile === 'smoke' ? BASE_RATE / 2 : BASE_RATE;
  const shares = zipfShares(data.products.length);
  const customers = data.customers.map(() => 1 / data.customers.length);
  const pages = leastHits(shares, rate * PRODUCT_PAGES, hold, PUBLIC_TTL_S);
  const points = leastHits(customers, (rate * MIX.loyalty) / 100, hold, PERSONAL_TTL_S);
  return { public_hits: [`rate>=${pages.toFixed(3)}`], personal_hits: [`rate>=${points.toFixed(3)}`] };
}

/// What a profile promises besides.
function more(profile: Profile): Record<string, string[]> {
  switch (profile) {
    case 'hits':
      return { 'latency{route:product,cache:hit}': [`p(99)<${HIT_MS}`] };
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

function arrivals(profile: Profile, hold: number): object {
  const peak = BASE_RATE * PEAK;
  switch (profile) {
    case 'smoke':
      return steady(Math.ceil(BASE_RATE / 2), hold);
    case 'average':
      return steady(BASE_RATE, hold);
    case 'soak':
      return steady(5 * BASE_RATE, hold);
    case 'spike50x':
      return ramping(BASE_RATE, [
        { target: peak, duration: `${RAMP_S}s` },
        { target: peak, duration: `${hold}s` },
        { target: BASE_RATE, duration: `${RAMP_S}s` },
      ]);
    case 'stampede':
      return { ...steady(500, hold), preAllocatedVUs: 500, maxVUs: 500 };
    case 'breakpoint':
      return ramping(BASE_RATE, [{ target: 20 * peak, duration: `${hold}s` }]);
    case 'webhooks':
    case 'cold':
    case 'hits':
    case 'writes':
      return { ...steady(Number(__ENV.RATE ?? RATE[profile]), hold), preAllocatedVUs: 100, maxVUs: 100 };
  }
}

/// What the summary says besides the thresholds.
export const SECOND_LINE = `reads under ${BUDGET_MS} ms`;
