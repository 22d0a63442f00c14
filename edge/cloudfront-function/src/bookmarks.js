// The bookmarks that are forwarded (bookmarks.rs, wire/bookmark.rs).
import { isId, isShopifyId } from './grammar.js';
import { isSigned } from './keys.js';
import { BOOKMARKS } from './inputs.js';
import { reject } from './rejection.js';

const HEADER_BYTES_MAX = 6144;
const PER_REQUEST_MAX = 8;
const PER_RESOURCE_MAX = 4;
const PAYLOAD_CHARACTERS_MAX = 2732;

export function collect(inputs, route, identities, keys) {
    const reach = route.callers.filter((caller) => caller.kind !== 'staff').length;
    if ((!HAS_CARTS && !HAS_CUSTOMERS) || !reach) {
        return '';
    }
    const invalid = (name) => reject(name, BOOKMARKS);
    const sealed = [];
    let bytes = 0;
    const each = (untrimmed) => {
        const text = untrimmed.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '');
        if (!text) {
            return;
        }
        bytes += Buffer.byteLength(text) + 1;
        if (bytes > HEADER_BYTES_MAX + 1) {
            throw invalid('6kb');
        }
        if (sealed.length === PER_REQUEST_MAX) {
            throw invalid('eight');
        }
        const resource = resourceOf(keys, text.split('.'));
        if (!resource) {
            throw invalid('mark');
        }
        if (sealed.filter((one) => one.resource === resource).length === PER_RESOURCE_MAX) {
            throw invalid('four');
        }
        sealed.push({ text: text, resource: resource });
    };
    inputs.bookmarks.forEach((list) => list.split(PROXIED ? '~' : ',').forEach(each));
    const isOwn = (one) =>
        reach > 1 ||
        identities.some((identity) => {
            const type = identity.kind === 'cart' ? 'cart' : 'loyalty';
            return identity.isNamed && one.resource === `${type}/${identity.id}`;
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
    const type = resource.slice(0, at);
    const id = resource.slice(at + 1);
    const isResource = (type === 'cart' && isId(id)) || (type === 'loyalty' && isShopifyId(id));
    return isResource ? resource : '';
}
