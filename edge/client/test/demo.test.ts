/** The demo shop in real Chromium, as `cargo run` serves it: from the product to the order, on a phone and a desktop. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { RealServer, SKIPPED } from './server.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = SKIPPED || (existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`);
const AXE = new URL('../node_modules/axe-core/axe.min.js', import.meta.url);
/** Where the pictures of the README are written, if they are to be. */
const SCREENSHOTS = process.env.FORECOURT_SCREENSHOTS;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
let server: RealServer;
let chrome: Browser;

before(async () => {
  if (skip) return;
  server = await RealServer.start({ withShopify: true });
  chrome = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
after(async () => {
  await chrome?.close();
  await server?.stop();
});

async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLElement>('forecourt-configurator, forecourt-cart, forecourt-points[compact]')]
    .every((one) => one.dataset.state));
  await page.waitForSelector('forecourt-configurator[data-state=ready]');
}

async function violations(page: Page): Promise<unknown[]> {
  await page.addScriptTag({ content: await readFile(AXE, 'utf8') });
  const result = await page.evaluate(() => (globalThis as any).axe.run());
  return result.violations.map((one: any) => [one.id, one.impact, one.nodes.map((node: any) => node.target)]);
}

for (const [name, viewport] of Object.entries(SIZES)) {
  test(`on a ${name} a customer signs in, configures a bike, redeems points and buys; axe finds nothing`, { skip }, async () => {
    const context = await chrome.newContext({ viewport, hasTouch: name === 'phone' });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
    await page.goto(`http://127.0.0.1:${server.shopifyPort}/`);
    await drawn(page);
    assert.deepEqual(await violations(page), []);

    const customer = name === 'phone' ? '1001' : '1003';
    await page.getByLabel('Customer').selectOption(`customer-${customer}@example.com`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: `Sign out ${customer}` }).waitFor();
    await drawn(page);
    await page.locator('forecourt-points[compact]').getByText(/[\d,]+ points/).waitFor();

    await page.getByRole('radio', { name: 'Carbon' }).first().click();
    await page.getByRole('button', { name: 'Choose the rest' }).click();
    await page.locator('.price').filter({ hasText: /^Price €2,329\.00$/ }).waitFor();
    const { width } = viewport;
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing is wider than the screen');
    if (SCREENSHOTS) {
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
    }
    await page.locator('forecourt-rewards').scrollIntoViewIfNeeded();
    await page.getByRole('button', { name: /^Redeem 100 points for Free shipping/ }).click();
    await page.getByRole('button', { name: 'Redeem 100 points', exact: true }).click();
    await page.getByRole('status').filter({ hasText: /Your code for Free shipping is \S+\./ }).waitFor();
    assert.deepEqual(await violations(page), []);

    await page.getByRole('button', { name: 'Add to cart' }).click();
    const drawer = page.getByRole('dialog', { name: 'Cart' });
    await drawer.locator('.line[aria-busy=false]').waitFor();
    await drawer.getByText('Frame: Carbon').waitFor();
    assert.deepEqual(await violations(page), []);
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}-cart.png` });
    await drawer.getByRole('button', { name: 'Check out' }).click();
    await page.waitForURL('**/checkout');
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByText('Your order is').waitFor();
    await context.close();
  });
}

test('signed out, nothing of the customer is left on the page', { skip }, async () => {
  const context = await chrome.newContext();
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.shopifyPort}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('forecourt-points[compact]').getByText(/[\d,]+ points/).waitFor();
  await page.getByRole('button', { name: 'Sign out 1001' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.locator('forecourt-points[compact]').getByText('Collect points').waitFor();
  const text = await page.evaluate(() => new Promise<string>((done) => {
    const opened = indexedDB.open('forecourt');
    opened.onsuccess = () => {
      const read = opened.result.transaction('documents').objectStore('documents').get('forecourt');
      read.onsuccess = () => done(read.result ?? '');
    };
  }));
  for (const secret of ['u1.', 'c1.', 'customer-1001']) assert.ok(!text.includes(secret));
  await context.close();
});
