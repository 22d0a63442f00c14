// Shopify's deliveries at 300 a second: each is verified and durable before its 200. Open model.
//
//   k6 run loadtests/webhooks.js
//   k6 run -e RATE=600 -e SECONDS=60 loadtests/webhooks.js
//
// One delivery in five is a repetition, as Shopify repeats; one in ten is of an order refunded before
// it is paid. The acknowledgement stays below 50 ms while the consumers work.

import { check } from 'k6';
import crypto from 'k6/crypto';
import exec from 'k6/execution';
import http from 'k6/http';

const URL = __ENV.URL || 'http://127.0.0.1:8080';
const SHOP = __ENV.SHOP || 'demo.myshopify.com';
const SECRET = __ENV.SHOPIFY_SECRET || 'dev-shopify-secret';
const RATE = Number(__ENV.RATE || 300); // a second
const SECONDS = Number(__ENV.SECONDS || 30);
const ACK_P99_MS = Number(__ENV.ACK_P99_MS || 50);

export const options = {
  scenarios: {
    deliveries: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${SECONDS}s`,
      preAllocatedVUs: 60,
      maxVUs: 60,
    },
  },
  thresholds: {
    http_req_duration: [`p(99)<${ACK_P99_MS}`],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

export function setup() {
  // No other run of this script may have delivered the same orders.
  return { first: Date.now() * 1000, now: new Date().toISOString() };
}

export default function deliver(data) {
  const n = exec.scenario.iterationInTest;
  const order = data.first + (n % 5 === 4 ? n - 1 : n);
  const isRefund = n % 10 === 7;
  const topic = isRefund ? 'refunds/create' : 'orders/paid';
  const body = JSON.stringify(isRefund ? refund(order + 1, data.now) : paid(order, data.now));
  const answer = http.post(`${URL}/webhooks/shopify`, body, {
    responseType: 'none',
    tags: { name: topic },
    headers: {
      'Content-Type': 'application/json',
      'X-Shopify-Topic': topic,
      'X-Shopify-Shop-Domain': SHOP,
      'X-Shopify-Hmac-Sha256': crypto.hmac('sha256', SECRET, body, 'base64'),
      'X-Shopify-Webhook-Id': `${order}-${n}`,
      'X-Shopify-Triggered-At': data.now,
    },
  });
  check(answer, { 200: ({ status }) => status === 200 });
}

// Ten demo customers share the orders. The note makes a delivery as long as Shopify's are.
function paid(id, at) {
  return {
    id,
    created_at: at,
    processed_at: at,
    currency: 'EUR',
    test: false,
    customer: { id: 1001 + (id % 10) },
    line_items: [
      { id: id * 2, quantity: 1, price: '19.90', total_discount: '0.00', gift_card: false },
      { id: id * 2 + 1, quantity: 2, price: '149.00', total_discount: '10.00', gift_card: false },
    ],
    note: 'x'.repeat(6000),
  };
}

function refund(order, at) {
  return {
    id: `${order}1`,
    order_id: order,
    created_at: at,
    processed_at: at,
    refund_line_items: [{ id: `${order}2`, line_item_id: order * 2, quantity: 1 }],
  };
}
