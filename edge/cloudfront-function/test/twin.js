// Runs a built function as CloudFront would, and translates: the vectors are Lambda@Edge events,
// and CloudFront Functions have another event format (Developer Guide, "CloudFront Functions event
// structure").
import { createHash, createHmac } from 'node:crypto';
import vm from 'node:vm';
import { build, config, store } from '../build.js';
import { GROUPS, behaviourOf, groupOf } from '../groups.js';

const texts = {};
for (const group of GROUPS) {
    texts[group] = await build(group);
}
// In bytes, by group.
export const sizes = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, Buffer.byteLength(text)])
);

// The group whose function an event reaches.
export const functionOf = (event) => groupOf(behaviourOf(event.Records[0].cf.request.uri));

// What the key-value store holds for a configuration of the vector file.
export function stored(configuration) {
    const digest = (token) =>
        createHmac('sha256', 'forecourt/staff-token/1').update(token).digest('hex');
    return { ...store(), config: config(configuration, digest) };
}

// The text with what the runtime provides put in place of its imports, and `handler` as its value.
export function linked(name) {
    return texts[name]
        .replace(/import (\w+) from\s*"cloudfront";/, 'const $1=cf;')
        .concat(';handler');
}

// The function in a context that has nothing but the language, `Buffer`, `crypto` and the store:
// takes a CloudFront Function's event, and returns its verdict.
export function load(name) {
    const world = { values: {}, now_unix_s: 0 };
    const hashes = { sha256: 'sha256', sha1: 'sha1', md5: 'md5' };
    const known =
        (make) =>
        (algorithm, ...rest) => {
            if (!hashes[algorithm]) {
                throw new TypeError(`not supported: ${algorithm}`);
            }
            return make(algorithm, ...rest);
        };
    const context = vm.createContext(
        {
            Buffer,
            require: (module) => {
                if (module !== 'crypto') {
                    throw new Error(`no module ${module}`);
                }
                return { createHash: known(createHash), createHmac: known(createHmac) };
            },
            cf: {
                kvs: () => ({
                    get: async (key) => {
                        if (!(key in world.values)) {
                            throw new Error(`no key ${key}`);
                        }
                        return world.values[key];
                    },
                }),
            },
            Clock: () => world.now_unix_s * 1000,
        },
        { codeGeneration: { strings: false, wasm: false } }
    );
    vm.runInContext('Date.now = Clock; delete globalThis.Clock;', context);
    const handler = vm.runInContext(linked(name), context);
    return async (event, values, now_unix_s) => {
        Object.assign(world, { values, now_unix_s });
        return handler(event);
    };
}

// A Lambda@Edge event as a CloudFront Function gets it.
export function toFunction(event) {
    const { request } = event.Records[0].cf;
    const headers = Object.create(null);
    for (const [name, lines] of Object.entries(request.headers)) {
        const multiValue = lines.map(({ value }) => ({ value }));
        headers[name] = lines.length > 1 ? { ...multiValue[0], multiValue } : multiValue[0];
    }
    const raw = request.querystring;
    return {
        version: '1.0',
        context: { eventType: 'viewer-request' },
        viewer: { ip: request.clientIp },
        request: {
            method: request.method,
            uri: request.uri,
            querystring: {},
            headers,
            cookies: {},
            // `undefined` where there is no `?` (Developer Guide, "General helper methods").
            rawQueryString: () => raw || undefined,
        },
    };
}

// Its answer in the form of Lambda@Edge, without what only one of the two has: the spelling of
// header names and the viewer's address.
export function fromFunction(verdict) {
    const headers = {};
    for (const [name, { value, multiValue }] of Object.entries(verdict.headers)) {
        headers[name] = multiValue ? multiValue.map((it) => ({ value: it.value })) : [{ value }];
    }
    if (verdict.statusCode === undefined) {
        const { method, querystring, uri } = verdict;
        return { headers, method, querystring, uri };
    }
    const answer = { status: String(verdict.statusCode), headers };
    return verdict.body ? { ...answer, body: verdict.body.data } : answer;
}

// A verdict of the vectors in the same form.
export function expected(output) {
    const headers = {};
    for (const [name, lines] of Object.entries(output.headers)) {
        headers[name] = lines.map(({ value }) => ({ value }));
    }
    const { clientIp, ...rest } = output;
    return { ...rest, headers };
}
