/** The custom elements in real Chromium, in the examples of `examples/`, against the real server. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { RealServer, SKIPPED, Storefront } from './server.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = SKIPPED || (existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`);
const EXAMPLES = new URL('../examples/', import.meta.url);
const DEMO = new URL('../../../infra/local/demo/', import.meta.url);
const AXE = new URL('../node_modules/axe-core/axe.min.js', import.meta.url);
const STAFF = { authorization: 'Bearer dev-staff-token-0000000000000000', 'content-type': 'application/json' };
let server: RealServer;
let chrome: Browser;
let storefront: Storefront;
let context: BrowserContext;

before(async () => {
  if (skip) return;
  server = await RealServer.start({ withShopify: true });
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
  context.setDefaultTimeout(15_000);
  // The compiler of these tests names functions with it, also those that run in the page.
  await context.addInitScript({ content: 'globalThis.__name = (it) => it' });
});
afterEach(async () => {
  await context?.close();
  storefront?.close();
});

async function open(path: string, state = 'ready'): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(`${storefront.url}${path}`);
  if (state) await page.waitForSelector(`[data-state=${state}]`, { state: 'attached' });
  return page;
}

const value = (page: Page, option: string, name: string) =>
  page.getByRole('radiogroup', { name: option, exact: false }).getByRole('radio', { name }).first();
const status = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).first().waitFor();
const price = (page: Page, text: string | RegExp) => page.locator('.price').filter({ hasText: text }).waitFor();
const checked = (page: Page, option: string): Promise<(string | null)[]> =>
  page.getByRole('radiogroup', { name: option }).locator('[aria-checked=true] .name').allTextContents();

async function publish(product: string, document: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/admin/configurators/${product}`, { method: 'PUT', headers: STAFF, body: JSON.stringify(document) });
  assert.ok(answer.ok, `${answer.status}`);
  const { version } = await answer.json() as { version: string };
  // Caches are purged some seconds later.
  for (const until = Date.now() + 20_000; ; await sleep(200)) {
    const read = await (await fetch(`${server.url}/v1/configurator/${product}`)).json() as { version?: string };
    if (read.version === version) return;
    assert.ok(Date.now() < until, `version ${version} of ${product} is not served`);
  }
}

const demo = async (name: string) => JSON.parse(await readFile(new URL(`${name}.json`, DEMO), 'utf8'));

const CHAIR = {
  product: 'chair', title: 'Chair', currency: 'EUR', base_price: 10_000,
  options: [
    { id: 'legs', title: 'Legs', values: [{ id: 'wood', title: 'Wood', price: 0 }, { id: 'gold', title: 'Gold', price: 90_000 }] },
    { id: 'seat', title: 'Seat', values: [{ id: 'oak', title: 'Oak', price: 0 }, { id: 'felt', title: 'Felt', price: 2_000 }] },
  ],
  rules: [{ id: 'no-gold', excludes: [{ legs: ['gold'] }], message: 'Gold legs come back in spring.' }],
};

/** A product of the test in place of the example's. */
async function configure(product: string, query = ''): Promise<Page> {
  storefront.edit = (html) => html.replace('product="bike"', `product="${product}"`);
  return open(`/examples/configurator.html${query}`);
}

test('a value that excludes another choice changes it on one click, says so, and is undone', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  await price(page, '€1,299.00 to');
  await value(page, 'Frame', 'Carbon').click();
  await price(page, '€2,329.00 to €4,957.00');
  await page.getByText('156,288 configurations are possible.').waitFor();
  assert.equal(await value(page, 'Fork', 'Suspension, air').locator('.cost').textContent(), '+€205.00');
  const rigid = value(page, 'Fork', 'Rigid steel');
  assert.match((await rigid.textContent())!, /changes Frame: Titanium/);
  await rigid.click();
  await status(page, /You chose Fork: Rigid steel, so this changed: Frame: Titanium\. A carbon frame needs a carbon or air fork\./);
  assert.deepEqual([await checked(page, 'Frame'), await checked(page, 'Fork')], [['Titanium'], ['Rigid steel']]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await price(page, '€2,329.00 to €4,957.00');
  assert.deepEqual([await checked(page, 'Frame'), await checked(page, 'Fork')], [['Carbon'], []]);
});

test('an impossible value says why in the merchant’s words, and is not chosen', { skip }, async () => {
  await publish('chair', CHAIR);
  const page = await configure('chair');
  const gold = value(page, 'Legs', 'Gold');
  assert.deepEqual([await gold.getAttribute('aria-disabled'), await gold.isEnabled()], ['true', false]);
  await gold.click({ force: true });
  await status(page, 'Legs: Gold is not possible. Gold legs come back in spring.');
  assert.deepEqual(await checked(page, 'Legs'), []);
});

