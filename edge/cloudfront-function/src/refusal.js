// A refusal, and the response it becomes.

const INSTANCE_BYTES_MAX = 1024;

export function refuse(words, field, allow) {
    return { words: words, field: field, allow: allow };
}

export function answer(refusal, words, request) {
    let instance = request.uri;
    while (Buffer.byteLength(instance) > INSTANCE_BYTES_MAX) {
        // A surrogate pair goes whole.
        instance = instance.slice(0, -1).replace(/[\uD800-\uDBFF]$/, '');
    }
    const body = JSON.stringify({
        type: `/problems/${words.code}`,
        title: words.title,
        status: words.status,
        code: words.code,
        detail: words.detail.replace('%', refusal.allow),
        instance: instance,
        errors: refusal.field ? [{ field: refusal.field, message: words.message }] : [],
    });
    const response = respond(words.status, 'application/problem+json', body, request);
    if (refusal.allow) {
        set(response.headers, 'allow', refusal.allow);
    }
    if (words.status === 401) {
        const isSignature = words.code === 'signature-invalid';
        set(response.headers, 'www-authenticate', isSignature ? 'Shopify-Signature' : 'Bearer');
    }
    return response;
}

export function respond(status, mediaType, body, request) {
    const response = { statusCode: status, headers: {} };
    set(response.headers, 'cache-control', 'no-store');
    if (!/^\/(proxy|v1\/admin|webhooks)(\/|$)/.test(request.uri)) {
        set(response.headers, 'access-control-allow-origin', '*');
    }
    if (mediaType) {
        set(response.headers, 'content-type', mediaType);
        if (request.method !== 'HEAD') {
            response.body = { encoding: 'text', data: body };
        }
    }
    return response;
}

export function set(headers, name, value) {
    headers[name] = { value: value };
}
