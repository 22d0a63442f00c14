// The viewer-request function as a CloudFront Function (JavaScript runtime 2.0): the twin of the
// Rust crate `edge-functions`, tested against its vectors byte for byte. Its modules follow that
// crate's files and those of `edge-wire`, which explain the reasons.
//
// The runtime is a subset of ES 6: no `for…of`, destructuring, spread, classes or optional chaining
// here. A function has 10 KB, so there is one for each group of behaviours (groups.js): the build
// joins the modules with the group's part of the Rust route table, `ROUTES`, and with constants such
// as `PROXIED` and `HAS_KEYED_ROUTES` (build.js), and drops what they exclude. For the same reason
// the texts of rejections are in the key-value store beside the configuration, and are read only
// when a request is rejected.
import cf from 'cloudfront';
import { collect } from './bookmarks.js';
import { identify, identityHeader, sessionHeader } from './callers.js';
import { routeOf } from './entrance.js';
import { forward } from './forward.js';
import { checkPath } from './path.js';
import { preflight } from './preflight.js';
import { KEY, direct, proxied, values } from './inputs.js';
import { canonical } from './query.js';
import { answer, reject, respond } from './rejection.js';

const URL_BYTES_MAX = 8191;

async function handler(event) {
    const store = cf.kvs();
    const request = event.request;
    const now = Math.floor(Date.now() / 1000);
    try {
        return await store.get('config').then((text) => decide(request, JSON.parse(text), now));
    } catch (rejection) {
        if (!rejection.problem) {
            throw rejection;
        }
        return store
            .get(rejection.problem)
            .then((text) => answer(rejection, JSON.parse(text), request));
    }
}

function decide(request, config, now) {
    checkPath(request.uri);
    const path = PROXIED ? request.uri.slice(6) : request.uri;
    if (request.method === 'OPTIONS') {
        return preflight(path, request);
    }
    const route = routeOf(request.method, path);
    rejectBodyOnRead(route, request.headers);
    const search = request.rawQueryString() || '';
    const inputs = PROXIED
        ? proxied(search, route, config, now)
        : direct(search, request.headers);
    const query = canonical(route, inputs.pairs);
    if (path.length + 1 + query.length > URL_BYTES_MAX) {
        throw reject('long', 'query');
    }
    const identities = identify(route, inputs, config, now);
    const bookmarks = collect(inputs, route, identities, config.keys);
    const key = idempotencyKey(route, inputs);
    if (LEADS_TO_EDGE && route.target === 'e') {
        return respond(200, 'application/json', '{"status":"ok"}', request);
    }
    return forward(request, route, path, query, {
        'forecourt-identity': identities.length ? identityHeader(config.keys, identities) : '',
        'forecourt-session':
            HAS_CARTS || HAS_CUSTOMERS ? sessionHeader(config.keys, identities, inputs) : '',
        'forecourt-bookmark': bookmarks,
        'idempotency-key': key,
    });
}

function rejectBodyOnRead(route, headers) {
    const hasLength = values(headers, 'content-length').some((length) => length !== '0');
    if (route.method === 'GET' && (hasLength || headers['transfer-encoding'])) {
        throw reject('body');
    }
}

function idempotencyKey(route, inputs) {
    if (!HAS_KEYED_ROUTES || !route.needsKey) {
        return '';
    }
    const key = inputs.key;
    if (typeof key === 'string' && /^[\w-]{16,128}$/.test(key)) {
        return key;
    }
    throw reject(key === undefined ? 'no-key' : 'key', KEY);
}