test('choices made faster than the answers end in a possible selection with the latest', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  await page.evaluate(() => {
    const root = document.querySelector('forecourt-configurator')!.shadowRoot!;
    const button = (option: string, name: string) => [...root.querySelectorAll(`[data-option=${option}] button`)]
      .find((one) => one.querySelector('.name')!.textContent === name) as HTMLButtonElement;
    button('frame', 'Carbon').click();
    button('motor', 'Mid motor').click();
  });
  await status(page, /You chose Motor: Mid motor, so this changed: Frame: Steel/);
  assert.deepEqual([await checked(page, 'Frame'), await checked(page, 'Motor')], [['Steel'], ['Mid motor']]);
});

test('with the keyboard the arrows move the focus and choose nothing; Enter chooses, and the focus stays', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  await value(page, 'Frame', 'Steel').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  const focused = () => page.evaluate(() => document.activeElement!.shadowRoot!.activeElement!.querySelector('.name')!.textContent);
  assert.deepEqual([await focused(), await checked(page, 'Frame')], ['Titanium', []]);
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), 'Steel');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('forecourt-configurator')!.shadowRoot!.querySelector('.price')!.getAttribute('aria-busy') === 'false');
  assert.deepEqual([await focused(), await checked(page, 'Frame')], ['Steel', ['Steel']]);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement!.shadowRoot!.activeElement!.closest('fieldset')!.dataset.option), 'size');
});

test('what is missing is named and focused; the rest is chosen at the lowest price, and is added once', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  await value(page, 'Frame', 'Carbon').click();
  await price(page, '€2,329.00 to');
  await page.getByRole('button', { name: 'Add to cart' }).last().click();
  await status(page, /Please choose: Size, Fork/);
  assert.equal(await page.evaluate(() => document.activeElement!.shadowRoot!.activeElement!.closest('fieldset')!.dataset.option), 'size');
  await page.getByRole('button', { name: 'Choose the rest' }).click();
  await status(page, /Chosen for you: .*Fork: Rigid carbon/);
  await price(page, /^Price €2,329\.00$/);
  await page.getByRole('button', { name: 'Add to cart' }).last().click();
  await status(page, 'In your cart.');
  const cart = await open('/examples/cart.html');
  await cart.locator('forecourt-cart:not([drawer])').getByText('Frame: Carbon').waitFor();
});

test('a shared link that a change of the rules has outlived shows what changed, and the repair', { skip }, async () => {
  const table = { ...CHAIR, product: 'table', rules: [] };
  await publish('table', table);
  const page = await configure('table');
  await value(page, 'Legs', 'Gold').click();
  await value(page, 'Seat', 'Felt').click();
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.getByLabel('Link to this configuration').inputValue();
  const { search } = new URL(link);
  const again = await configure('table', search);
  assert.deepEqual([await checked(again, 'Legs'), await checked(again, 'Seat')], [['Gold'], ['Felt']]);

  const [legs, seat] = table.options;
  await publish('table', {
    ...table, options: [legs, { ...seat, values: [seat!.values[0], { id: 'silk', title: 'Silk', price: 500 }] }],
    rules: [{ id: 'light', excludes: [{ legs: ['gold'] }], message: 'No gold any more.' }],
  });
  const changed = await configure('table', search);
  const panel = changed.getByRole('region', { name: 'The shop has changed since this configuration was saved' });
  assert.deepEqual(await panel.getByRole('listitem').allTextContents(), ['Seat: felt is no longer available', 'Legs: Gold → Wood']);
  await panel.getByRole('button', { name: 'Use the suggestion: €100.00' }).click();
  await price(changed, /^Price €100\.00$/);
  assert.deepEqual([await checked(changed, 'Legs'), await checked(changed, 'Seat')], [['Wood'], ['Oak']]);
});

test('a product that is published again while the page is open: the page follows', { skip }, async () => {
  const lamp = { ...CHAIR, product: 'lamp', rules: [] };
  await publish('lamp', lamp);
  const page = await configure('lamp');
  await value(page, 'Legs', 'Gold').click();
  await price(page, '€1,000.00 to');
  await publish('lamp', { ...lamp, options: [{ ...lamp.options[0]!, values: [{ id: 'wood', title: 'Wood', price: 0 }, { id: 'iron', title: 'Iron', price: 100 }] }, lamp.options[1]] });
  await value(page, 'Seat', 'Felt').click();
  await value(page, 'Legs', 'Iron').waitFor();
  assert.deepEqual([await checked(page, 'Legs'), await checked(page, 'Seat')], [[], ['Felt']]);
});

