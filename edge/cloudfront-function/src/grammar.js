// The formats of ids (wire/grammar.rs).

export function isId(text) {
    return /^[A-Za-z0-9][\w.-]{0,63}$/.test(text);
}

export function isOptionId(text) {
    return isId(text) && /^[A-Za-z]/.test(text);
}

export function isShopifyId(text) {
    return /^[1-9]\d{0,19}$/.test(text) && (text.length < 20 || text <= '18446744073709551615');
}
