// A rejection, and the response it becomes.

const INSTANCE_BYTES_MAX = 1024;

export function reject(problem, field, allow) {
    return { problem: problem, field: field, allow: allow };
}

export function answer(rejection, problem, request) {
    let instance = request.uri;
    while (Buffer.byteLength(instance) > INSTANCE_BYTES_MAX) {
        // A surrogate pair goes whole.
        instance = instance.slice(0, -1).replace(/[\uD800-\uDBFF]$/, '');
    }
    const body = JSON.stringify({
        type: `/problems/${problem.code}`,
        title: problem.title,
        status: problem.status,
        code: problem.code,
        detail: problem.detail.replace('%', rejection.allow),
        instance: instance,
        errors: rejection.field ? [{ field: rejection.field, message: problem.message }] : [],
    });
    const response = respond(problem.status, 'application/problem+json', body, request);
    if (rejection.allow) {
        set(response.headers, 'allow', rejection.allow);
    }
    if (problem.status === 401) {
        const isSignature = problem.code === 'signature-invalid';
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
