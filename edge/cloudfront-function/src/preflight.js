// CORS preflights, answered here (preflight.rs).
import { find, methods, noMethod } from './entrance.js';
import { respond, set } from './rejection.js';

export function preflight(path, request) {
    if (PROXIED) {
        throw noMethod(path);
    }
    const takes = methods(path).filter((method) => {
        const route = find(method, path);
        return route.exposure !== 'p' && route.target !== 'a' && route.target !== 'w';
    });
    const headers = request.headers;
    const isPreflight = headers.origin && headers['access-control-request-method'];
    if (!isPreflight || !takes.length) {
        throw noMethod(path);
    }
    const response = respond(204, '', '', request);
    set(response.headers, 'access-control-allow-methods', takes.join(', '));
    set(
        response.headers,
        'access-control-allow-headers',
        'Authorization, Content-Type, Idempotency-Key, If-None-Match, Forecourt-Cart, ' +
            'Forecourt-Bookmark, baggage, sentry-trace'
    );
    set(response.headers, 'access-control-max-age', '7200');
    return response;
}
