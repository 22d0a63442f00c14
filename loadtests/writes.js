// The cost of an acknowledged write beside the usual reads: 200 commands a second through the edge,
// each durable before its 202, while 1,000 reads a second go on. Open model, both.
//
//   k6 run loadtests/writes.js
//   cargo run --release -p infra-dynamo --example fsync -- .forecourt 30      (beside it: the disk)
//
// The acknowledgement's target is 45 ms, or five times the fsync p99 of the same run if that is more:
//   k6 run -e ACK_P99_MS=60 loadtests/writes.js

import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter } from 'k6/metrics';

import { Cart } from './cart.js';
import { customerTokens } from './session.js';

const URL = __ENV.URL || 'http://127.0.0.1:8080';
const WRITES = Number(__ENV.WRITES || 200); // a second
const READS = Number(__ENV.READS || 1000); // a second
const SECONDS = Number(__ENV.SECONDS || 30);
const ACK_P99_MS = Number(__ENV.ACK_P99_MS || 45);
const READ_P99_MS = Number(__ENV.READ_P99_MS || 20);

const staleAfterWrite = new Counter('stale_after_write');

function arrivals(name, rate, vus) {
  return {
    executor: 'constant-arrival-rate',
    exec: name,
    rate,
    timeUnit: '1s',
    duration: `${SECONDS}s`,
    preAllocatedVUs: vus,
    maxVUs: vus,
  };
}

export const options = {
  scenarios: { writes: arrivals('write', WRITES, 60), reads: arrivals('read', READS, 40) },
  thresholds: {
    'http_req_duration{route:add}': [`p(99)<${ACK_P99_MS}`],
    'http_req_duration{route:product}': [`p(99)<${READ_P99_MS}`],
    'http_req_duration{route:resolution}': [`p(99)<${READ_P99_MS}`],
    'http_req_duration{route:loyalty}': [`p(99)<${READ_P99_MS}`],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
    stale_after_write: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

export function setup() {
  return { tokens: customerTokens(URL) };
}

let cart = null; // one a virtual user, with its bookmark

export function write() {
  if (cart === null || cart.isSpent()) {
    cart = Cart.create(URL);
  }
  const added = cart.add();
  check(added, { 'write: 202': (answer) => answer.status === 202 });
  staleAfterWrite.add(cart.isStale(added) ? 1 : 0);
}

// Of ten reads six are of the product page, three of a selection, one of the customer's points.
const FRAMES = ['steel', 'aluminium', 'carbon', 'titanium'];

export function read(data) {
  const n = exec.scenario.iterationInTest;
  if (n % 10 < 6) {
    get('product', '/v1/configurator/bike');
  } else if (n % 10 < 9) {
    get('resolution', `/v1/configurator/bike/resolution?frame=${FRAMES[n % FRAMES.length]}`);
  } else {
    const token = data.tokens[n % data.tokens.length];
    get('loyalty', '/v1/loyalty', { Authorization: `Bearer ${token}` });
  }
}

function get(route, path, headers) {
  const parameters = { headers, responseType: 'none', tags: { route, name: route } };
  const answer = http.get(`${URL}${path}`, parameters);
  check(answer, { 'read: 200': ({ status }) => status === 200 });
}
