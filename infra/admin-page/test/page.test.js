// The page itself: only Shopify's admin may frame it, nothing that others wrote becomes markup, it
// is usable by keyboard, on a phone and with assistive technology.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import test, { after, before } from 'node:test';
import { PHONE, go, heading, launch, openAdmin, shot, startShop } from './shop.js';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const POLARIS = require('@shopify/polaris-types/custom-elements');
const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}';
const VIEWS = [
    'Health',
    'Products',
    'Loyalty program',
    'Customers',
    'Staff',
    'Data requests',
    'Audit log',
];
const HEADINGS = { Customers: 'Find a customer' };
let shop;
let browser;

before(async () => {
    [shop, browser] = await Promise.all([startShop(), launch()]);
    const { data: program } = await shop.call('GET', '/v1/admin/loyalty/program');
    program.title = HOSTILE;
    program.rewards[0].title = HOSTILE;
    const published = await shop.call('PUT', '/v1/admin/loyalty/program', program);
    assert.equal(published.status, 200, JSON.stringify(published.data));
});

after(async () => {
    await browser?.close();
    await shop?.stop();
});

test('only the admin of the shop may show the page in a frame', async () => {
    const response = await fetch(`${shop.url}/admin`);
    const policy = response.headers.get('content-security-policy');
    assert.ok(policy.endsWith(`frame-ancestors ${shop.shopify}`), policy);
    assert.match(policy, /^default-src 'none'; script-src 'self' http:\S+;/);
    assert.equal(response.headers.get('x-frame-options'), null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const text = `<!doctype html><iframe src="${shop.url}/admin"></iframe>`;
    const other = createServer((_, answer) =>
        answer.setHeader('content-type', 'text/html').end(text)
    );
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    const page = await browser.newPage();
    const blocked = page.waitForEvent('console', (it) => it.text().includes('frame-ancestors'));
    await page.goto(`http://127.0.0.1:${other.address().port}/`);
    await blocked;
    await page.close();
    other.close();
});

test('files are cached by their release, and another release has none', async () => {
    const html = await (await fetch(`${shop.url}/admin?embedded=1&new_of_shopify=%3B`)).text();
    const [, app] = /src="(\/admin\/[0-9a-f]{16}\/app\.js)"/.exec(html);
    const first = await fetch(shop.url + app);
    assert.equal(first.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(first.headers.get('cache-control'), 'public, no-cache');
    const again = await fetch(shop.url + app, {
        headers: { 'if-none-match': first.headers.get('etag') },
    });
    assert.deepEqual([again.status, again.headers.get('x-cache').slice(0, 3)], [304, 'Hit']);
    const other = await fetch(shop.url + app.replace(/[0-9a-f]{16}/, '0000000000000000'));
    assert.deepEqual([other.status, (await other.json()).code], [404, 'route-unknown']);
});

test('what others wrote is text', async () => {
    const { admin, complaints, close } = await openAdmin(browser, shop, '1');
    await go(admin, 'Loyalty program');
    await heading(admin, `Loyalty program: ${HOSTILE}`);
    const title = await admin
        .locator('table:has(caption:text-is("Rewards")) td')
        .first()
        .innerText();
    assert.equal(title, HOSTILE);
    await admin.evaluate((name) => {
        location.hash = `#/products/${encodeURIComponent(name)}`;
    }, HOSTILE);
    await admin.waitForSelector('[role=alert]');
    assert.equal(await admin.locator('img, main script').count(), 0);
    assert.deepEqual(complaints, []);
    await close();
});

test('no view has a serious violation of accessibility, on a desk or a phone', async () => {
    for (const [device, viewport] of [
        ['desk', { width: 1280, height: 900 }],
        ['phone', PHONE],
    ]) {
        const { page, admin, complaints, close } = await openAdmin(browser, shop, '1', {
            viewport,
        });
        await admin.evaluate(AXE);
        for (const view of VIEWS) {
            await go(admin, view, HEADINGS[view]);
            await check(admin, `${view} on a ${device}`);
            await shot(page, `${view.toLowerCase().replaceAll(' ', '-')}-${device}`);
        }
        await admin.evaluate(() => {
            location.hash = '#/customers/1001';
        });
        await heading(admin, 'Customer 1001');
        await check(admin, `a customer on a ${device}`);
        const [wide, room] = await admin.evaluate(() => [
            document.documentElement.scrollWidth,
            innerWidth,
        ]);
        assert.ok(wide <= room, `${device}: ${wide} pixels in ${room}`);
        await shot(page, `customer-${device}`);
        assert.deepEqual(complaints, []);
        await close();
    }
});

async function check(admin, name) {
    const violations = await admin.evaluate(async () => {
        const { violations } = await window.axe.run();
        return violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes[0].html }));
    });
    const serious = violations.filter(
        ({ impact }) => impact === 'serious' || impact === 'critical'
    );
    assert.deepEqual(serious, [], name);
}

test('everything can be reached and done by keyboard', async () => {
    const { page, admin, complaints, close } = await openAdmin(browser, shop, '1');
    const focused = () => admin.evaluate(() => document.activeElement.textContent.trim());
    await admin.focus('nav a');
    for (let tab = 0; tab < 3; tab += 1) {
        await page.keyboard.press('Tab');
    }
    assert.equal(await focused(), 'Customers');
    await page.keyboard.press('Enter');
    await heading(admin, 'Find a customer');
    assert.equal(await admin.evaluate(() => document.activeElement.id), 'main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('1002');
    await page.keyboard.press('Enter');
    await heading(admin, 'Customer 1002');
    assert.deepEqual(complaints, []);
    await close();
});

test('the markup uses elements and attributes that Polaris has', () => {
    const known = new Map();
    for (const { declarations = [] } of POLARIS.modules) {
        for (const { tagName, attributes = [] } of declarations) {
            known.set(tagName, new Set(attributes.map(({ name }) => name)));
        }
    }
    const folder = new URL('..', import.meta.url);
    const files = readdirSync(folder).filter((name) => /\.(js|html)$/.test(name));
    const used = new Set();
    for (const name of files) {
        const text = readFileSync(new URL(name, folder), 'utf8');
        for (const [, tag] of text.matchAll(/['<](s-[a-z-]+)['\s>]/g)) {
            used.add(tag);
        }
    }
    assert.deepEqual([...used].sort(), ['s-badge', 's-banner', 's-page', 's-section']);
    for (const tag of used) {
        assert.ok(known.has(tag), tag);
    }
    for (const tag of ['s-badge', 's-banner']) {
        assert.ok(known.get(tag).has('tone'), tag);
    }
});
