import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForecourtError, type ShownCart } from '../src/index.js';
import { FakeBrowser, answer, errorOf, json, problemOf } from './support.js';

const tee = (quantity = 1) => ({ variant_id: '1', quantity });
const quantities = (cart: ShownCart) => cart.lines.map((line) => line.quantity);

test('looking at an empty cart creates none', async () => {
  const { clock, shop, tab } = at();
  const cart = await clock.run(tab().cart.get());
  assert.deepEqual([cart.lines, shop.requests.length], [[], 0]);
});

test('an added line is in the cart, also after the page is opened again', async () => {
  const { clock, tab } = at();
  assert.deepEqual(quantities(await clock.run(tab().cart.add(tee(2)))), [2]);
  assert.deepEqual(quantities(await clock.run(tab().cart.get())), [2]);
});

test('a retry after a lost answer has the same key and bytes, and adds once', async () => {
  const { browser, clock, shop, tab } = at();
  let cuts = 2;
  shop.fate = ({ method, url }) => (method === 'POST' && url.endsWith('/lines') && cuts-- > 0 ? 'cut' : undefined);
  const cart = await clock.run(tab().cart.add(tee(3)));
  const sent = browser.commands();
  assert.deepEqual(quantities(cart), [3]);
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map((one) => `${one.headers['idempotency-key']} ${one.body}`)).size, 1);
});

test('a 429 is repeated only after the time that it names', async () => {
  const { browser, clock, shop, tab } = at();
  let first = true;
  shop.fate = ({ headers }) => {
    if (!headers['idempotency-key'] || !first) return undefined;
    first = false;
    return problemOf(429, 'too-many-pending', {}, { 'retry-after': '5' });
  };
  const began = clock.now;
  await clock.run(tab().cart.add(tee()));
  assert.equal(browser.commands().length, 2);
  assert.ok(clock.now - began >= 5_000, `${clock.now - began} ms`);
});

test('a rejected command names its fields, and is not shown any more', async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  const errors = [{ field: '/quantity', message: 'is 0' }];
  shop.fate = ({ headers }) =>
    (headers['idempotency-key'] ? problemOf(422, 'quantity-out-of-range', { errors }) : undefined);
  const error = await clock.run(errorOf(page.cart.add(tee(0))));
  assert.ok(error instanceof ForecourtError);
  assert.deepEqual([error.kind, error.code, error.details.errors], ['problem', 'quantity-out-of-range', errors]);
  shop.fate = () => undefined;
  assert.deepEqual(quantities(await clock.run(page.cart.get())), []);
});

test('codes and members of a later API are passed on', async () => {
  const { clock, shop, tab } = at();
  shop.fate = ({ headers, url }) => {
    if (headers['idempotency-key']) return problemOf(422, 'moon-phase-wrong', { moon: 'full' });
    return url.endsWith('/v1/cart')
      ? json(200, { ...shop.body('guest-1'), later: { any: 1 }, bookmark: 'b2.x' }) : undefined;
  };
  const page = tab();
  const error = await clock.run(errorOf(page.cart.add(tee())));
  assert.deepEqual([error.code, error.details.problem.moon], ['moon-phase-wrong', 'full']);
  assert.deepEqual((await clock.run(page.cart.get()) as any).later, { any: 1 });
});

test('with Forecourt down every call fails within its bound, typed, and the commands wait', async () => {
  const { clock, shop, tab } = at();
  shop.fate = () => 'lost';
  const page = tab();
  const calls: [string, () => Promise<unknown>][] = [
    ['add', () => page.cart.add(tee())],
    ['checkout', () => page.cart.checkout()],
    ['session', () => page.session.start()],
    ['balance', () => page.loyalty.balance()],
    ['program', () => page.loyalty.program()],
    ['resolve', () => page.configurator('bike').resolve({})],
  ];
  for (const [name, call] of calls) {
    const began = clock.now;
    const error = await clock.run(errorOf(call()));
    assert.ok(error instanceof ForecourtError, `${name}: ${error.stack}`);
    assert.ok(error.isTransient, `${name}: ${error.kind}`);
    assert.ok(clock.now - began <= 20_000, `${name}: ${clock.now - began} ms`);
    if (name === 'add') assert.equal(error.details.queued, true);
  }
  shop.fate = () => undefined;
  assert.deepEqual(quantities(await clock.run(page.cart.flush())), [1]);
});

