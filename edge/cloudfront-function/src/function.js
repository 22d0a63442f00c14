// The viewer-request function as a CloudFront Function (JavaScript runtime 2.0): the twin of the
// Rust crate `edge-functions`, held to its vectors byte for byte. Section by section it follows
// that crate's files; why things are as they are is told there.
//
// The runtime is a subset of ES 6: no `for…of`, destructuring, spread, classes or optional chaining
// here. The build puts in `ROUTES`, the Rust table, and `PROXIED`: a function has 10 KB, so there are
// two, one for `/proxy/*` and one for the rest. For the same reason the words of refusals stand in the
// key-value store beside the configuration, and are read when somebody is refused.
import cf from 'cloudfront';
const crypto = require('crypto');

const HEADER_BYTES_MAX = 6144;
const PER_REQUEST_MAX = 8;
const PER_RESOURCE_MAX = 4;
const PAYLOAD_CHARACTERS_MAX = 2732;
const TOKEN_BYTES_MAX = 512;
const QUERY_BYTES_MAX = 8192;
const URL_BYTES_MAX = 8191;
const PAIRS_MAX = 512;
const SELECTED_MAX = 400;
const INSTANCE_BYTES_MAX = 1024;
const WINDOW_S = 90;

// Where a request presents what it presents.
const CART = PROXIED ? 'query:cart' : 'header:forecourt-cart';
const ACCOUNT = PROXIED ? 'query:logged_in_customer_id' : 'header:authorization';
const BOOKMARKS = PROXIED ? 'query:bookmark' : 'header:forecourt-bookmark';
const KEY = PROXIED ? 'query:idempotency_key' : 'header:idempotency-key';
const SHOPIFYS = ['shop', 'logged_in_customer_id', 'path_prefix', 'timestamp', 'signature'];
const FORWARDED =
    'cdn-loop content-length host transfer-encoding via accept-encoding origin pragma user-agent';

async function handler(event) {
    const store = cf.kvs();
    const request = event.request;
    const now = Math.floor(Date.now() / 1000);
    try {
        return await store
            .get('config')
            .then((text) => decide(request, JSON.parse(text), now));
    } catch (refusal) {
        if (!refusal.words) {
            throw refusal;
        }
        return store
            .get(refusal.words)
            .then((text) => answer(refusal, JSON.parse(text), request));
    }
}

function decide(request, config, now) {
    checkPath(request.uri);
    const path = PROXIED ? request.uri.slice(6) : request.uri;
    if (request.method === 'OPTIONS') {
        return preflight(path, request);
    }
    const route = routeOf(request.method, path);
    refuseBodyOnRead(route, request.headers);
    const search = request.rawQueryString() || '';
    const presented = PROXIED
        ? proxied(search, route, config, now)
        : direct(search, request.headers);
    const query = canonical(route, presented.pairs);
    if (path.length + 1 + query.length > URL_BYTES_MAX) {
        throw refuse('long', 'query');
    }
    const identities = identify(route, presented, config, now);
    const bookmarks = collect(presented, route, identities, config.keys);
    const key = idempotencyKey(route, presented);
    if (route.target === 'e') {
        return respond(200, 'application/json', '{"status":"ok"}', request);
    }
    return forward(request, route, path, query, {
        'forecourt-identity': identities.length ? identityHeader(config.keys, identities) : '',
        'forecourt-bookmark': bookmarks,
        'idempotency-key': key,
    });
}

// path.rs

