// A merchant's first day: connects the shop, publishes a program after a dry run, adjusts points,
// reads it in the audit log. A person of the support is not offered what their role does not allow.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import { go, heading, launch, openAdmin, shot, startShop, watch } from './shop.js';

const OWNER = '1';
const SUPPORT = '2';
// The demo's app secret.
const SECRET = 'dev-shopify-secret';
const LOOKS_MAX = 100;
const LOOK_PAUSE_MS = 100;
let shop;
let browser;

before(async () => {
    [shop, browser] = await Promise.all([startShop(), launch()]);
});

after(async () => {
    await browser?.close();
    await shop?.stop();
});

test('the owner sets up the shop, publishes a program after a dry run and adjusts points', async () => {
    const { page, admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    await admin.waitForSelector('text=Forecourt is connected with the shop.');
    assert.match(await admin.textContent('nav .you'), /^You: person 1, owner$/);
    const state = await shop.call('GET', '/v1/admin/installation');
    assert.equal(state.data.state, 'installed');
    await shot(page, 'health');

    await go(admin, 'Loyalty program');
    const editor = admin.locator('textarea');
    const document = JSON.parse(await editor.inputValue());
    document.title = 'Riders, second season';
    document.earning.rules[0].per = 50;
    await editor.fill(JSON.stringify(document, null, 2));
    await admin.click('button:text-is("Dry run")');
    await heading(admin, 'Loyalty program');
    await admin.waitForSelector('text=Result of the dry run');
    const difference = await admin.locator('tr:has(td:text-is("1001"))').first().innerText();
    const [customer, orders, points, instead] = difference
        .split('\t')
        .map((it) => it.replace(/\D/g, ''));
    assert.equal(customer, '1001');
    assert.ok(Number(orders) > 0 && Number(instead) > Number(points), difference);
    const before = await shop.call('GET', '/v1/admin/loyalty/program');
    assert.equal(before.data.title, 'Forecourt Riders', 'a dry run changes nothing');
    await shot(page, 'program');
    await admin.click('button:text-is("Publish")');
    await admin.waitForSelector('text=Version 2 is published.');
    await admin.click('button:text-is("Show")');
    await heading(admin, 'Loyalty program: Riders, second season');

    await go(admin, 'Customers', 'Find a customer');
    await admin.getByLabel('By').selectOption('email');
    await admin.getByLabel('Value').fill('Customer-1001@example.com');
    await admin.click('button:text-is("Find")');
    await heading(admin, 'Customer 1001');
    const available = await figure(admin, 'Available');
    await admin.getByLabel('Points').fill('40');
    await admin.getByLabel('Reason').fill('a late parcel');
    await admin.click('button:text-is("Adjust")');
    await admin.waitForSelector('text=40 points were adjusted.');
    assert.equal(await figure(admin, 'Available'), available + 40);
    const newest = await admin
        .locator('table:has(caption:text-is("Ledger")) tbody tr')
        .first()
        .innerText();
    assert.match(newest, /\t40\tadjustment /);
    await admin.click('button:text-is("End all sessions")');
    await admin.waitForSelector('text=All tokens of this customer end within 10 seconds.');
    await shot(page, 'customer');

    await go(admin, 'Audit log');
    const rows = await admin.locator('tbody tr').allInnerTexts();
    const entry = (word) => rows.find((row) => row.includes(`\t${word}\t`)) ?? '';
    assert.match(
        entry('adjust points'),
        /\tperson 1\towner\tadjust points\tcustomer\/1001.*\t40 points$/s
    );
    assert.match(
        entry('publish program'),
        /\tperson 1\towner\tpublish program\tloyalty\/program\/versions\/2\t/
    );
    assert.match(entry('view customers'), /\tcustomer\/1001\t/);
    assert.match(entry('revoke tokens'), /\tcustomer\/1001\t/);
    assert.ok(!rows.join().includes('late parcel'), 'a reason is not in the log');
    await shot(page, 'audit');
    assert.deepEqual(complaints, []);
    await close();
});

test('every opening offers the proof for new tokens, since old ones may be revoked unseen', async () => {
    const { admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    const calls = await admin.evaluate(() => {
        const paths = performance.getEntriesByType('resource').map(({ name }) => name);
        return paths.filter((name) => name.endsWith('/v1/admin/installation')).length;
    });
    assert.equal(calls, 2, 'one reads the state, one sends the proof');
    assert.equal(await admin.locator('text=Forecourt is connected with the shop.').count(), 0);
    assert.deepEqual(complaints, []);
    await close();
});

test('a product is published with its report, and an earlier version is served again', async () => {
    const { page, admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    await go(admin, 'Products');
    const ids = await admin.locator('tbody tr td:first-child').allInnerTexts();
    assert.deepEqual([...ids].sort(), ['bike', 'guitar', 'tee']);
    await admin.click('a:text-is("tee")');
    await heading(admin, 'Product tee');
    const editor = admin.locator('textarea');
    const document = JSON.parse(await editor.inputValue());
    await editor.fill(JSON.stringify({ ...document, currency: 'USD' }));
    await admin.click('button:text-is("Publish")');
    await admin.waitForSelector('[role=alert] code:text-is("/currency")');
    document.rules.push({ ...document.rules[0], id: 'the-same-again' });
    await editor.fill(JSON.stringify(document));
    await admin.click('button:text-is("Publish")');
    await admin.waitForSelector('text=Version 2 of tee is served.');
    await admin.click('button:text-is("Show")');
    await admin.waitForSelector('text=The report on the served version has');
    await shot(page, 'product');
    await admin.click('button[aria-label="Serve this version: 1"]');
    await admin.waitForSelector('text=Version 1 is served.');
    const versions = await shop.call('GET', '/v1/admin/configurators/tee/versions');
    assert.equal(versions.data.active, '1');
    assert.deepEqual(complaints, []);
    await close();
});

test('support is not offered publishing, and the routes refuse it', async () => {
    const { page, admin, complaints, close } = await openAdmin(browser, shop, SUPPORT);
    assert.match(await admin.textContent('nav .you'), /^You: person 2, support$/);
    const links = await admin.locator('nav a').allInnerTexts();
    assert.deepEqual(links, [
        'Health',
        'Products',
        'Loyalty program',
        'Customers',
        'Staff',
        'Data requests',
    ]);
    await go(admin, 'Loyalty program');
    assert.equal(await admin.locator('textarea').count(), 0);
    assert.equal(await admin.getByRole('button').count(), 0);
    await go(admin, 'Staff');
    assert.equal(await admin.locator('main select').count(), 0);
    await admin.evaluate(() => {
        location.hash = '#/audit';
    });
    await admin.waitForSelector('text=your role does not include it');
    const refused = await admin.evaluate(
        async (program) => {
            const authorization = `Bearer ${await window.shopify.idToken()}`;
            const headers = { authorization, 'content-type': 'application/json' };
            const send = (method, path, body) => fetch(path, { method, headers, body });
            const publish = await send('PUT', '/v1/admin/loyalty/program', program);
            const log = await send('GET', '/v1/admin/audit');
            return [publish.status, (await publish.json()).code, log.status];
        },
        JSON.stringify((await shop.call('GET', '/v1/admin/loyalty/program')).data)
    );
    assert.deepEqual(refused, [403, 'role-insufficient', 403]);
    await shot(page, 'support');
    assert.deepEqual(complaints, []);
    await close();
});

test('an owner gives a person another role, which the next opening offers', async () => {
    const owner = await openAdmin(browser, shop, OWNER);
    await go(owner.admin, 'Staff');
    await owner.admin.getByLabel('Role of person 1', { exact: true }).selectOption('support');
    await owner.admin.click('button[aria-label="Save the role of person 1"]');
    await owner.admin.waitForSelector('[role=alert]:has-text("A shop needs an owner")');
    await owner.admin.getByLabel('Role of person 2', { exact: true }).selectOption('developer');
    await owner.admin.click('button[aria-label="Save the role of person 2"]');
    await owner.admin.waitForSelector('text=Person 2 has the role developer.');
    const developer = await openAdmin(browser, shop, SUPPORT);
    const links = await developer.admin.locator('nav a').allInnerTexts();
    assert.deepEqual(links, ['Health', 'Products', 'Loyalty program', 'Staff']);
    await go(developer.admin, 'Loyalty program');
    assert.deepEqual(await developer.admin.locator('form button').allInnerTexts(), ['Dry run']);
    assert.deepEqual([...owner.complaints, ...developer.complaints], []);
    await Promise.all([owner.close(), developer.close()]);
});

test('what is not found is refused in plain words', async () => {
    const { admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    await go(admin, 'Customers', 'Find a customer');
    for (const [kind, value, expected] of [
        ['email', 'ada@example.com', 'The shop has no customer with this e-mail address.'],
        ['email', 'ada', 'Send an e-mail address such as ada@example.com.'],
        ['code', 'ABCDEFGHJKLMNPQR', "This can't be looked up"],
        ['id', '999999', 'There is no such customer'],
        ['id', 'ada', "A customer id is Shopify's numeric id."],
    ]) {
        await admin.getByLabel('By').selectOption(kind);
        await admin.getByLabel('Value').fill(value);
        await admin.click('button:text-is("Find")');
        await admin.waitForSelector(`[role=alert]:has-text(${JSON.stringify(expected)})`);
    }
    assert.deepEqual(complaints, []);
    await close();
});

test('a customer who requests their data is on the first page, with the way to their file', async () => {
    await deliver('customers/data_request', {
        shop_domain: 'demo.myshopify.com',
        orders_requested: [],
        customer: { id: 1001, email: 'ada@example.com' },
        data_request: { id: 9999 },
    });
    await until(async () => {
        const { data } = await shop.call('GET', '/v1/admin/privacy/demands');
        return data.demands.length === 1;
    });
    const { page, admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    await admin.waitForSelector(
        'text=Customers who requested their data in the last 25 days: 1.'
    );
    await shot(page, 'data-request');
    await admin.click('a:text-is("Send them their files")');
    await heading(admin, 'Data requests');
    await admin.waitForSelector('button[aria-label="Download the data of customer 1001"]');
    assert.deepEqual(complaints, []);
    await close();
});

test('a message that could not be processed is listed without payload and delivered again', async () => {
    await deliver('orders/paid', { id: null, email: 'ada@example.com' });
    await until(async () => {
        const { data } = await shop.call('GET', '/v1/admin/dead-letters');
        return data.queues.some(({ count }) => count === 1);
    });
    const { page, admin, complaints, close } = await openAdmin(browser, shop, OWNER);
    await admin.waitForSelector('text=Messages that could not be processed: 1.');
    const row = await admin
        .locator('table:has(caption:text-is("Dead letters")) tbody tr')
        .innerText();
    assert.match(row, /^loyalty \(1\)\tshopifyWebhook\t/);
    assert.ok(!(await admin.content()).includes('ada@example.com'));
    await shot(page, 'dead-letter');
    await admin.click('button:text-is("Deliver again")');
    await admin.waitForSelector('text=Messages delivered again: 1.');
    const { data } = await shop.call('GET', '/v1/admin/audit');
    const { person, act, subject, detail } = data.entries[0];
    assert.deepEqual(
        [person, act, subject, detail],
        [OWNER, 'redrive', 'dead-letters/loyalty', '1']
    );
    assert.deepEqual(complaints, []);
    await close();
});

// A webhook, as Shopify sends it.
async function deliver(topic, payload) {
    const body = JSON.stringify(payload);
    const answer = await fetch(`${shop.url}/webhooks/shopify`, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            'x-shopify-topic': topic,
            'x-shopify-shop-domain': 'demo.myshopify.com',
            'x-shopify-webhook-id': randomUUID(),
            'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(body).digest('base64'),
        },
        body,
    });
    assert.equal(answer.status, 200, await answer.text());
}

// Waits for what a consumer does.
async function until(isSo) {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
        if (await isSo()) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_PAUSE_MS));
    }
    assert.fail('it did not happen');
}

async function figure(admin, name) {
    const text = await admin.locator(`dt:text-is("${name}") + dd`).innerText();
    return Number(text.replace(/[^\d-]/g, ''));
}

test('outside of Shopify the page explains itself and takes the staff token on this machine', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints = watch(page);
    await page.goto(`${shop.url}/admin`);
    await heading(page, 'Open Forecourt from the Shopify admin');
    await page.getByLabel('Staff token').fill('another token, 00000000000000000000000');
    await page.click('button:text-is("Open")');
    await page.waitForSelector('[role=alert]');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'a wrong token is forgotten');
    await page.getByLabel('Staff token').fill('dev-staff-token-0000000000000000');
    await page.click('button:text-is("Open")');
    await heading(page, 'Health');
    const stored = await page.evaluate(() => [
        sessionStorage.length,
        localStorage.length,
        document.cookie,
    ]);
    assert.deepEqual(stored, [1, 0, '']);
    await page.click('button:text-is("Close")');
    await heading(page, 'Open Forecourt from the Shopify admin');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.deepEqual(complaints, []);
    await context.close();
});
