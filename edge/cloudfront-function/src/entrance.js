// Which route a request is for. The build gives each function the routes of its own group.
import { ROUTES } from 'routes';
import { isId } from './grammar.js';
import { reject } from './rejection.js';

export function find(method, path) {
    const routeMethod = method === 'HEAD' ? 'GET' : method;
    return ROUTES.find((route) => route.method === routeMethod && isAt(route, path));
}

export function routeOf(method, path) {
    const route = find(method, path);
    if (!route) {
        throw noMethod(path);
    }
    if (HAS_PROXY_ONLY && !PROXIED && route.exposure === 'p') {
        throw reject('door');
    }
    return route;
}

export function methods(path) {
    const allow = ROUTES.filter((route) => isAt(route, path)).map((route) => route.method);
    if (allow.indexOf('GET') >= 0) {
        allow.push('HEAD');
    }
    return allow.sort();
}

export function noMethod(path) {
    const allow = methods(path).join(', ');
    return allow ? reject('method', undefined, allow) : reject('route');
}

function isAt(route, path) {
    const pattern = route.path.split('/');
    const segments = path.split('/');
    return (
        pattern.length === segments.length &&
        pattern.every((part, at) => (part[0] === '{' ? isId(segments[at]) : part === segments[at]))
    );
}