function checkPath(uri) {
    if (uri[0] !== '/') {
        throw refuse('begin');
    }
    if (!/^[\w/\-.~!$&'()*+,:=@]*$/.test(uri)) {
        throw refuse('plain');
    }
    if (/\/\/|.\/$/.test(uri)) {
        throw refuse('empty');
    }
    if (/\/\.\.?(\/|$)/.test(uri)) {
        throw refuse('dots');
    }
}

// entrance.rs: the build leaves each function the routes of its own door

function isAt(route, path) {
    const pattern = route.path.split('/');
    const segments = path.split('/');
    return (
        pattern.length === segments.length &&
        pattern.every((part, at) => (part[0] === '{' ? isId(segments[at]) : part === segments[at]))
    );
}

function find(method, path) {
    const asked = method === 'HEAD' ? 'GET' : method;
    return ROUTES.find((route) => route.method === asked && isAt(route, path));
}

function routeOf(method, path) {
    const route = find(method, path);
    if (!route) {
        throw noMethod(path);
    }
    if (!PROXIED && route.door === 'p') {
        throw refuse('door');
    }
    return route;
}

function methods(path) {
    const allow = ROUTES.filter((route) => isAt(route, path)).map((route) => route.method);
    if (allow.indexOf('GET') >= 0) {
        allow.push('HEAD');
    }
    return allow.sort();
}

function noMethod(path) {
    const allow = methods(path).join(', ');
    return allow ? refuse('method', undefined, allow) : refuse('route');
}

// preflight.rs

function preflight(path, request) {
    const takes = methods(path);
    const headers = request.headers;
    const isPreflight = headers.origin && headers['access-control-request-method'];
    const isOpen = takes.every((method) => {
        const route = find(method, path);
        return route.door !== 'p' && route.target !== 'a' && route.target !== 'w';
    });
    if (PROXIED || !isPreflight || !takes.length || !isOpen) {
        throw noMethod(path);
    }
    const response = respond(204, '', '', request);
    set(response.headers, 'access-control-allow-methods', takes.join(', '));
    set(
        response.headers,
        'access-control-allow-headers',
        'Authorization, Content-Type, Idempotency-Key, If-None-Match, Forecourt-Cart, ' +
            'Forecourt-Bookmark'
    );
    set(response.headers, 'access-control-max-age', '7200');
    return response;
}

// presented.rs: a claim is a text, `undefined` if it is absent, `null` if it is unreadable

function values(headers, name) {
    const header = headers[name];
    if (!header) {
        return [];
    }
    return header.multiValue ? header.multiValue.map((one) => one.value) : [header.value];
}

function claim(headers, name) {
    const all = values(headers, name);
    return all.length > 1 ? null : all[0];
}

function bearer(value) {
    if (typeof value !== 'string') {
        return value;
    }
    const at = value.indexOf(' ');
    return /^bearer $/i.test(value.slice(0, at + 1)) ? value.slice(at + 1) : null;
}

function direct(search, headers) {
    return {
        cart: claim(headers, 'forecourt-cart'),
        account: bearer(claim(headers, 'authorization')),
        bookmarks: values(headers, 'forecourt-bookmark'),
        key: claim(headers, 'idempotency-key'),
        pairs: parse(search),
    };
}

function proxied(search, route, config, now) {
    const signed = verifyProxy(search, config, now);
    const pairs = signed.pairs.filter(
        (pair) =>
            pair.isClients ||
            route.names.indexOf(pair[0]) >= 0 ||
            /^(cart|bookmark|idempotency_key)$/.test(pair[0])
    );
    const cart = take(pairs, 'cart');
    const list = take(pairs, 'bookmark');
    return {
        cart: cart,
        customer: signed.customer,
        bookmarks: list === undefined ? [] : [list],
        key: take(pairs, 'idempotency_key'),
        pairs: pairs,
    };
}

function take(pairs, name) {
    const isNamed = (pair) => pair[0] === name;
    const at = pairs.findIndex(isNamed);
    if (at < 0) {
        return undefined;
    }
    const value = pairs.splice(at, 1)[0][1];
    if (pairs.some(isNamed)) {
        throw twice(name);
    }
    return value;
}

// wire/proxy.rs

function verifyProxy(search, config, now) {
    if (Buffer.byteLength(search) > QUERY_BYTES_MAX) {
        throw refuse('read', 'query');
    }
    let pairs;
    try {
        pairs = parse(search);
    } catch (_) {
        throw refuse('read', 'query');
    }
    const signed = {};
    let isClients = true;
    pairs.forEach((pair) => {
        const name = pair[0];
        if (isShopifys(name) || name === 'hmac') {
            if (signed[name] !== undefined) {
                throw twice(name);
            }
            signed[name] = pair[1];
        }
        isClients = isClients && !isShopifys(name);
        pair.isClients = isClients;
    });
    const text = signedText(pairs);
    refuseSecondSpelling(text);
    const isSigner = (secret) =>
        isSame(crypto.createHmac('sha256', secret).update(text).digest('hex'), signed.signature);
    if (!config.shopify_secrets.filter(isSigner).length) {
        throw refuse('unsigned', 'query:signature');
    }
    const apart = Math.abs(Number(signed.timestamp) - now);
    if (!/^\d{1,20}$/.test(signed.timestamp) || apart > WINDOW_S) {
        throw refuse('stale', 'query:timestamp');
    }
    if (signed.shop !== config.shop) {
        throw refuse('shop', 'query:shop');
    }
    const customer = signed.logged_in_customer_id;
    if (customer && !isShopifyId(customer)) {
        throw refuse('shopper', 'query:logged_in_customer_id');
    }
    return {
        customer: customer || undefined,
        pairs: pairs.filter((pair) => !isShopifys(pair[0])),
    };
}

function isShopifys(name) {
    return SHOPIFYS.indexOf(name) >= 0;
}

function signedText(pairs) {
    const names = [];
    const joined = [];
    pairs.forEach((pair) => {
        const at = names.indexOf(pair[0]);
        if (pair[0] === 'signature') {
            return;
        }
        if (at < 0) {
            names.push(pair[0]);
            joined.push(`${pair[0]}=${pair[1]}`);
        } else {
            joined[at] += `,${pair[1]}`;
        }
    });
    return joined
        .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
        .join('');
}

function refuseSecondSpelling(text) {
    const seen = {};
    const pieces = text.split('=');
    let before = '';
    pieces.slice(0, -1).forEach((piece) => {
        before += piece;
        SHOPIFYS.forEach((name) => {
            if (before.endsWith(name)) {
                if (seen[name]) {
                    throw twice(name);
                }
                seen[name] = true;
            }
        });
        before += '=';
    });
}

// wire/query.rs, query.rs

function parse(query) {
    const pairs = [];
    query.split('&').forEach((piece) => {
        if (!piece) {
            return;
        }
        if (pairs.length === PAIRS_MAX) {
            throw refuse('many', 'query');
        }
        const at = piece.indexOf('=');
        pairs.push(
            at < 0 ? [decode(piece), ''] : [decode(piece.slice(0, at)), decode(piece.slice(at + 1))]
        );
    });
    return pairs;
}

function decode(text) {
    try {
        return decodeURIComponent(text.replace(/\+/g, ' '));
    } catch (_) {
        throw refuse('utf8', 'query');
    }
}

function encode(text) {
    return encodeURIComponent(text)
        .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
        .replace(/%3A/g, ':')
        .replace(/%2C/g, ',');
}

function canonical(route, all) {
    const pairs = all.filter(
        (pair) => !/^utm_/.test(pair[0]) && pair[0] !== 'gclid' && pair[0] !== 'fbclid'
    );
    let selected = 0;
    pairs.forEach((pair) => {
        const name = pair[0];
        if (route.names.indexOf(name) >= 0) {
            pair[1] = own(name, pair[1]);
        } else if (!route.selects || !isOptionId(name)) {
            throw invalid(name, 'none');
        } else if (!isId(pair[1])) {
            throw invalid(name, 'value');
        } else {
            selected += 1;
        }
    });
    if (selected > SELECTED_MAX) {
        throw refuse('most', 'query');
    }
    pairs.sort((left, right) => (left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0));
    pairs.forEach((pair, at) => {
        if (at && pairs[at - 1][0] === pair[0]) {
            throw twice(pair[0]);
        }
    });
    return pairs.map((pair) => `${encode(pair[0])}=${encode(pair[1])}`).join('&');
}

function own(name, value) {
    if (/[\x00-\x1f\x7f-\x9f;]/.test(value)) {
        throw invalid(name, 'control');
    }
    if (name !== '_only') {
        return value;
    }
    const options = value.split(',');
    if (!options.every(isOptionId)) {
        throw invalid(name, 'set');
    }
    return options
        .sort()
        .filter((option, at) => !at || options[at - 1] !== option)
        .join(',');
}

function invalid(name, words) {
    return refuse(words, /^[\w-]{1,31}$/.test(name) ? `query:${name}` : 'query');
}

function twice(name) {
    return invalid(name, 'twice');
}

// callers.rs

function identify(route, presented, config, now) {
    const identities = [];
    route.callers.forEach((caller) => {
        const kind = caller.kind;
        const id =
            kind === 'cart'
                ? prove(presented.cart, CART, (parts) => cart(config, parts))
                : kind === 'customer'
                  ? customerOf(presented, config, now)
                  : staff(presented, config, now);
        if (id !== undefined) {
            identities.push({ kind: kind, id: id });
        } else if (caller.must) {
            const isLogin = PROXIED && kind === 'customer';
            throw refuse(
                isLogin ? 'no-login' : `no-${kind}`,
                kind === 'cart' ? CART : ACCOUNT
            );
        }
    });
    return identities;
}

function customerOf(presented, config, now) {
    return PROXIED
        ? presented.customer
        : prove(presented.account, ACCOUNT, (parts) => customer(config, parts, now));
}

function staff(presented, config, now) {
    const token = presented.account;
    if (typeof token === 'string' && Buffer.byteLength(token) <= TOKEN_BYTES_MAX) {
        const digest = crypto.createHmac('sha256', 'forecourt/staff-token/1').update(token);
        const hex = digest.digest('hex');
        if (config.staff.filter((expected) => isSame(expected, hex)).length) {
            return 'staff';
        }
    }
    if (customerOf(presented, config, now) !== undefined) {
        throw refuse('staff', ACCOUNT);
    }
    return undefined;
}

function prove(token, place, verify) {
    if (token === undefined) {
        return undefined;
    }
    const isShort = token !== null && Buffer.byteLength(token) <= TOKEN_BYTES_MAX;
    const id = isShort ? verify(token.split('.')) : undefined;
    if (!id) {
        throw refuse(id === '' ? 'expired' : 'invalid', place);
    }
    return id;
}

// wire/token.rs: the id, `undefined` if the token is not ours, empty if it is past its time

function cart(config, parts) {
    const isOurs =
        parts.length === 4 &&
        parts[0] === 'c1' &&
        isSigned(config.keys, parts[1], 'cart-token', [parts[2]], parts[3]) &&
        isId(parts[2]);
    return isOurs ? parts[2] : undefined;
}

function customer(config, parts, now) {
    const isOurs =
        parts.length === 5 &&
        parts[0] === 'u1' &&
        isSigned(config.keys, parts[1], 'customer-token', [parts[2], parts[3]], parts[4]) &&
        isShopifyId(parts[2]) &&
        /^\d{1,20}$/.test(parts[3]);
    return isOurs ? (now < Number(parts[3]) ? parts[2] : '') : undefined;
}

// wire/identity.rs: the route table names kinds in the order they are sorted by

function identityHeader(keys, identities) {
    return identities
        .map((one) => `${one.kind}:${one.id}:${mac(keys[0][1], 'identity', [one.kind, one.id])}`)
        .sort()
        .join(',');
}

// bookmarks.rs, wire/bookmark.rs

function collect(presented, route, identities, keys) {
    const reach = route.callers.filter((caller) => caller.kind !== 'staff').length;
    if (!reach) {
        return '';
    }
    const refused = (words) => refuse(words, BOOKMARKS);
    const sealed = [];
    let bytes = 0;
    const each = (untrimmed) => {
        const text = untrimmed.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '');
        if (!text) {
            return;
        }
        bytes += Buffer.byteLength(text) + 1;
        if (bytes > HEADER_BYTES_MAX + 1) {
            throw refused('6kb');
        }
        if (sealed.length === PER_REQUEST_MAX) {
            throw refused('eight');
        }
        const resource = resourceOf(keys, text.split('.'));
        if (!resource) {
            throw refused('mark');
        }
        if (sealed.filter((one) => one.resource === resource).length === PER_RESOURCE_MAX) {
            throw refused('four');
        }
        sealed.push({ text: text, resource: resource });
    };
    presented.bookmarks.forEach((list) => list.split(PROXIED ? '~' : ',').forEach(each));
    const isOwn = (one) =>
        reach > 1 ||
        identities.some((identity) => {
            const room = identity.kind === 'cart' ? 'cart' : 'loyalty';
            return one.resource === `${room}/${identity.id}`;
        });
    const texts = sealed
        .filter(isOwn)
        .map((one) => one.text)
        .sort();
    return texts.filter((text, at) => !at || texts[at - 1] !== text).join(',');
}

