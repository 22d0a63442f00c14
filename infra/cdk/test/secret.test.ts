// The first secrets have the form that the functions and the edge read: infra/secret.example.json,
// which the functions' own tests parse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { config } from '../../../edge/cloudfront-function/build.js';
import { type Document, firstSecrets } from '../lib/secret.ts';

const example: Document = JSON.parse(
    readFileSync(new URL('../../secret.example.json', import.meta.url), 'utf8')
);
const digest = (token: string): string => `digest of ${token}`;

test('the first secrets have the form that is documented, with one of each', () => {
    const first = firstSecrets('shpss_0123456789abcdef0123456789abcdef');
    const { origin_before: _, shopify_client_id: __, ...expected } = example;
    assert.deepEqual(Object.keys(first), Object.keys(expected));
    assert.match(first.keys, /^k1:[0-9a-f]{64}$/);
    assert.match(first.staff_tokens, /^[0-9a-f]{64}$/);
    assert.match(first.origin, /^[0-9a-f]{64}$/);
    assert.equal(first.shopify_secrets, 'shpss_0123456789abcdef0123456789abcdef');
});

test('no two deployments share a secret', () => {
    const [one, other] = [firstSecrets('hush'), firstSecrets('hush')];
    for (const name of ['keys', 'staff_tokens', 'origin'] as const) {
        assert.notEqual(one[name], other[name]);
    }
});

test("without Shopify's secret nothing is written", () => {
    assert.throws(() => firstSecrets(''), /client secret is needed/);
    assert.throws(() => firstSecrets('one,two'), /one only/);
});

test('the edge function takes two of each from the same document', () => {
    const store = JSON.parse(config({ shop: 'example.myshopify.com', ...example }, digest));
    assert.equal(store.shop, 'example.myshopify.com');
    assert.equal(store.client_id, example.shopify_client_id);
    assert.deepEqual(store.shopify_secrets, example.shopify_secrets.split(','));
    assert.deepEqual(
        store.keys.map(([kid, secret]: [string, string]) => `${kid}:${secret}`).join(','),
        example.keys
    );
    assert.deepEqual(store.staff, example.staff_tokens.split(',').map(digest));
    assert.equal(JSON.stringify(store).includes(example.origin), false, "not the edge function's");
});
