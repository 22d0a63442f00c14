// Shopify's signed query (wire/proxy.rs).
import { isShopifyId } from './grammar.js';
import { digest, isSame } from './keys.js';
import { parse, twice } from './query.js';
import { reject } from './rejection.js';

const QUERY_BYTES_MAX = 8192;
const WINDOW_S = 90;
const SHOPIFYS = ['shop', 'logged_in_customer_id', 'path_prefix', 'timestamp', 'signature'];

export function verifyProxy(search, config, now) {
    if (Buffer.byteLength(search) > QUERY_BYTES_MAX) {
        throw reject('read', 'query');
    }
    let pairs;
    try {
        pairs = parse(search);
    } catch (_) {
        throw reject('read', 'query');
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
    rejectSecondSpelling(text);
    const isSigner = (secret) => isSame(digest(secret, text), signed.signature);
    if (!config.shopify_secrets.filter(isSigner).length) {
        throw reject('unsigned', 'query:signature');
    }
    const apart = Math.abs(Number(signed.timestamp) - now);
    if (!/^\d{1,20}$/.test(signed.timestamp) || apart > WINDOW_S) {
        throw reject('stale', 'query:timestamp');
    }
    if (signed.shop !== config.shop) {
        throw reject('shop', 'query:shop');
    }
    const customer = signed.logged_in_customer_id;
    if (customer && !isShopifyId(customer)) {
        throw reject('shopper', 'query:logged_in_customer_id');
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

function rejectSecondSpelling(text) {
    const occurs = {};
    const pieces = text.split('=');
    let before = '';
    pieces.slice(0, -1).forEach((piece) => {
        before += piece;
        SHOPIFYS.forEach((name) => {
            if (before.endsWith(name)) {
                if (occurs[name]) {
                    throw twice(name);
                }
                occurs[name] = true;
            }
        });
        before += '=';
    });
}