for (const [language, add, range] of [['de', 'In den Warenkorb', '1.299,00\u00a0€ bis'], ['fr-CH', 'Ajouter au panier', '1\u202f299.00\u00a0€ à'], ['pt', 'Add to cart', '€\u00a01.299,00 to']]) {
  test(`the words and amounts of ${language}`, { skip }, async () => {
    storefront.language = language!;
    const page = await open('/examples/configurator.html');
    await page.locator('forecourt-configurator').getByRole('button', { name: add!, exact: true }).last().waitFor();
    assert.ok((await page.locator('.price').textContent())!.includes(range!), (await page.locator('.price').textContent())!);
  });
}

test('with the script blocked, Shopify’s form sells the plain variant', { skip }, async () => {
  await context.route('**/dist/**', (route) => route.abort());
  const page = await open('/examples/configurator.html', '');
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('heading', { name: 'Cart' }).waitFor();
  assert.match((await page.textContent('main'))!, /1 × The Forecourt Bike/);
});

test('with Forecourt down, Shopify’s form sells the plain variant', { skip }, async () => {
  storefront.link = () => 'down';
  const page = await open('/examples/configurator.html', 'fallback');
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('heading', { name: 'Cart' }).waitFor();
  assert.match((await page.textContent('main'))!, /1 × The Forecourt Bike/);
});

test('with Forecourt down under way, prices can be requested again, and nothing chosen is lost', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  storefront.link = () => 'down';
  await value(page, 'Frame', 'Carbon').click();
  await page.getByRole('alert').filter({ hasText: 'Prices can’t be updated at the moment.' }).waitFor();
  assert.deepEqual(await checked(page, 'Frame'), ['Carbon']);
  storefront.link = () => 'open';
  await page.getByRole('button', { name: 'Try again' }).click();
  await price(page, '€2,329.00 to');
});

test('a line that waits is not bought a second time with Shopify’s form', { skip }, async () => {
  const page = await open('/examples/cart.html');
  await context.route('**/v1/cart/lines', (route) => (route.request().method() === 'POST'
    ? route.fulfill({ status: 503, contentType: 'application/problem+json', headers: { 'access-control-allow-origin': '*' }, body: '{"code":"unavailable","title":"Unavailable"}' })
    : route.continue()));
  await page.getByRole('button', { name: 'Add a tee' }).click();
  await page.getByText('Added as soon as the shop answers.').waitFor();
  assert.ok(page.url().includes('/examples/cart.html'));
  await context.unroute('**/v1/cart/lines');
  const next = await open('/examples/cart.html');
  await next.locator('forecourt-cart[drawer]').getByRole('button', { name: 'Cart, 1 item' }).waitFor();
  const shopifys = await (await context.request.get(`${storefront.url}/cart.js`)).json();
  assert.deepEqual(shopifys.items, []);
});

test('the cart changes at once, and is handed over to Shopify’s checkout', { skip }, async () => {
  const page = await open('/examples/cart.html');
  await page.getByRole('button', { name: 'Add a tee' }).click();
  const drawer = page.getByRole('dialog', { name: 'Cart' });
  await drawer.waitFor();
  await drawer.locator('.line[aria-busy=false]').waitFor();
  storefront.hold = true;
  await drawer.getByRole('button', { name: /^More of Tee/ }).click();
  await status(page, /^Tee.*: quantity 2\.$/);
  assert.equal(await drawer.getByRole('textbox', { name: /^Quantity of Tee/ }).inputValue(), '2');
  await page.getByText('Saving …').first().waitFor();
  storefront.release();
  await drawer.locator('.line[aria-busy=false]').waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.locator('forecourt-cart[drawer]').getByRole('button', { name: 'Cart, 2 items' }).click();
  await drawer.getByRole('button', { name: 'Check out' }).click();
  await page.waitForURL('**/checkout');
  const shopifys = await (await context.request.get(`${storefront.url}/cart.js`)).json();
  assert.deepEqual(shopifys.items.map((one: { quantity: number }) => one.quantity), [2]);
});

