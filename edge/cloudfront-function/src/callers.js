// Verifies the caller (callers.rs, wire/identity.rs).
import { digest, isSame, mac } from './keys.js';
import { ACCOUNT, CART } from './inputs.js';
import { reject } from './rejection.js';
import { cart, customer, person } from './token.js';

const TOKEN_BYTES_MAX = 512;

// An own cart's customer is an identity, but no caller that the route names: it has no bookmarks.
export function identify(route, inputs, config, now) {
    const identities = [];
    const add = (kind, must, isNamed) => {
        const id = claimed(kind, inputs, config, now);
        if (id !== undefined) {
            identities.push({ kind: kind, id: id, isNamed: isNamed });
        } else if (must) {
            const isLogin = PROXIED && kind === 'customer';
            throw reject(isLogin ? 'no-login' : `no-${kind}`, kind === 'cart' ? CART : ACCOUNT);
        }
    };
    route.callers.forEach((caller) => add(caller.kind, caller.must, true));
    if (HAS_CARTS) {
        const of = (kind) => identities.filter((one) => one.kind === kind).map((one) => one.id)[0];
        const cart = of('cart');
        if (cart && cart.slice(0, 9) === 'customer-') {
            if (!of('customer')) {
                add('customer', true, false);
            }
            if (of('customer') !== cart.slice(9)) {
                throw reject('owner', CART);
            }
        }
    }
    return identities;
}

// The customer token by its end. Behind the App Proxy no token is sent.
export function sessionHeader(keys, identities, inputs) {
    const customer = identities.filter((one) => one.kind === 'customer')[0];
    if (PROXIED || !customer) {
        return '';
    }
    const until = inputs.account.split('.')[3];
    return `${until}:${mac(keys[0][1], 'identity', ['session', customer.id, until])}`;
}

export function identityHeader(keys, identities) {
    return identities
        .map((one) => `${one.kind}:${one.id}:${mac(keys[0][1], 'identity', [one.kind, one.id])}`)
        .sort()
        .join(',');
}

function claimed(kind, inputs, config, now) {
    if (HAS_CARTS && kind === 'cart') {
        return prove(inputs.cart, CART, (parts) => cart(config, parts));
    }
    if (HAS_STAFF && kind === 'staff') {
        return staff(inputs, config, now);
    }
    return HAS_CUSTOMERS || HAS_CARTS ? customerOf(inputs, config, now) : undefined;
}

function customerOf(inputs, config, now) {
    return PROXIED
        ? inputs.customer
        : prove(inputs.account, ACCOUNT, (parts) => customer(config, parts, now));
}

function staff(inputs, config, now) {
    const token = inputs.account;
    if (typeof token === 'string' && Buffer.byteLength(token) <= TOKEN_BYTES_MAX) {
        const own = digest('forecourt/staff-token/1', token);
        if (config.staff.filter((expected) => isSame(expected, own)).length) {
            return 'staff';
        }
    }
    if (typeof token === 'string' && token.split('.').length === 3) {
        const id = person(config, token, now);
        if (!id) {
            throw reject(id === null ? 'foreign' : id === '' ? 'expired' : 'invalid', ACCOUNT);
        }
        return id;
    }
    if (customerOf(inputs, config, now) !== undefined) {
        throw reject('staff', ACCOUNT);
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
        throw reject(id === '' ? 'expired' : 'invalid', place);
    }
    return id;
}
