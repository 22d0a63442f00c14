// The app's configuration of an environment, and what is left to do by hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { byHand, shopifyApp } from '../lib/shopify-app.ts';

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const template = read('../../shopify.app.toml');
const CLIENT_ID = '0123456789abcdef0123456789abcdef';
const URL_OF_STACK = 'https://d1.cloudfront.net';

test("the app's configuration names the stack's URL everywhere, and the client id", () => {
    const text = shopifyApp(template, URL_OF_STACK, CLIENT_ID);
    assert.ok(!text.includes('D.cloudfront.net'), text);
    const urls = text.match(/https:\/\/[^"\n]*/g);
    assert.deepEqual(urls, [
        `${URL_OF_STACK}/admin`,
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
    const written = lines(shopifyApp(template, 'https://D.cloudfront.net', undefined));
    assert.deepEqual(written, lines(template));
});

test('a template without a place to fill is rejected', () => {
    assert.throws(
        () => shopifyApp(template.replaceAll('D.cloudfront.net', 'elsewhere'), URL_OF_STACK, CLIENT_ID),
        /has no "https:\/\/D.cloudfront.net" to replace/
    );
});

test('what is left to do by hand begins with the client id, while it is not known', () => {
    const [without, known] = [byHand('staging', undefined), byHand('staging', CLIENT_ID)];
    assert.match(without[0]!, /client id/);
    assert.deepEqual(known, without.slice(1));
    assert.equal(known[0], 'cd infra && shopify app deploy --config staging');
});
