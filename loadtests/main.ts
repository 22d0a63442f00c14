// One profile against one shop: `forecourt loadtest PROFILE`, or
//
//   k6 run -e PROFILE=smoke -e DATA=data.json loadtests/main.ts
import exec from 'k6/execution';
import { attempt } from './lib/api.ts';
import { Cart } from './lib/cart.ts';
import { type Choice, readProduct, readResolution } from './lib/configurator.ts';
import { isLocal, readData } from './lib/data.ts';
import { type Course, arrivals, arrive, begin, end, orderOf } from './lib/ledger.ts';
import { PATIENCE_S } from './lib/oracles.ts';
import { PROFILES, hasLedger, isHeld, isProfile, plan, remarks, seconds } from './lib/profiles.ts';
import { erase } from './lib/shopify.ts';
import { type Results, table } from './lib/summary.ts';
import { Visitor, ordersOf } from './lib/visits.ts';

const name = __ENV.PROFILE ?? 'smoke';
if (!isProfile(name)) {
  throw new Error(`PROFILE=${name}: there are ${PROFILES.join(', ')}`);
}
const profile = name;
const data = readData(seconds(profile) + 6 * PATIENCE_S);
/// Shopify's app secret: without it visitors don't order, and `webhooks` can't run.
const secret = __ENV.SHOPIFY_SECRET || undefined;
if (profile === 'webhooks' && secret === undefined) {
  throw new Error('webhooks are signed: SHOPIFY_SECRET is not set');
}

export const options = plan(profile, data, secret !== undefined);

interface Prepared {
  readonly course?: Course;
  /// Where selections begin that no other run has requested.
  readonly start: number;
}

export function setup(): Prepared {
  const start = Math.floor(Math.random() * 1e9);
  if (profile === 'hits') {
    page();
  }
  return hasLedger(profile, secret !== undefined) ? { start, course: begin(data, secret!) } : { start };
}

export function visit({ course }: Prepared): void {
  const elapsed_ms = Date.now() - exec.scenario.startTime;
  exec.vu.metrics.tags.stage = isHeld(profile, elapsed_ms) ? 'held' : 'ramp';
  attempt(() => new Visitor(data, course && { secret: secret!, course }).visit());
}

export function webhooks({ course }: Prepared): void {
  attempt(() => arrive(data, secret!, course!, exec.scenario.iterationInTest));
}

/// One product, which the edge has.
export function hits(): void {
  attempt(page);
}

const page = (): void => readProduct(data, data.products[0]!);

/// Two commands, each durable before its answer.
export function writes(): void {
  attempt(() => {
    const cart = new Cart(data);
    const product = data.products[exec.scenario.iterationInTest % data.products.length]!;
    cart.add(product, product.buyable[0]!, 1);
    cart.clear();
  });
}

/// A selection that the edge has never seen.
export function cold({ start }: Prepared): void {
  attempt(() => fresh(start + exec.scenario.iterationInTest, 0));
}

/// Everyone requests the same one, which the edge has never seen: visits choose the first option first, this does not.
export function stampede({ start }: Prepared): void {
  attempt(() => fresh(start, 1));
}

/// Requests the selection with this number of the options from the n-th on.
function fresh(number: number, nth: number): void {
  const product = data.products[number % data.products.length]!;
  let rest = Math.floor(number / data.products.length);
  const chosen: Choice[] = [];
  for (const { id, values } of product.options.slice(nth)) {
    const at = rest % (values.length + 1);
    rest = Math.floor(rest / (values.length + 1));
    if (at > 0) {
      chosen.push([id, values[at - 1]!]);
    }
  }
  readResolution(data, product, chosen);
}

/// Runs once, after the last arrival.
export function ledger({ course }: Prepared): void {
  attempt(() => {
    const count = arrivals();
    const numbers = Array.from({ length: count }, (_, n) => n);
    const orders = profile === 'webhooks' ? numbers.map((n) => orderOf(course!, n)) : ordersOf(course!, count);
    end(data, course!, orders);
  });
}

/// A shop that is not on this machine has nothing of the run left: the orders were of customers with random ids, whom
/// Shopify's demand to erase a customer removes from the ledger. Carts are empty by then, or end by themselves.
export function teardown(): void {
  if (secret !== undefined && !isLocal(data)) {
    data.buyers.forEach((buyer) => erase(data, secret, buyer.id));
  }
}

export function handleSummary(results: Results): Record<string, string> {
  const files = __ENV.SUMMARY ? { [__ENV.SUMMARY]: JSON.stringify(results, null, 1) } : {};
  return { stdout: table(profile, results, (elapsed_s) => remarks(profile, elapsed_s)), ...files };
}
