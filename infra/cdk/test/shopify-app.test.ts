// The app's configuration of an environment, and what is left to do by hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Settings } from '../lib/settings.ts';
import { byHand, shopifyApp } from '../lib/shopify-app.ts';

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const template = read('../../shopify.app.toml');
const example = JSON.parse(read('../environments/example.json')) as Omit<Settings, 'environment'>;
const settings: Settings = { environment: 'staging', ...example };
const URL_OF_STACK = 'https://d1.cloudfront.net';

test("the app's configuration names the stack's URL everywhere, and the client id", () => {
    const text = shopifyApp(template, URL_OF_STACK, { ...settings, clientId: '0123456789abcdef0123456789abcdef' });
    assert.ok(!text.includes('D.cloudfront.net'), text);
    const urls = text.match(/https:\/\/[^"\n]*/g);
    assert.deepEqual(urls, [
        URL_OF_STACK,
        `${URL_OF_STACK}/health`,
        `${URL_OF_STACK}/proxy`,
        `${URL_OF_STACK}/webhooks/shopify`,
        `${URL_OF_STACK}/webhooks/shopify`,
    ]);
    assert.match(text, /^client_id = "0123456789abcdef0123456789abcdef"$/m);
    assert.match(text, /^# Written by infra\/deploy from infra\/shopify.app.toml: edit that file\.\nclient_id/);
});

test('everything else of the configuration is that of the committed file', () => {
    const lines = (text: string) => text.split('\n').filter((line) => !line.startsWith('#'));
    const written = lines(shopifyApp(template, 'https://D.cloudfront.net', settings));
    assert.deepEqual(written, lines(template));
});

test('a template without a place to fill is rejected', () => {
    assert.throws(
        () => shopifyApp(template.replaceAll('D.cloudfront.net', 'elsewhere'), URL_OF_STACK, settings),
        /has no "https:\/\/D.cloudfront.net" to replace/
    );
});

test('what is left to do by hand begins with the client id, while there is none', () => {
    const first = (of: Settings) => byHand(of)[0]!;
    assert.match(first(settings), /client id/);
    assert.equal(
        first({ ...settings, clientId: '0123456789abcdef0123456789abcdef' }),
        'cd infra && shopify app deploy --config staging'
    );
    assert.equal(byHand({ ...settings, clientId: '0123456789abcdef0123456789abcdef' }).length, byHand(settings).length - 1);
});
