// A morning campaign: fifty times the usual load within a minute, held, and back. Open model:
// arrivals do not wait for answers, so a slow server shows as latency and not as less load.
//
//   k6 run loadtests/campaign.js                      the whole campaign against a local Forecourt
//   k6 run -e RAMP_S=5 -e HOLD_S=10 loadtests/campaign.js
//   k6 run -e URL=https://shop.example -e BASE_RATE=40 … (a deployment: mint TOKENS yourself)

import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

import { Cart } from './cart.js';
import { customerTokens } from './session.js';

const URL = __ENV.URL || 'http://127.0.0.1:8080';
const BASE_RATE = Number(__ENV.BASE_RATE || 8); // arrivals a second on a usual morning
const RAMP_S = Number(__ENV.RAMP_S || 20);
const HOLD_S = Number(__ENV.HOLD_S || 20);
const PEAK = 50;
const VUS_MAX = 400;

const staleAfterWrite = new Counter('stale_after_write');
const writes = new Counter('writes_acknowledged');
const hits = new Rate('edge_hits');
const originMs = new Trend('origin_ms', true);

export const options = {
  discardResponseBodies: false,
  scenarios: {
    campaign: {
      executor: 'ramping-arrival-rate',
      startRate: BASE_RATE,
      timeUnit: '1s',
      preAllocatedVUs: VUS_MAX,
      maxVUs: VUS_MAX,
      stages: [
        { duration: `${RAMP_S}s`, target: BASE_RATE * PEAK },
        { duration: `${HOLD_S}s`, target: BASE_RATE * PEAK },
        { duration: `${RAMP_S}s`, target: BASE_RATE },
      ],
    },
  },
  thresholds: {
    http_req_duration: ['p(99)<200'],
    http_req_failed: ['rate==0'],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
    stale_after_write: ['count==0'],
    'http_req_duration{route:product}': ['p(99)<200'],
    'http_req_duration{route:resolution}': ['p(99)<200'],
    'http_req_duration{route:loyalty}': ['p(99)<200'],
    'http_req_duration{route:cart}': ['p(99)<200'],
    'http_req_duration{route:add}': ['p(99)<200'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

export function setup() {
  return { tokens: customerTokens(URL) };
}

// Of a virtual user's visits three browse, one looks at points and one buys.
const VISITS = [browse, browse, browse, points, buy];
let cart = null; // one a virtual user, with its bookmark

export default function visit(data) {
  VISITS[exec.scenario.iterationInTest % VISITS.length](data);
}

function browse() {
  read('product', `${URL}/v1/configurator/bike`);
  const frames = ['steel', 'aluminium', 'carbon'];
  const frame = frames[exec.scenario.iterationInTest % frames.length];
  read('resolution', `${URL}/v1/configurator/bike/resolution?frame=${frame}`);
}

function points(data) {
  const token = data.tokens[exec.vu.idInTest % data.tokens.length];
  read('loyalty', `${URL}/v1/loyalty`, { Authorization: `Bearer ${token}` });
}

function buy() {
  if (cart === null || cart.isSpent()) {
    cart = Cart.create(URL);
  }
  const added = cart.add();
  observe(added, 202, 'added');
  writes.add(added.status === 202 ? 1 : 0);
  const response = cart.read();
  observe(response, 200, 'read back');
  staleAfterWrite.add(cart.isStale(response) ? 1 : 0);
}

function read(route, url, headers) {
  const response = http.get(url, { headers, tags: { route, name: route } });
  observe(response, 200, route);
}

function observe(response, status, name) {
  check(response, { [`${name}: ${status}`]: (answer) => answer.status === status });
  hits.add((response.headers['X-Cache'] || '').startsWith('Hit') ? 1 : 0);
  const timing = /origin;dur=([\d.]+)/.exec(response.headers['Server-Timing'] || '');
  if (timing !== null) {
    originMs.add(Number(timing[1]));
  }
}