test('a line whose price has changed is named before the checkout, which goes on after that', { skip }, async () => {
  const page = await open('/examples/configurator.html');
  await page.getByRole('button', { name: 'Choose the rest' }).click();
  await price(page, /^Price €1,299\.00$/);
  await page.getByRole('button', { name: 'Add to cart' }).last().click();
  await status(page, 'In your cart.');
  const bike = await demo('bike');
  await publish('bike', { ...bike, base_price: bike.base_price + 1_000 });
  try {
    const cart = await open('/examples/cart.html');
    const inline = cart.locator('forecourt-cart:not([drawer])');
    await inline.getByRole('button', { name: 'Check out' }).click();
    const problems = inline.getByRole('alert').filter({ hasText: 'The price of The Forecourt Bike has changed: €1,309.00.' });
    await problems.waitFor();
    assert.ok(cart.url().endsWith('/examples/cart.html'));
    await problems.getByRole('button', { name: 'Remove The Forecourt Bike' }).click();
    await inline.getByText('Your cart is empty.').waitFor();
  } finally {
    await publish('bike', bike);
  }
});

test('without a customer the page’s own text stays; with one, balance and the way to the next tier', { skip }, async () => {
  const page = await open('/examples/points.html', 'fallback');
  assert.equal(await page.getByRole('link', { name: 'Sign in' }).isVisible(), true);
  storefront.customer = '1002';
  const signed = await open('/examples/points.html');
  const points = signed.locator('forecourt-points:not([compact])');
  await points.getByRole('status').filter({ hasText: /Your points: [\d,]+ points/ }).waitFor();
  const answer = await signed.evaluate(async () => {
    const { forecourt } = await import(`${location.origin}/dist/elements.js`);
    return forecourt().loyalty.balance();
  });
  await points.getByText(`Tier: ${answer.tier.title}`).waitFor();
  if (answer.next_tier) {
    const bar = points.getByRole('progressbar', { name: new RegExp(`until ${answer.next_tier.title}`) });
    const [value, max] = [Number(await bar.getAttribute('value')), Number(await bar.getAttribute('max'))];
    assert.equal(max - value, answer.next_tier.remaining);
  }
});

test('points are redeemed after a second click, for a code that is there again on the next visit', { skip }, async () => {
  storefront.customer = '1001';
  const page = await open('/examples/rewards.html');
  await page.getByRole('button', { name: 'Redeem 250 points for 5 € off' }).click();
  const confirm = page.getByRole('button', { name: 'Redeem 250 points', exact: true });
  assert.equal(await confirm.evaluate((one) => (one.getRootNode() as ShadowRoot).activeElement === one), true);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Redeem 250 points for 5 € off' }).click();
  await confirm.click();
  await status(page, /Your code for 5 € off is \S+\./);
  const code = await page.locator('forecourt-rewards code').first().textContent();
  const again = await open('/examples/rewards.html');
  await again.locator('forecourt-rewards code').getByText(code!).waitFor();
  const apply = await again.getByRole('link', { name: 'Use at checkout' }).first().getAttribute('href');
  assert.equal(apply, `/discount/${code}?redirect=%2Fexamples%2Frewards.html`);
});

test('an element below the fold loads nothing until it comes near', { skip }, async () => {
  storefront.edit = (html) => html.replace('<forecourt-rewards>', '<div style="height: 3000px"></div><forecourt-rewards>');
  storefront.customer = '1003';
  const page = await open('/examples/rewards.html', '');
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await page.waitForFunction(() => customElements.get('forecourt-rewards'));
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.deepEqual(loaded.filter((path) => path.includes('element-')), []);
  await page.locator('forecourt-rewards').scrollIntoViewIfNeeded();
  await page.waitForSelector('[data-state=ready]');
  assert.ok(loaded.includes('/dist/element-rewards.js'));
});

for (const name of skip ? [] : await readdir(EXAMPLES)) {
  for (const customer of [undefined, '1001']) {
    test(`${name} ${customer ? 'of a customer' : 'of a guest'}: nothing moves while it loads, and axe finds nothing`, async () => {
      storefront.customer = customer;
      const page = await open(`/examples/${name}`, '');
      await page.waitForFunction((tags) => tags.every((tag) => [...document.querySelectorAll<HTMLElement>(tag)].every((one) => one.dataset.state)),
        ['configurator', 'points', 'rewards', 'cart'].map((one) => `forecourt-${one}`));
      const shift = await page.evaluate(() => new Promise<number>((done) => {
        new PerformanceObserver((list) => done(list.getEntries().reduce((sum, one) => sum + (one as any).value, 0)))
          .observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => setTimeout(() => done(0), 100));
      }));
      assert.ok(shift < 0.01, `layout shift ${shift}`);
      await page.addScriptTag({ content: await readFile(AXE, 'utf8') });
      const { violations } = await page.evaluate(() => (globalThis as any).axe.run());
      assert.deepEqual(violations.map((one: any) => [one.id, one.nodes.map((node: any) => node.target)]), []);
    });
  }
}
