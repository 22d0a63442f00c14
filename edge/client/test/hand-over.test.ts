import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeBrowser, errorOf, json } from './support.js';

/** Shopify's cart with so many of the variant. */
const taken = (quantity: number) => ({ items: [{ key: '44000000000000001:9f', quantity, title: 'Tee - S' }] });

/** A shop with a checkout, and Shopify's cart beside it. */
function at(problems: object[] = [], shopify = (path: string) => json(200, path === '/cart/update.js' ? taken(2) : {})) {
  const browser = new FakeBrowser();
  const posted: [string, unknown][] = [];
  browser.shop.fate = ({ url, body }) => {
    const path = url.replace('https://api.example', '');
    if (path === '/v1/cart/checkout') {
      const cart_add = { items: [{ id: '44000000000000001', quantity: 2, properties: {} }], attributes: { _forecourt: 'link' } };
      return json(200, { cart_add, permalink: null, problems, bookmark: 'b1.guest-1.1' });
    }
    if (!path.startsWith('/cart/')) return undefined;
    posted.push([path, JSON.parse(body!)]);
    return shopify(path);
  };
  return { browser, clock: browser.clock, posted };
}

test('the hand-over replaces Shopify’s cart: clear, add, update, then the checkout', async () => {
  const { browser, clock, posted } = at();
  const { cart } = browser.tab();
  await clock.run(cart.add({ variant_id: '1' }));
  assert.deepEqual(await clock.run(cart.handOver()), { url: '/checkout', problems: [] });
  assert.deepEqual(posted, [
    ['/cart/clear.js', {}],
    ['/cart/add.js', { items: [{ id: '44000000000000001', quantity: 2, properties: {} }] }],
    ['/cart/update.js', { attributes: { _forecourt: 'link' } }],
  ]);
});

test('a problem holds the hand-over back until the shopper goes on anyway', async () => {
  const { browser, clock, posted } = at([{ code: 'price-changed', line: '1', title: 'Tee', detail: 'Look.', in_items: true }]);
  const { cart } = browser.tab();
  await clock.run(cart.add({ variant_id: '1' }));
  const held = await clock.run(cart.handOver());
  assert.deepEqual([held.url, held.problems.length, posted.length], [undefined, 1, 0]);
  const anyway = await clock.run(cart.handOver({ anyway: true }));
  assert.deepEqual([anyway.url, posted.length], ['/checkout', 3]);
});

test('what Shopify has sold out is a problem in its words, not an error', async () => {
  const description = 'The product “Tee” is already sold out.';
  const { browser, clock } = at([], (path) => (path === '/cart/add.js'
    ? json(422, { status: 422, message: 'Cart Error', description }) : json(200, {})));
  const { cart } = browser.tab();
  await clock.run(cart.add({ variant_id: '1' }));
  const { url, problems } = await clock.run(cart.handOver({ anyway: true }));
  assert.deepEqual([url, problems.map(({ code, detail }) => [code, detail])], [undefined, [['shopify-rejected', description]]]);
});

test('fewer than the cart has, taken by Shopify without an error, do not go to the checkout', async () => {
  const { browser, clock } = at([], (path) => json(200, path === '/cart/update.js' ? taken(1) : {}));
  const { cart } = browser.tab();
  await clock.run(cart.add({ variant_id: '1' }));
  const { url, problems } = await clock.run(cart.handOver());
  assert.deepEqual([url, problems[0]!.detail], [undefined, 'Tee - S: 1 / 2']);
});

test('commands that wait are sent before the hand-over, or it fails', async () => {
  const { browser, clock } = at();
  const { cart } = browser.tab();
  await clock.run(cart.add({ variant_id: '1' }));
  const good = browser.shop.fate;
  browser.shop.fate = (exchange) => (exchange.headers['idempotency-key'] ? 'lost' : good(exchange));
  const add = errorOf(cart.add({ variant_id: '1' }));
  const error = await clock.run(errorOf(cart.handOver()));
  assert.ok(error.isTransient, error.stack);
  await clock.run(add);
});