const html = (status: number) => answer(status, '<html>CloudFront</html>');
const UNDECIDED: [string, string, (n: number) => ReturnType<typeof answer>, object?][] = [
  ['503 four times', 'problem', () => problemOf(503, 'unavailable')],
  ['429', 'problem', () => problemOf(429, 'too-many-pending', {}, { 'retry-after': '1' })],
  ['502 of the edge', 'problem', () => html(502)],
  ['504 of the edge', 'problem', () => html(504)],
  ['a page that is not Forecourt’s', 'unreadable', () => html(200)],
  ['bookmarks that never verify', 'busy', () => problemOf(400, 'bookmark-invalid')],
  ['a customer whom Shopify has signed out', 'signed-out', () => problemOf(401, 'token-missing'), { customer: '7' }],
];
for (const [name, kind, refuse, options] of UNDECIDED) {
  test(`${name}: the page learns that the command waits, and it counts once later`, async () => {
    const { clock, shop, tab } = at();
    const page = tab(options);
    let n = 0;
    shop.fate = ({ headers, url }) =>
      (headers['idempotency-key'] || url.endsWith('/session') ? refuse(n++) : undefined);
    const error = await clock.run(errorOf(page.cart.add(tee(2))));
    assert.deepEqual([error.kind, error.details.queued], [kind, true], error.message);
    assert.ok(n > 0);
    shop.fate = () => undefined;
    await clock.run(page.cart.flush());
    assert.deepEqual(quantities(await clock.run(page.cart.get())), [2]);
  });
}

test('what is not sent later may be sold another way: rejected, aborted, ended or beyond the bound', async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  const queuedOf = async (promise: Promise<unknown>) => {
    const { kind, code, details } = await clock.run(errorOf(promise));
    return [code ?? kind, details.queued];
  };
  shop.fate = ({ headers }) => (headers['idempotency-key'] ? problemOf(422, 'quantity-out-of-range') : undefined);
  assert.deepEqual(await queuedOf(page.cart.add(tee(0))), ['quantity-out-of-range', false]);
  shop.fate = () => new Promise(() => {});
  const first = errorOf(page.cart.add(tee()));
  await clock.pass(1);
  const stop = new AbortController();
  const second = page.cart.add(tee(), { signal: stop.signal });
  second.catch(() => {});
  await clock.pass(1);
  stop.abort();
  assert.deepEqual(await queuedOf(second), ['aborted', false]);
  await clock.run(page.session.end());
  const { kind, details } = await clock.run(first);
  assert.deepEqual([kind, details.queued], ['signed-out', false]);
  const waiting = Array.from({ length: 50 }, () => errorOf(page.cart.add(tee())));
  await clock.pass(1);
  assert.deepEqual(await queuedOf(page.cart.add(tee())), ['queue-full', false]);
  await clock.run(page.session.end());
  for (const error of await clock.run(Promise.all(waiting))) assert.equal(error.details.queued, false);
});

test('a server that never answers is given up within the bound', async () => {
  const { clock, shop, tab } = at();
  shop.fate = () => new Promise(() => {});
  const page = tab({ customer: '1' });
  const began = clock.now;
  const error = await clock.run(errorOf(page.cart.get()));
  assert.deepEqual([error.kind, clock.now - began], ['timeout', 20_000]);
});

test('an answer that is not Forecourt’s is an error, not a cart', async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  shop.fate = () => answer(200, '<html>captive portal</html>');
  const error = await clock.run(errorOf(page.cart.get()));
  assert.equal(error.kind, 'unreadable');
});

test('commands wait while offline, up to a bound, and are sent when the network is back', async () => {
  const { browser, clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  shop.fate = () => 'lost';
  const waiting = Array.from({ length: 50 }, () => errorOf(page.cart.add(tee())));
  await clock.pass(1);
  const full = await clock.run(errorOf(page.cart.add(tee())));
  assert.equal(full.kind, 'queue-full');
  const outcomes = await clock.run(Promise.all(waiting));
  assert.ok(outcomes.every((one) => one.details.queued));
  let seen: ShownCart | undefined;
  page.cart.subscribe((cart) => { seen = cart; });
  await clock.pass(60_000);
  assert.deepEqual([quantities(seen!), seen!.pending], [[51], 50]);
  shop.fate = () => undefined;
  browser.reconnect();
  await clock.pass(1_000);
  assert.deepEqual([quantities(seen!), seen!.pending, seen!.lines[0]!.pending], [[51], 0, undefined]);
});

test('what a closed page had not finished, the next page finishes', async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  shop.fate = ({ headers }) => (headers['idempotency-key'] ? 'cut' : undefined);
  page.cart.add(tee(5)).catch(() => {});
  await clock.pass(100);
  page.close();
  shop.fate = () => undefined;
  const next = tab();
  assert.deepEqual(quantities(await clock.run(next.cart.flush())), [6]);
});

