// MACs under our keys (wire/keys.rs).
const crypto = require('crypto');

export function isSigned(keys, kid, purpose, parts, presented) {
    return keys.some((key) => key[0] === kid && isSame(mac(key[1], purpose, parts), presented));
}

export function mac(secret, purpose, parts) {
    const hmac = crypto.createHmac('sha256', secret);
    [`forecourt/${purpose}/1`].concat(parts).forEach((part) => {
        const bytes = Buffer.from(part);
        const length = bytes.length;
        hmac.update(Buffer.from([0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]));
        hmac.update(bytes);
    });
    return Buffer.from(hmac.digest('hex').slice(0, 32), 'hex').toString('base64url');
}

// The HMAC of a text, in hex.
export function digest(secret, text) {
    return crypto.createHmac('sha256', secret).update(text).digest('hex');
}

// In a time that depends on the length alone.
export function isSame(expected, presented) {
    if (typeof presented !== 'string' || expected.length !== presented.length) {
        return false;
    }
    let difference = 0;
    for (let at = 0; at < expected.length; at += 1) {
        difference |= expected.charCodeAt(at) ^ presented.charCodeAt(at);
    }
    return difference === 0;
}
