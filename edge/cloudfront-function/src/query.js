// A query has one form, or is rejected (query.rs, wire/query.rs).
import { isId, isOptionId } from './grammar.js';
import { reject } from './rejection.js';

const PAIRS_MAX = 512;
const SELECTED_MAX = 400;

export function parse(query) {
    const pairs = [];
    query.split('&').forEach((piece) => {
        if (!piece) {
            return;
        }
        if (pairs.length === PAIRS_MAX) {
            throw reject('many', 'query');
        }
        const at = piece.indexOf('=');
        pairs.push(
            at < 0 ? [decode(piece), ''] : [decode(piece.slice(0, at)), decode(piece.slice(at + 1))]
        );
    });
    return pairs;
}

export function canonical(route, all) {
    if (HAS_IGNORED && route.ignores) {
        return '';
    }
    const pairs = all.filter(
        (pair) => !/^utm_/.test(pair[0]) && pair[0] !== 'gclid' && pair[0] !== 'fbclid'
    );
    let selected = 0;
    pairs.forEach((pair) => {
        const name = pair[0];
        if (route.names.indexOf(name) >= 0) {
            pair[1] = own(name, pair[1]);
        } else if (!HAS_SELECTIONS || !route.selects || !isOptionId(name)) {
            throw invalid(name, 'none');
        } else if (!isId(pair[1])) {
            throw invalid(name, 'value');
        } else {
            selected += 1;
        }
    });
    if (HAS_SELECTIONS && selected > SELECTED_MAX) {
        throw reject('most', 'query');
    }
    pairs.sort((left, right) => (left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0));
    pairs.forEach((pair, at) => {
        if (at && pairs[at - 1][0] === pair[0]) {
            throw twice(pair[0]);
        }
    });
    return pairs.map((pair) => `${encode(pair[0])}=${encode(pair[1])}`).join('&');
}

export function twice(name) {
    return invalid(name, 'twice');
}

function decode(text) {
    try {
        return decodeURIComponent(text.replace(/\+/g, ' '));
    } catch (_) {
        throw reject('utf8', 'query');
    }
}

function encode(text) {
    return encodeURIComponent(text)
        .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
        .replace(/%3A/g, ':')
        .replace(/%2C/g, ',');
}

function own(name, value) {
    if (/[\x00-\x1f\x7f-\x9f;]/.test(value)) {
        throw invalid(name, 'control');
    }
    if (!HAS_SELECTIONS || name !== '_only') {
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

function invalid(name, rejection) {
    return reject(rejection, /^[\w-]{1,31}$/.test(name) ? `query:${name}` : 'query');
}
