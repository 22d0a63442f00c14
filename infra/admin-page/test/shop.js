// A shop on free ports with its local Shopify, and a browser that opens its admin.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

// `.ci/run` names the program that it has built.
const FORECOURT = process.env.FORECOURT_BINARY;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SCREENSHOTS = fileURLToPath(new URL('screenshots', import.meta.url));
const STAFF_TOKEN = 'dev-staff-token-0000000000000000';
const START_MS_MAX = 60_000;
const WAIT_MS_MAX = 15_000;
export const PHONE = { width: 375, height: 740 };

// Starts the demo shop. `stop` ends it and deletes its data.
export async function startShop() {
    if (!FORECOURT) {
        throw new Error('FORECOURT_BINARY names the program, for example target/debug/forecourt');
    }
    const folder = mkdtempSync(join(tmpdir(), 'forecourt-admin-'));
    const free = '127.0.0.1:0';
    const options = ['up', '--listen', free, '--shopify', free, '--data', join(folder, 'data')];
    const server = spawn(FORECOURT, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    const [url, shopify] = await greeting(server);
    return {
        url,
        shopify,
        async stop() {
            server.kill('SIGTERM');
            await ended;
            rmSync(folder, { recursive: true });
        },
        // Calls a route with the staff token, as a machine does.
        async call(method, path, body, headers = {}) {
            const response = await fetch(`${url}${path}`, {
                method,
                headers: {
                    authorization: `Bearer ${STAFF_TOKEN}`,
                    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
                    ...headers,
                },
                body: body === undefined ? undefined : JSON.stringify(body),
            });
            return { status: response.status, data: await response.json() };
        },
    };
}

// The URLs of the shop and of its Shopify, once both listen.
function greeting(server) {
    return new Promise((resolve, reject) => {
        let text = '';
        const late = setTimeout(() => reject(new Error(`no greeting: ${text}`)), START_MS_MAX);
        server.once('exit', (code) => reject(new Error(`forecourt ended with ${code}: ${text}`)));
        server.stdout.on('data', (part) => {
            text += part;
            const shop = /serves \S+ at (http:\S+)/.exec(text);
            const shopify = /shop {2}(http:\S+) is a local Shopify/.exec(text);
            if (shop && shopify) {
                clearTimeout(late);
                resolve([shop[1], shopify[1]]);
            }
        });
    });
}

export function launch() {
    return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

// Opens the admin as Shopify shows it, as this member of staff. `complaints` lists what the browser
// complained of, such as a script that the page's policy forbids.
export async function openAdmin(browser, shop, staff, options = {}) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(WAIT_MS_MAX);
    const page = await context.newPage();
    const complaints = watch(page);
    await page.goto(`${shop.shopify}/_shopify/app?staff=${staff}`);
    const admin = await (await page.$('iframe')).contentFrame();
    await admin.waitForSelector('nav a');
    await heading(admin, 'Health');
    return { page, admin, complaints, close: () => context.close() };
}

// What the browser complains of, without the answers that a test provokes.
export function watch(page) {
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on('console', (message) => {
        const isAnswer = message.text().startsWith('Failed to load resource');
        if (message.type() === 'error' && !isAnswer) {
            complaints.push(message.text());
        }
    });
    return complaints;
}

// Follows a link of the navigation.
export async function go(admin, title, ofView = title) {
    await admin.click(`nav a:text-is("${title}")`);
    await heading(admin, ofView);
}

// Waits for a view by its heading.
export async function heading(admin, text) {
    await admin.waitForSelector(`main h2:has-text(${JSON.stringify(text)})`);
}

export async function shot(page, name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
