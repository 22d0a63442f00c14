// The forwarded request: allow-listed headers, and ours (forward.rs).
import { set } from './rejection.js';

const FORWARDED =
    'cdn-loop content-length host transfer-encoding via accept-encoding origin pragma user-agent';

export function forward(request, route, path, query, ours) {
    const headers = {};
    Object.keys(request.headers).forEach((name) => {
        if (isForwarded(route, name)) {
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

function isForwarded(route, name) {
    if (FORWARDED.split(' ').indexOf(name) >= 0) {
        return true;
    }
    const isRead = route.method === 'GET';
    if (name === 'if-none-match') {
        return isRead;
    }
    if (name === 'content-type' || name === 'content-encoding') {
        return !isRead;
    }
    if (LEADS_TO_ADMIN && name === 'if-match') {
        return !isRead && route.target === 'a';
    }
    return LEADS_TO_WEBHOOKS && /^(x-)?shopify-/.test(name) && route.target === 'w';
}
