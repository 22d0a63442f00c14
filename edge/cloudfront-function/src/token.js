// Tokens: the id, `undefined` if the token is not ours, empty if it is past its time (wire/token.rs).
import { isId, isShopifyId } from './grammar.js';
import { digest, isSame, isSigned } from './keys.js';

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

const ID_TOKEN_BYTES_MAX = 2048;
const HEADER_BYTES_MAX = 256;
const LEEWAY_S = 10;

// The person of Shopify's ID token, empty if it has expired, `null` if it is for another shop
// (wire/id_token.rs).
export function person(config, token, now) {
    const parts = token.split('.');
    const signed = `${parts[0]}.${parts[1]}`;
    const isSigner = (secret) => {
        const mac = Buffer.from(digest(secret, signed), 'hex').toString('base64url');
        return isSame(mac, parts[2]);
    };
    if (
        !config.client_id ||
        token.length > ID_TOKEN_BYTES_MAX ||
        parts[0].length > HEADER_BYTES_MAX ||
        !config.shopify_secrets.filter(isSigner).length
    ) {
        return undefined;
    }
    // Quoted: the wire's names, which must stay.
    const header = json(parts[0]);
    const claims = json(parts[1]);
    const times = ['exp', 'nbf', 'iat'].map((name) => claims[name]);
    const host = String(claims['iss']).slice(8, -6);
    if (
        header['alg'] !== 'HS256' ||
        (header['crit'] !== undefined && header['crit'] !== null) ||
        !times.every((time) => Number.isSafeInteger(time) && time >= 0) ||
        claims['iss'] !== `https://${host}/admin` ||
        claims['dest'] !== `https://${host}` ||
        typeof claims['aud'] !== 'string' ||
        typeof claims['sub'] !== 'string'
    ) {
        return undefined;
    }
    if (host !== config.shop) {
        return null;
    }
    if (claims['aud'] !== config.client_id) {
        return undefined;
    }
    if (times[0] + LEEWAY_S <= now) {
        return '';
    }
    const isCurrent = times[1] <= now + LEEWAY_S && times[2] <= now + LEEWAY_S;
    return isCurrent && isShopifyId(claims['sub']) ? claims['sub'] : undefined;
}

// An object; an empty one for any other part.
function json(part) {
    try {
        return JSON.parse(Buffer.from(part, 'base64url')) || {};
    } catch (_) {
        return {};
    }
}
