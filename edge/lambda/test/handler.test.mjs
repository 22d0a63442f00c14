// What a viewer gets when something fails at the edge: a 503 of ours, never another viewer's cart.
import assert from 'node:assert/strict';
import test from 'node:test';
import { FRESH_MS, STALE_MAX_MS, RETRY_MS, viewerRequest } from '../node/handler.mjs';
import { Verdicts } from '../node/verdicts.mjs';
import { configuration, configured, module, named } from './module.mjs';

const CART = named('a cart by its token');
const MINUTE_MS = 60 * 1000;

// A function whose secret and clock are this test's.
function edge({ secret = () => configuration('plain'), verdicts = new Verdicts(module) } = {}) {
    const world = { now_ms: CART.now_unix_s * 1000, secret, reads: 0, log: [] };
    world.handler = viewerRequest({
        verdicts,
        readConfiguration: async () => {
            world.reads += 1;
            return world.secret();
        },
        now_ms: () => world.now_ms,
        log: (error) => world.log.push(error.message),
    });
    return world;
}

const failing = () => {
    throw new Error('Secrets Manager is away');
};

const withRequest = (change) => {
    const event = structuredClone(CART.event);
    Object.assign(event.Records[0].cf.request, change);
    return event;
};

function assertUnavailable(response, instance) {
    assert.equal(response.status, '503');
    assert.deepEqual(response.headers, {
        'access-control-allow-origin': [{ value: '*' }],
        'cache-control': [{ value: 'no-store' }],
        'content-type': [{ value: 'application/problem+json' }],
        'retry-after': [{ value: '1' }],
    });
    assert.deepEqual(JSON.parse(response.body), {
        type: '/problems/unavailable',
        title: 'Try again shortly',
        status: 503,
        code: 'unavailable',
        detail: 'The edge could not check this request; nothing was done.',
        instance,
        errors: [],
    });
}

test('a cart is read by its token', async () => {
    assert.deepEqual(await edge().handler(CART.event), CART.output);
});

test('an event of another kind is a 503, and the next event has its verdict', async () => {
    const world = edge();
    const originRequest = structuredClone(CART.event);
    originRequest.Records[0].cf.config.eventType = 'origin-request';
    const twice = { Records: [...CART.event.Records, ...CART.event.Records] };
    for (const event of [undefined, null, {}, { Records: [] }, { Records: [{ cf: {} }] }, 'GET']) {
        assertUnavailable(await world.handler(event), '');
    }
    assertUnavailable(await world.handler(originRequest), '/v1/cart');
    assertUnavailable(await world.handler(twice), '/v1/cart');
    assert.equal(
        world.log.at(-2),
        'no verdict: this function is for viewer requests, not for OriginRequest'
    );
    assert.equal(world.log.at(-1), 'no verdict: an event has one record, this one has 2');
    assert.deepEqual(await world.handler(CART.event), CART.output);
});

test('the 503 of a HEAD has no body', async () => {
    const world = edge({ secret: failing });
    const response = await world.handler(withRequest({ method: 'HEAD' }));
    assert.equal(response.status, '503');
    assert.equal('body' in response, false);
});

test('an event longer than any request is a 503, and the next event has its verdict', async () => {
    const world = edge();
    const long = withRequest({ querystring: 'x'.repeat(1024 * 1024) });
    assertUnavailable(await world.handler(long), '/v1/cart');
    assert.match(world.log[0], /^an input of \d{7} bytes is too long$/);
    assert.deepEqual(await world.handler(CART.event), CART.output);
});

test("a query that is not UTF-8 is an error of the viewer: 400", async () => {
    const world = edge();
    for (const querystring of ['x=%FF', 'x=%C3', '%F0%9F=1', 'x=%ED%A0%80']) {
        const response = await world.handler(
            withRequest({ uri: '/v1/configurator/bike', querystring })
        );
        assert.equal(response.status, '400', querystring);
        assert.equal(JSON.parse(response.body).code, 'parameter-invalid');
    }
    assert.deepEqual(world.log, []);
});

test('half a surrogate pair, which CloudFront never sends, is a 503', async () => {
    const world = edge();
    const half = { 'user-agent': [{ key: 'User-Agent', value: '\ud83d' }] };
    assertUnavailable(await world.handler(withRequest({ headers: half })), '/v1/cart');
    assert.deepEqual(await world.handler(CART.event), CART.output);
});

