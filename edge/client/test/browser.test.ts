/** The shipped client in real Chromium, with real tabs, locks, channels and storage. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { RealServer, SKIPPED, Storefront } from './server.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = SKIPPED || (existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`);
const TEE = '875309424069134920';
let server: RealServer;
let chrome: Browser;
let storefront: Storefront;
let context: BrowserContext;

before(async () => {
  if (skip) return;
  server = await RealServer.start();
  chrome = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
after(async () => {
  await chrome?.close();
  await server?.stop();
});
beforeEach(async () => {
  if (skip) return;
  storefront = await new Storefront(server).open();
  context = await chrome.newContext();
});
afterEach(async () => {
  await context?.close();
  storefront?.close();
});

/** A tab that shows the cart: `carts` has everything that its listener was called with. */
async function tab(customer?: string | null): Promise<Page> {
  const page = await context.newPage();
  await page.goto(storefront.url);
  await page.addScriptTag({ url: '/dist/forecourt.script.js' });
  await page.evaluate(([baseUrl, customer]) => {
    const { createForecourt } = (globalThis as any).Forecourt;
    const shop = createForecourt({ baseUrl, proxyPath: '/apps/forecourt', ...(customer === undefined ? {} : { customer }) });
    const carts: number[][] = [];
    shop.cart.subscribe((cart: any) => carts.push(cart.lines.map((line: any) => line.quantity)));
    Object.assign(globalThis, { shop, carts });
  }, [storefront.apiUrl, customer] as const);
  return page;
}

const add = (page: Page, quantity: number) => page.evaluate(([variant_id, quantity]) =>
  (globalThis as any).shop.cart.add({ variant_id, quantity }).then(
    (cart: any) => cart.lines.map((line: any) => line.quantity),
    (error: any) => ({ kind: error.kind, isOurs: error instanceof (globalThis as any).Forecourt.ForecourtError, ...error.details, cause: undefined }),
  ), [TEE, quantity] as const);
const carts = (page: Page): Promise<number[][]> => page.evaluate(() => (globalThis as any).carts);
const shows = (page: Page, quantities: number[]) => page.waitForFunction((text) =>
  JSON.stringify((globalThis as any).carts.at(-1)) === text, JSON.stringify(quantities), { timeout: 10_000 });

/** The stored document, after `change` if there is one. */
const editDocument = (page: Page, change?: string): Promise<any> => page.evaluate((change) => new Promise((done, fail) => {
  const opened = indexedDB.open('forecourt');
  opened.onerror = () => fail(opened.error);
  opened.onsuccess = () => {
    const transaction = opened.result.transaction('documents', 'readwrite');
    const documents = transaction.objectStore('documents');
    const request = documents.get('forecourt');
    let doc: unknown;
    request.onsuccess = () => {
      doc = JSON.parse(request.result);
      if (!change) return;
      new Function('doc', change)(doc);
      documents.put(JSON.stringify(doc), 'forecourt');
    };
    transaction.oncomplete = () => { opened.result.close(); done(doc); };
  };
}), change);

test('two tabs that add at once: neither loses nor doubles a line, and both show both', { skip }, async () => {
  const [one, two] = [await tab(), await tab()];
  await add(one, 1);
  await Promise.all([add(one, 2), add(two, 4), add(one, 8), add(two, 16)]);
  for (const page of [one, two]) {
    await shows(page, [31]);
    const seen = (await carts(page)).map(([quantity = 0]) => quantity);
    assert.deepEqual(seen, [...seen].sort((a, b) => a - b), 'no tab shows an older cart');
  }
});

test('three tabs that add for a while: no tab overwrites what another wrote', { skip }, async () => {
  const tabs = [await tab(), await tab(), await tab()];
  await add(tabs[0]!, 1);
  const rounds = 10;
  await Promise.all(tabs.map(async (page) => {
    for (let round = 0; round < rounds; round++) assert.equal((await add(page, 1) as any).kind, undefined);
  }));
  for (const page of tabs) await shows(page, [1 + rounds * tabs.length]);
});

test('a connection cut mid-write: the line is there once, in both tabs', { skip }, async () => {
  const [one, two] = [await tab(), await tab()];
  await add(one, 1);
  let cuts = 2;
  storefront.link = ({ method, url }) => (method === 'POST' && url === '/v1/cart/lines' && cuts-- > 0 ? 'cut' : 'open');
  assert.deepEqual(await add(two, 2), [3]);
  await shows(one, [3]);
  assert.ok((await carts(one)).every(([quantity = 0]) => quantity <= 3));
});

test('a page that is closed mid-write: the next page finishes it', { skip }, async () => {
  const one = await tab();
  await add(one, 1);
  storefront.link = ({ headers }) => (headers['idempotency-key'] ? 'cut' : 'open');
  void add(one, 2).catch(() => {});
  await shows(one, [3]);
  await one.close();
  storefront.link = () => 'open';
  await shows(await tab(), [3]);
});

test('a token that expires is renewed without a word', { skip }, async () => {
  storefront.customer = '1002';
  const page = await tab('1002');
  await add(page, 1);
  const balance = () => page.evaluate(() => (globalThis as any).shop.loyalty.balance().then((it: any) => it.customer_id));
  assert.equal(await balance(), '1002');
  const sessions = () => storefront.received.filter((one) => one.path.startsWith('/proxy/v1/session')).length;
  const before = sessions();
  // The token that the server sees is expired; then the one that the client knows to be.
  await editDocument(page, String.raw`doc.session.token = doc.session.token.replace(/\.\d{10}\./, '.1000000000.')`);
  assert.equal(await balance(), '1002');
  assert.equal(sessions(), before + 1);
  await editDocument(page, 'doc.session.expires = Date.now() + 30_000');
  assert.equal(await balance(), '1002');
  assert.equal(sessions(), before + 2);
});

test("sign-in with a guest's cart: its lines are in the customer's cart, in both tabs", { skip }, async () => {
  const [one, two] = [await tab(null), await tab(null)];
  await add(one, 2);
  storefront.customer = '1003';
  await one.evaluate(() => (globalThis as any).shop.session.start());
  await add(two, 3);
  for (const page of [one, two]) await shows(page, [5]);
  const ids = await two.evaluate(() => (globalThis as any).shop.cart.get().then((cart: any) => cart.id));
  assert.equal(ids, 'customer-1003');
});

test('log-out on a shared device: no tab shows or stores anything of the customer', { skip }, async () => {
  storefront.customer = '1004';
  const [one, two] = [await tab('1004'), await tab('1004')];
  await add(one, 2);
  await shows(two, [2]);
  await one.evaluate(() => (globalThis as any).shop.session.end());
  storefront.customer = undefined;
  for (const page of [one, two]) await shows(page, []);
  const remaining = JSON.stringify(await editDocument(one));
  for (const secret of ['1004', 'c1.', 'u1.', 'b1.']) assert.ok(!remaining.includes(secret), remaining);
  assert.deepEqual(await add(await tab(null), 1), [1]);
});

test('where storage is blocked, a tab works from its memory', { skip }, async () => {
  await context.addInitScript({ content: "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('blocked'); } });" });
  const page = await tab();
  await add(page, 1);
  assert.deepEqual(await add(page, 2), [3]);
  assert.deepEqual(await add(await tab(), 4), [4]);
});

test('with the API out of reach the page gets a typed error, and the line waits', { skip }, async () => {
  const page = await tab();
  storefront.link = () => 'down';
  const error = await add(page, 1);
  assert.deepEqual([error.kind, error.queued, error.isOurs], ['network', true, true]);
  storefront.link = () => 'open';
  await shows(await tab(), [1]);
});