function resourceOf(keys, parts) {
    const about = parts[2];
    const isOurs =
        parts.length === 5 &&
        parts[0] === 'b1' &&
        parts[3].length <= PAYLOAD_CHARACTERS_MAX &&
        isSigned(keys, parts[1], 'bookmark', [about, parts[3]], parts[4]);
    const resource = isOurs ? Buffer.from(about, 'base64url').toString() : '';
    const at = resource.indexOf('/');
    const room = resource.slice(0, at);
    const id = resource.slice(at + 1);
    const isResource = (room === 'cart' && isId(id)) || (room === 'loyalty' && isShopifyId(id));
    return isResource ? resource : '';
}

function idempotencyKey(route, presented) {
    if (!route.isCommand) {
        return '';
    }
    const key = presented.key;
    if (typeof key === 'string' && /^[\w-]{16,128}$/.test(key)) {
        return key;
    }
    throw refuse(key === undefined ? 'no-key' : 'key', KEY);
}

// forward.rs

function forward(request, route, path, query, ours) {
    const headers = {};
    Object.keys(request.headers).forEach((name) => {
        if (isKept(route, name)) {
            headers[name] = request.headers[name];
        }
    });
    Object.keys(ours).forEach((name) => {
        if (ours[name]) {
            set(headers, name, ours[name]);
        }
    });
    request.headers = headers;
    request.cookies = {};
    request.uri = path;
    // As text: the order of an object's keys is not ours here (Developer Guide, "Normalize query
    // string parameters").
    request.querystring = query;
    return request;
}

