// The tokens, bookmarks and parameters of a request (inputs.rs): a claim is a text, `undefined`
// if it is absent, `null` if it is unreadable.
import { verifyProxy } from './proxy.js';
import { parse, twice } from './query.js';

export const CART = PROXIED ? 'query:cart' : 'header:forecourt-cart';
export const ACCOUNT = PROXIED ? 'query:logged_in_customer_id' : 'header:authorization';
export const BOOKMARKS = PROXIED ? 'query:bookmark' : 'header:forecourt-bookmark';
export const KEY = PROXIED ? 'query:idempotency_key' : 'header:idempotency-key';

export function direct(search, headers) {
    return {
        cart: claim(headers, 'forecourt-cart'),
        account: bearer(claim(headers, 'authorization')),
        bookmarks: values(headers, 'forecourt-bookmark'),
        key: claim(headers, 'idempotency-key'),
        pairs: parse(search),
    };
}

export function proxied(search, route, config, now) {
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

export function values(headers, name) {
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
