/** The client against the real server over HTTP. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { createForecourt, type Forecourt, type Platform, type ShownCart } from '../src/index.js';
import { browser } from '../src/platform.js';
import { RealServer, SKIPPED, Storefront } from './server.js';
import { errorOf } from './support.js';

// Node's own would keep this process running.
Reflect.deleteProperty(globalThis, 'BroadcastChannel');

const TEE = '875309424069134920';
let [server, storefront] = [undefined as unknown as RealServer, undefined as unknown as Storefront];

before(async () => {
  if (!SKIPPED) server = await RealServer.start();
});
after(() => server?.stop());
beforeEach(async () => {
  if (!SKIPPED) storefront = await new Storefront(server).open();
});
afterEach(() => storefront?.close());

/** A browser's tab in this process: the browser's platform with a storage and relative URLs. */
function tab(storage = { text: null as string | null }, options = {}): Forecourt {
  const platform: Platform = {
    ...browser(),
    fetch: ({ url, method, headers, body }, signal) =>
      fetch(new URL(url, storefront.url), { method, headers, body, signal }),
    sleep: (ms, signal) => new Promise((done) => {
      const timer = setTimeout(done, ms).unref();
      signal?.addEventListener('abort', () => clearTimeout(timer));
    }),
    randomId: () => randomBytes(16).toString('hex'),
    load: async () => storage.text,
    change: async (act) => { storage.text = act(storage.text); },
    notify: () => {}, onChange: () => {}, openTabs: async () => undefined, holdTab: () => {},
    locked: (() => {
      const tails = new Map<string, Promise<unknown>>();
      return (name, act) => {
        const result = (tails.get(name) ?? Promise.resolve()).then(act);
        tails.set(name, result.catch(() => {}));
        return result;
      };
    })(),
  };
  return createForecourt({ baseUrl: storefront.apiUrl, proxyPath: '/apps/forecourt', ...options }, platform);
}

const lines = (cart: ShownCart) => cart.lines.map(({ variant_id, quantity }) => [variant_id, quantity]);
const skip = SKIPPED;

test('a cart is filled, changed, and handed over', { skip }, async () => {
  const { cart } = tab();
  const added = await cart.add({ variant_id: TEE, quantity: 3, properties: { Print: 'Bonette' } });
  const bike = await cart.add({ product: 'guitar', selection: {} }).catch((error) => error);
  assert.equal(bike.code, 'selection-impossible');
  const line = added.lines[0]!;
  assert.deepEqual([line.quantity, line.pending, added.pending], [3, undefined, 0]);
  assert.deepEqual(lines(await cart.set(line.id, 2)), [[TEE, 2]]);
  const attributes = await cart.attributes({ gift: 'yes', note: null });
  assert.deepEqual(attributes.attributes, { gift: 'yes' });
  const checkout = await cart.checkout();
  const properties = { Print: 'Bonette', _line: line.id };
  assert.deepEqual(checkout.cart_add.items, [{ id: TEE, quantity: 2, properties }]);
  assert.deepEqual(lines(await cart.remove(line.id)), []);
  await cart.add({ variant_id: TEE });
  assert.deepEqual(lines(await cart.clear()), []);
});

test('a cart is there again when the page is opened again', { skip }, async () => {
  const storage = { text: null };
  await tab(storage).cart.add({ variant_id: TEE });
  assert.deepEqual(lines(await tab(storage).cart.get()), [[TEE, 1]]);
});

test('an answer that is cut off is repeated under the same key, and counts once', { skip }, async () => {
  const { cart } = tab();
  let cuts = 1;
  storefront.link = ({ headers }) => (headers['idempotency-key'] && cuts-- > 0 ? 'cut' : 'open');
  assert.deepEqual(lines(await cart.add({ variant_id: TEE, quantity: 2 })), [[TEE, 2]]);
  const keys = storefront.received.map((one) => one.key).filter(Boolean);
  assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
});

test('a guest who signs in finds both carts in one', { skip }, async () => {
  const storage = { text: null };
  const page = tab(storage);
  await page.cart.add({ variant_id: TEE, quantity: 2 });
  storefront.customer = '1005';
  assert.deepEqual(await page.session.start(), { customer: '1005' });
  const cart = await page.cart.get();
  assert.deepEqual([cart.id, lines(cart)], ['customer-1005', [[TEE, 2]]]);
  const device = tab();
  await device.session.start();
  assert.deepEqual(lines(await device.cart.get()), [[TEE, 2]]);
});

test('points are redeemed for a code that is followed', { skip }, async () => {
  storefront.customer = '1001';
  const page = tab();
  const before = await page.loyalty.balance();
  const program = await page.loyalty.program();
  const reward = program.rewards.find((one) => one.points <= before.balance.available)!;
  const redemption = await page.loyalty.redeem({ reward: reward.id, points: reward.points });
  assert.equal(redemption.status, 'confirmed');
  assert.ok(redemption.code);
  const now = await page.loyalty.balance();
  assert.equal(now.balance.available, before.balance.available - reward.points);
  const entries = await page.loyalty.entries({ limit: 2 });
  assert.equal(entries.entries.length, 2);
  const poor = await errorOf(page.loyalty.redeem({ reward: reward.id, points: reward.points + 1 }));
  assert.equal(poor.code, 'points-mismatch');
});

test('no customer is signed in: loyalty says so, and the cart is a guest’s', { skip }, async () => {
  const page = tab(undefined, { customer: '1001' });
  assert.equal((await errorOf(page.loyalty.balance())).kind, 'signed-out');
  assert.deepEqual(lines(await page.cart.add({ variant_id: TEE })), [[TEE, 1]]);
});

test('a configurator resolves, explains, completes, saves and loads', { skip }, async () => {
  const bike = tab().configurator('bike');
  const product = await bike.product();
  assert.ok(product.options.length > 2);
  const [early, late] = await Promise.allSettled([
    bike.resolve({ frame: 'carbon' }), bike.resolve({ frame: 'carbon', size: 'm' }),
  ]);
  assert.equal((early as PromiseRejectedResult).reason.kind, 'superseded');
  assert.equal((late as PromiseFulfilledResult<any>).value.selection.size, 'm');
  const explanation = await bike.explain({ frame: 'carbon' }, { option: 'motor', value: 'mid' });
  assert.equal(explanation.option, 'motor');
  const completion = await bike.complete({ frame: 'carbon' }, { by: 'price' });
  assert.equal(completion.selection.frame, 'carbon');
  const saved = await bike.save({ frame: 'carbon' });
  assert.deepEqual((await bike.load(saved.id)).selection, { frame: 'carbon' });
  assert.equal((await errorOf(bike.resolve({ colour: 'moon' }))).code, 'choice-unknown');
});

test('with Forecourt down a call fails with a typed error, and works when it is back', { skip }, async () => {
  const { cart } = tab();
  storefront.link = () => 'down';
  const error = await errorOf(cart.add({ variant_id: TEE }));
  assert.deepEqual([error.kind, error.details.queued], ['network', true]);
  storefront.link = () => 'open';
  assert.deepEqual(lines(await cart.flush()), [[TEE, 1]]);
});