test('a panic inside the module is a 503, and a new instance takes the next event', async () => {
    let instances = 0;
    // The first instance never gets its configuration, and so panics on the first event.
    const instantiate = (it) => {
        instances += 1;
        const { exports } = new WebAssembly.Instance(it);
        return instances === 1 ? { ...exports, configure: () => 1 } : exports;
    };
    const world = edge({ verdicts: new Verdicts(module, instantiate) });
    assertUnavailable(await world.handler(CART.event), '/v1/cart');
    assert.deepEqual(world.log, ['unreachable']);
    assert.deepEqual(await world.handler(CART.event), CART.output);
    assert.deepEqual(await world.handler(CART.event), CART.output);
    assert.equal(instances, 2);
});

test('without the secret no request is forwarded, until it can be read', async () => {
    const world = edge({ secret: failing });
    assertUnavailable(await world.handler(CART.event), '/v1/cart');
    assertUnavailable(await world.handler(CART.event), '/v1/cart');
    assert.equal(world.reads, 2);
    world.secret = () => configuration('plain');
    assert.deepEqual(await world.handler(CART.event), CART.output);
});

test('a new key is known within a quarter of an hour', async () => {
    const world = edge();
    const fresh = named('a new cart token while rotating');
    assert.deepEqual(await world.handler(CART.event), CART.output);
    world.secret = () => configuration('rotating');
    assert.equal((await world.handler(fresh.event)).status, '401');
    world.now_ms += FRESH_MS;
    assert.deepEqual(await world.handler(fresh.event), fresh.output);
    assert.equal(world.reads, 2);
    assert.equal(FRESH_MS, 15 * MINUTE_MS);
});

test('a removed key is rejected within a quarter of an hour', async () => {
    const world = edge();
    assert.deepEqual(await world.handler(CART.event), CART.output);
    world.secret = () => configuration('rotated');
    world.now_ms += FRESH_MS;
    assert.equal((await world.handler(CART.event)).status, '401');
});

test("while the secret can't be read, the last one is used for an hour, then 503", async () => {
    const world = edge();
    const start_ms = world.now_ms;
    await world.handler(CART.event);
    world.secret = failing;
    for (; world.now_ms - start_ms <= STALE_MAX_MS; world.now_ms += MINUTE_MS / 2) {
        assert.deepEqual(await world.handler(CART.event), CART.output);
    }
    assertUnavailable(await world.handler(CART.event), '/v1/cart');
    // Once while it was fresh, then once a minute: one request a minute waits, not each.
    assert.equal(world.reads, 1 + (STALE_MAX_MS - FRESH_MS) / RETRY_MS + 1);
});

test('a malformed secret is not put in force, and not logged', async () => {
    const world = edge();
    await world.handler(CART.event);
    const short = JSON.stringify({ ...JSON.parse(configuration('plain')), keys: 'k1:SHORT' });
    for (const broken of [short, '{"keys":"k1:SHORT"', '']) {
        world.secret = () => broken;
        world.now_ms += FRESH_MS;
        assert.deepEqual(await world.handler(CART.event), CART.output);
    }
    assert.deepEqual(world.log, [
        'the configuration is rejected: keys: a secret needs at least 32 bytes',
        'the configuration is rejected: not a configuration: line 1, column 18',
        'the configuration is rejected: not a configuration: line 1, column 0',
    ]);
});

test('each part of a configuration that could not protect anything is named', () => {
    const verdicts = configured('plain');
    const cases = {
        'shopify_secrets: one or two, comma-separated': { shopify_secrets: 'a,b,c' },
        'keys: each key is `kid:secret`, kid 1 to 16 of a-z 0-9': { keys: 'K1' },
        'staff_tokens: comma-separated, each of at least 32 bytes': { staff_tokens: 'short' },
    };
    for (const [message, change] of Object.entries(cases)) {
        const broken = JSON.stringify({ ...JSON.parse(configuration('plain')), ...change });
        assert.throws(() => verdicts.configure(broken), {
            message: `the configuration is rejected: ${message}`,
        });
    }
});
