// Tokens: the id, `undefined` if the token is not ours, empty if it is past its time (wire/token.rs).
import { isId, isShopifyId } from './grammar.js';
import { isSigned } from './keys.js';

export function cart(config, parts) {
    const isOurs =
        parts.length === 4 &&
        parts[0] === 'c1' &&
        isSigned(config.keys, parts[1], 'cart-token', [parts[2]], parts[3]) &&
        isId(parts[2]);
    return isOurs ? parts[2] : undefined;
}

export function customer(config, parts, now) {
    const isOurs =
        parts.length === 5 &&
        parts[0] === 'u1' &&
        isSigned(config.keys, parts[1], 'customer-token', [parts[2], parts[3]], parts[4]) &&
        isShopifyId(parts[2]) &&
        /^\d{1,20}$/.test(parts[3]);
    return isOurs ? (now < Number(parts[3]) ? parts[2] : '') : undefined;
}
