// The cost of the edge and of the origin: hits of one object, and new reads.
//
//   k6 run -e KIND=hits loadtests/reads.js        one product, 2,000 a second
//   k6 run -e KIND=cold loadtests/reads.js        a new selection each time, 500 a second

import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

const URL = __ENV.URL || 'http://127.0.0.1:8080';
const KIND = __ENV.KIND || 'hits';
const RATE = Number(__ENV.RATE || (KIND === 'hits' ? 2000 : 500));
const SECONDS = Number(__ENV.SECONDS || 20);
const P99_MS = KIND === 'hits' ? 5 : 20;
const EXPECTED = KIND === 'hits' ? 'Hit from cloudfront' : 'Miss from cloudfront';

const originMs = new Trend('origin_ms', true);

export const options = {
  discardResponseBodies: true, // the generator shares the machine with the server
  scenarios: {
    reads: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${SECONDS}s`,
      preAllocatedVUs: 40,
      maxVUs: 40,
    },
  },
  thresholds: {
    http_req_duration: [`p(99)<${P99_MS}`],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

// The options of the demo bike; a number picks a value of each, or none.
const OPTIONS = {
  frame: ['steel', 'aluminium', 'carbon', 'titanium'],
  size: ['xs', 's', 'm', 'l', 'xl'],
  fork: ['rigid', 'carbon', 'coil', 'air'],
  wheel: ['26', '27.5', '28', '29'],
  tyre: ['city', 'gravel', 'race', 'trail', 'winter'],
  brakes: ['rim', 'disc', 'hydraulic'],
  drivetrain: ['single', 'hub8', 'hub14', 'derailleur', 'electronic'],
  drive: ['chain', 'belt'],
  motor: ['none', 'hub', 'mid'],
};

export function setup() {
  http.get(`${URL}/v1/configurator/bike`);
  // No other run of this script may have requested the same selections.
  return { start: Math.floor(Math.random() * 1e9) };
}

export default function read(data) {
  const number = data.start + exec.scenario.iterationInTest;
  const path = KIND === 'hits' ? '' : `/resolution?${selection(number)}`;
  const response = http.get(`${URL}/v1/configurator/bike${path}`, { tags: { name: KIND } });
  check(response, {
    200: (answer) => answer.status === 200,
    [EXPECTED]: (answer) => answer.headers['X-Cache'] === EXPECTED,
  });
  const timing = /origin;dur=([\d.]+)/.exec(response.headers['Server-Timing'] || '');
  if (timing !== null) {
    originMs.add(Number(timing[1]));
  }
}

function selection(number) {
  let rest = number;
  const chosen = [];
  for (const [option, values] of Object.entries(OPTIONS)) {
    const at = rest % (values.length + 1);
    rest = Math.floor(rest / (values.length + 1));
    if (at > 0) {
      chosen.push(`${option}=${values[at - 1]}`);
    }
  }
  return chosen.join('&');
}