test('an earlier read that arrives late does not replace a later cart', async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee(1)));
  const stale = json(200, shop.body('guest-1'));
  let release: (answer: Response) => void = () => {};
  shop.fate = ({ method }) => (method === 'GET' ? new Promise((done) => { release = done; }) : undefined);
  const early = page.cart.get();
  await clock.pass(1);
  await clock.run(page.cart.add(tee(1)));
  const carts: number[][] = [];
  page.cart.subscribe((cart) => carts.push(quantities(cart)));
  shop.fate = () => undefined;
  release(stale);
  assert.deepEqual(quantities(await clock.run(early)), [2]);
  assert.deepEqual(carts, [[2]]);
});

test('an aborted command that was not sent is not sent', async () => {
  const { browser, clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  const before = browser.commands().length;
  shop.fate = ({ headers }) => (headers['idempotency-key'] ? 'lost' : undefined);
  const [controller, other] = [new AbortController(), new AbortController()];
  const first = errorOf(page.cart.add(tee(), { signal: other.signal }));
  const second = errorOf(page.cart.add(tee(), { signal: controller.signal }));
  await clock.pass(10);
  controller.abort();
  other.abort();
  const [one, two] = await clock.run(Promise.all([first, second]));
  assert.deepEqual([one.kind, one.details.queued, two.kind, two.details.queued], ['aborted', true, 'aborted', false]);
  shop.fate = () => undefined;
  assert.deepEqual(quantities(await clock.run(page.cart.flush())), [2]);
  assert.equal(new Set(browser.commands().slice(before).map((one) => one.headers['idempotency-key'])).size, 1);
});

test('two tabs that add at once both show both', async () => {
  const { clock, tab } = at();
  const [one, two] = [tab(), tab()];
  const shown: ShownCart[] = [];
  one.cart.subscribe((cart) => { shown[0] = cart; });
  two.cart.subscribe((cart) => { shown[1] = cart; });
  await clock.run(Promise.all([one.cart.add(tee(2)), two.cart.add({ variant_id: '2' }), two.cart.add(tee(1))]));
  await clock.pass(1_000);
  for (const cart of shown) {
    assert.deepEqual(cart.lines.map((line) => [line.variant_id, line.quantity]).sort(), [['1', 3], ['2', 1]]);
    assert.equal(cart.pending, 0);
  }
});

test("a guest's cart joins the customer's at sign-in, in all tabs", async () => {
  const { clock, shop, tab } = at();
  const [one, two] = [tab(), tab()];
  shop.cart('customer-7').lines.set('9', 1);
  shop.cart('customer-7').version = 4;
  await clock.run(one.cart.add(tee(2)));
  shop.customer = '7';
  assert.deepEqual(await clock.run(one.session.start()), { customer: '7' });
  for (const page of [one, two]) {
    const cart = await clock.run(page.cart.get());
    assert.deepEqual([cart.id, quantities(cart)], ['customer-7', [1, 2]]);
  }
});

test('a log-out drops everything in all tabs, also what is still under way', async () => {
  const { browser, clock, shop, tab } = at();
  shop.customer = '7';
  const [one, two] = [tab(), tab()];
  await clock.run(one.session.start());
  await clock.run(one.cart.add(tee()));
  let shown: ShownCart | undefined;
  two.cart.subscribe((cart) => { shown = cart; });
  await clock.pass(1);
  const releases: (() => void)[] = [];
  shop.fate = () => new Promise((done) => { releases.push(() => done(undefined)); });
  const late = errorOf(two.cart.get());
  const command = errorOf(two.cart.add(tee(4)));
  await clock.pass(1);
  await clock.run(one.session.end());
  for (const release of releases) release();
  for (const error of await clock.run(Promise.all([late, command]))) assert.equal(error.kind, 'signed-out');
  assert.deepEqual(quantities(shown!), []);
  for (const secret of ['c1.', 'u1.', 'b1.', 'customer-7', 'Tee']) {
    assert.ok(!browser.text!.includes(secret), `${secret} is left in ${browser.text}`);
  }
});

test('a log-out ends the token at the server, and the next sign-in shows the cart again', async () => {
  const { clock, shop, tab } = at();
  shop.customer = '7';
  const page = tab();
  await clock.run(page.session.start());
  await clock.run(page.cart.add(tee(2)));
  await clock.run(page.session.end());
  await clock.pass(1);
  assert.deepEqual([...shop.ended].map((token) => token.split('.')[2]), ['7']);
  await clock.pass(1);
  await clock.run(page.session.start());
  assert.deepEqual(quantities(await clock.run(page.cart.get())), [2]);
});

test('a token that staff revoked is replaced while Shopify knows the customer', async () => {
  const { clock, shop, tab } = at();
  shop.customer = '7';
  const page = tab();
  await clock.run(page.session.start());
  await clock.run(page.cart.add(tee()));
  const token = shop.requests.at(-1)!.headers.authorization!.split(' ')[1]!;
  shop.ended.add(token);
  await clock.pass(1);
  assert.deepEqual(quantities(await clock.run(page.cart.add(tee()))), [2]);
});

test('another customer on the same device starts with nothing of the former one', async () => {
  const { browser, clock, shop, tab } = at();
  shop.customer = '7';
  const page = tab({ customer: '7' });
  await clock.run(page.cart.add(tee()));
  shop.customer = '8';
  assert.deepEqual((await clock.run(tab({ customer: '8' }).cart.get())).id, 'customer-8');
  assert.ok(!browser.text!.includes('customer-7'));
});

test('a customer whose id Liquid writes as a number stays signed in on the next page', async () => {
  const { clock, shop, tab } = at();
  shop.customer = '7';
  await clock.run(tab({ customer: 7 }).cart.add(tee()));
  assert.deepEqual((await clock.run(tab({ customer: 7 }).cart.get())).id, 'customer-7');
  assert.equal(shop.requests.filter((request) => request.url.endsWith('/session')).length, 1);
});

test('a customer whom Shopify has signed out is signed out here', async () => {
  const { browser, clock, shop, tab } = at();
  shop.customer = '7';
  const page = tab();
  await clock.run(page.session.start());
  await clock.run(page.cart.add(tee()));
  shop.customer = undefined;
  await clock.pass(900_000);
  const error = await clock.run(errorOf(page.loyalty.balance()));
  assert.equal(error.kind, 'signed-out');
  assert.ok(!browser.text!.includes('customer-7'));
});

test('a token is renewed before it expires, once for all tabs', async () => {
  const { clock, shop, tab } = at();
  shop.customer = '7';
  const [one, two] = [tab(), tab()];
  await clock.run(one.session.start());
  const sessions = () => shop.requests.filter((request) => request.url.endsWith('/session')).length;
  await clock.pass(800_000);
  await clock.run(one.session.start());
  assert.equal(sessions(), 1);
  await clock.pass(50_000);
  await clock.run(Promise.all([one.session.start(), two.session.start()]));
  assert.equal(sessions(), 2);
});

test("a cart's token is renewed once a month", async () => {
  const { clock, shop, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee()));
  const before = shop.requests.at(-1)!.headers['forecourt-cart'];
  await clock.pass(31 * 86_400_000);
  await clock.run(page.cart.add(tee()));
  const created = shop.requests.filter((one) => one.url.endsWith('/v1/carts'));
  assert.equal(created.length, 2);
  assert.equal(created[1]!.headers['forecourt-cart'], before);
  assert.notEqual(shop.requests.at(-1)!.headers['forecourt-cart'], before);
});

test('storage that the browser clears means a fresh start, not an error', async () => {
  const { browser, clock, tab } = at();
  const page = tab();
  await clock.run(page.cart.add(tee(3)));
  browser.text = null;
  assert.deepEqual(quantities(await clock.run(page.cart.get())), []);
  assert.deepEqual(quantities(await clock.run(page.cart.add(tee(1)))), [1]);
});

test('a document of a later release counts as empty', async () => {
  const { browser, clock, tab } = at();
  browser.text = JSON.stringify({ format: 2, carts: [] });
  assert.deepEqual(quantities(await clock.run(tab().cart.add(tee(1)))), [1]);
});

test('without locks and channels a single tab works all the same', async () => {
  const { clock, tab } = at();
  const page = tab({}, {
    locked: async (_, act) => act(), openTabs: async () => undefined, holdTab: () => {},
    notify: () => {}, onChange: () => {},
  });
  await clock.run(page.cart.add(tee(1)));
  assert.deepEqual(quantities(await clock.run(page.cart.add(tee(2)))), [3]);
});

function at() {
  const browser = new FakeBrowser();
  return { browser, clock: browser.clock, shop: browser.shop, tab: browser.tab.bind(browser) };
}
