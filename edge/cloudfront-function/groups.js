// Which function each behaviour of ../distribution.json has, and which routes each function knows.
// A function has 10 KB, so there is one for each group of behaviours. No dependencies: infra/cdk
// imports this file.
import { readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

const { CacheBehaviors, DefaultCacheBehavior } = read('../distribution.json').DistributionConfig;
const BEHAVIOURS = [...CacheBehaviors, DefaultCacheBehavior];
const { routes: ROUTES } = read('../functions/vectors/tables.json');

const PROXY = '/proxy';
const PROXIED = 'proxied-';

// The group of a behaviour. Behind Shopify's App Proxy each group exists a second time: a signed
// query is verified there instead of headers.
export function groupOf({ PathPattern = '*', TargetOriginId, CachePolicyId }) {
    const entrance = PathPattern.startsWith(`${PROXY}/`) ? PROXIED : '';
    if (TargetOriginId === 'admin' || TargetOriginId === 'commands') {
        return entrance + TargetOriginId;
    }
    return entrance + (CachePolicyId === 'personal' ? 'personal' : 'public');
}

// Every group that has a behaviour.
export const GROUPS = [...new Set(BEHAVIOURS.map(groupOf))].sort();

// The behaviour of a path: the first that matches.
export function behaviourOf(path) {
    return BEHAVIOURS.find(({ PathPattern = '*' }) => expression(PathPattern).test(path));
}

// Whether a group is reached through the App Proxy.
export function isProxied(group) {
    return group.startsWith(PROXIED);
}

// The routes whose requests reach a group's function; a parameter stands for any id.
export function routesOf(group) {
    return ROUTES.filter(({ path, exposure }) => {
        const sample = path.replace(/\{\w+\}/g, 'x');
        return isProxied(group)
            ? exposure !== 'direct' && groupOf(behaviourOf(PROXY + sample)) === group
            : groupOf(behaviourOf(sample)) === group;
    });
}

// `*` is any characters, `?` exactly one (CloudFront Developer Guide, "Path pattern").
function expression(pattern) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
}
