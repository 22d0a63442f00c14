// The functions together equal the Rust function: on every vector, and on every generated event of
// EDGE_EVENTS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { cases, configurations, title } from '../../functions/vectors/cases.mjs';
import { FUNCTION_BYTES_MAX, VALUE_BYTES_MAX, store } from '../build.js';
import { GROUPS } from '../groups.js';
import * as twin from './twin.js';

const values = Object.fromEntries(
    Object.entries(configurations).map(([name, it]) => [name, twin.stored(it)])
);

const functions = Object.fromEntries(GROUPS.map((group) => [group, twin.load(group)]));

async function assertVerdict(it, group) {
    const event = twin.toFunction(it.event);
    const verdict = await functions[group](event, values[it.configuration], it.now_unix_s);
    assert.deepEqual(twin.fromFunction(verdict), twin.expected(it.output), title(it));
}

test(`${cases.length} events have the verdicts of the Rust function`, async () => {
    const reached = new Set();
    for (const it of cases) {
        const group = twin.functionOf(it.event);
        reached.add(group);
        await assertVerdict(it, group);
    }
    assert.deepEqual([...reached].sort(), GROUPS, 'the cases reach every function');
});

// CloudFront chooses the behaviour by the path in its normal form, so any function may get it in any
// other form.
test('a path that is not in its normal form has the same verdict in every function', async () => {
    const invalid = cases.filter(
        ({ output }) => output.body && JSON.parse(output.body).code === 'path-invalid'
    );
    assert.notEqual(invalid.length, 0);
    for (const it of invalid) {
        for (const group of GROUPS) {
            await assertVerdict(it, group);
        }
    }
});

test('njs, whose language is nearest to that of CloudFront, gives the same verdicts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'twin-'));
    try {
        for (const group of GROUPS) {
            const own = cases.filter((it) => twin.functionOf(it.event) === group);
            writeFileSync(join(folder, 'cases.json'), JSON.stringify({ own, values }));
            writeFileSync(join(folder, 'run.js'), underNjs(twin.linked(group)));
            writeFileSync(join(folder, 'verdicts'), '');
            execFileSync('njs', ['run.js'], { cwd: folder });
            const lines = readFileSync(join(folder, 'verdicts'), 'utf8').trim().split('\n');
            const verdicts = lines.map((line) => JSON.parse(line));
            assert.equal(verdicts.length, own.length);
            own.forEach((it, at) => {
                assert.deepEqual(verdicts[at], twin.expected(it.output), title(it));
            });
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
});

for (const [group, bytes] of Object.entries(twin.sizes)) {
    test(`${group}.js has ${bytes} bytes of at most ${FUNCTION_BYTES_MAX}`, () => {
        assert.ok(bytes <= FUNCTION_BYTES_MAX);
    });
}

test('every value fits the key-value store, with as many keys as a ring may hold', () => {
    const key = (at) => `k${at}:${'x'.repeat(64)}`;
    const fullest = {
        shop: `${'x'.repeat(60)}.myshopify.com`,
        shopify_secrets: `${'x'.repeat(64)},${'y'.repeat(64)}`,
        shopify_client_id: 'x'.repeat(32),
        keys: [1, 2, 3, 4].map(key).join(','),
        staff_tokens: `${'x'.repeat(43)},${'y'.repeat(43)}`,
    };
    for (const [name, value] of Object.entries({ ...store(), ...twin.stored(fullest) })) {
        assert.ok(Buffer.byteLength(value) <= VALUE_BYTES_MAX, `${name}: ${value.length} bytes`);
    }
});

test('a store without a configuration lets no request through', async () => {
    for (const group of GROUPS) {
        const verdict = functions[group](twin.toFunction(cases[0].event), {}, 0);
        await assert.rejects(verdict, /no key config/);
    }
});

// The linked text and a loop over the cases in the language of njs: a feature that njs lacks,
// CloudFront lacks too.
function underNjs(text) {
    return `
const cf = { kvs: () => ({ get: (key) => Promise.resolve(values[key]) }) };
let values = {};
let now = 0;
Date.now = () => now * 1000;
${text.replace(/;handler$/, '')}
${NJS_LOOP}`;
}

const NJS_LOOP = `
const fs = require('fs');
const file = JSON.parse(fs.readFileSync('cases.json'));
const event = (it) => {
    const request = it.event.Records[0].cf.request;
    const headers = {};
    Object.keys(request.headers).forEach((name) => {
        const lines = request.headers[name].map((line) => ({ value: line.value }));
        headers[name] = lines.length > 1 ? { value: lines[0].value, multiValue: lines } : lines[0];
    });
    return { request: {
        method: request.method, uri: request.uri, querystring: {}, headers: headers, cookies: {},
        rawQueryString: () => request.querystring || undefined,
    } };
};
const toVerdict = (verdict) => {
    const headers = {};
    Object.keys(verdict.headers).forEach((name) => {
        const one = verdict.headers[name];
        headers[name] = one.multiValue ? one.multiValue : [{ value: one.value }];
    });
    if (verdict.statusCode === undefined) {
        return {
            headers: headers, method: verdict.method, querystring: verdict.querystring,
            uri: verdict.uri,
        };
    }
    const answer = { status: String(verdict.statusCode), headers: headers };
    if (verdict.body) { answer.body = verdict.body.data; }
    return answer;
};
async function all() {
    for (let at = 0; at < file.own.length; at += 1) {
        const it = file.own[at];
        values = file.values[it.configuration];
        now = it.now_unix_s;
        const verdict = await handler(event(it));
        fs.appendFileSync('verdicts', JSON.stringify(toVerdict(verdict)) + '\\n');
    }
}
all();
`;