function isKept(route, name) {
    if (FORWARDED.split(' ').indexOf(name) >= 0) {
        return true;
    }
    const isRead = route.method === 'GET';
    if (name === 'if-none-match') {
        return isRead;
    }
    if (name === 'content-type') {
        return !isRead;
    }
    if (name === 'content-encoding' || name === 'if-match') {
        return !isRead && route.target === 'a';
    }
    return /^(x-)?shopify-/.test(name) && route.target === 'w';
}

function refuseBodyOnRead(route, headers) {
    const hasLength = values(headers, 'content-length').some((length) => length !== '0');
    if (route.method === 'GET' && (hasLength || headers['transfer-encoding'])) {
        throw refuse('body');
    }
}

// refusal.rs

function refuse(words, field, allow) {
    return { words: words, field: field, allow: allow };
}

function answer(refusal, words, request) {
    let instance = request.uri;
    while (Buffer.byteLength(instance) > INSTANCE_BYTES_MAX) {
        // A surrogate pair goes whole.
        instance = instance.slice(0, -1).replace(/[\uD800-\uDBFF]$/, '');
    }
    const body = JSON.stringify({
        type: `/problems/${words.code}`,
        title: words.title,
        status: words.status,
        code: words.code,
        detail: words.detail.replace('%', refusal.allow),
        instance: instance,
        errors: refusal.field ? [{ field: refusal.field, message: words.message }] : [],
    });
    const response = respond(words.status, 'application/problem+json', body, request);
    if (refusal.allow) {
        set(response.headers, 'allow', refusal.allow);
    }
    if (words.status === 401) {
        const isSignature = words.code === 'signature-invalid';
        set(response.headers, 'www-authenticate', isSignature ? 'Shopify-Signature' : 'Bearer');
    }
    return response;
}

function respond(status, mediaType, body, request) {
    const response = { statusCode: status, headers: {} };
    set(response.headers, 'cache-control', 'no-store');
    if (!/^\/(proxy|v1\/admin|webhooks)(\/|$)/.test(request.uri)) {
        set(response.headers, 'access-control-allow-origin', '*');
    }
    if (mediaType) {
        set(response.headers, 'content-type', mediaType);
        if (request.method !== 'HEAD') {
            response.body = { encoding: 'text', data: body };
        }
    }
    return response;
}

function set(headers, name, value) {
    headers[name] = { value: value };
}

// wire/keys.rs

function isSigned(keys, kid, purpose, parts, presented) {
    return keys.some((key) => key[0] === kid && isSame(mac(key[1], purpose, parts), presented));
}

function mac(secret, purpose, parts) {
    const hmac = crypto.createHmac('sha256', secret);
    [`forecourt/${purpose}/1`].concat(parts).forEach((part) => {
        const bytes = Buffer.from(part);
        const length = bytes.length;
        hmac.update(Buffer.from([0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]));
        hmac.update(bytes);
    });
    return Buffer.from(hmac.digest('hex').slice(0, 32), 'hex').toString('base64url');
}

// In a time that depends on the length alone.
function isSame(expected, presented) {
    if (typeof presented !== 'string' || expected.length !== presented.length) {
        return false;
    }
    let difference = 0;
    for (let at = 0; at < expected.length; at += 1) {
        difference |= expected.charCodeAt(at) ^ presented.charCodeAt(at);
    }
    return difference === 0;
}

// wire/grammar.rs

function isId(text) {
    return /^[A-Za-z0-9][\w.-]{0,63}$/.test(text);
}

function isOptionId(text) {
    return isId(text) && /^[A-Za-z]/.test(text);
}

function isShopifyId(text) {
    return /^[1-9]\d{0,19}$/.test(text) && (text.length < 20 || text <= '18446744073709551615');
}
