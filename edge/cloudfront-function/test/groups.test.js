// Every behaviour has the function that knows its routes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { GROUPS, behaviourOf, groupOf, isProxied, routesOf } from '../groups.js';

// Developer Guide, "Quotas on key value stores": functions of one store.
const FUNCTIONS_MAX = 10;
const routes = [...new Set(GROUPS.flatMap(routesOf))];
// Values of a parameter that could also be part of a pattern.
const words = ['x', ...new Set(routes.flatMap(({ path }) => path.match(/[\w.]+/g)))];

test('the groups are these', () => {
    assert.deepEqual(GROUPS, [
        'admin',
        'commands',
        'personal',
        'proxied-commands',
        'proxied-personal',
        'proxied-public',
        'public',
    ]);
    assert.ok(GROUPS.length <= FUNCTIONS_MAX);
});

test('a path reaches a function that knows every route of it', () => {
    for (const path of new Set(routes.flatMap((it) => spellings(it.path)))) {
        assertKnown('', path, routes);
        assertKnown(
            '/proxy',
            path,
            routes.filter(({ exposure }) => exposure !== 'direct')
        );
    }
});

function assertKnown(prefix, path, reachable) {
    const group = groupOf(behaviourOf(prefix + path));
    const known = routesOf(group);
    for (const route of reachable.filter((it) => matches(it.path, path))) {
        const title = `${route.method} ${prefix}${path} in ${group}.js`;
        assert.equal(isProxied(group), prefix !== '', title);
        assert.ok(known.includes(route), title);
    }
}

function spellings(path) {
    const [, before, after] = path.match(/^(.*?)\{\w+\}(.*)$/) ?? [];
    return before === undefined ? [path] : words.flatMap((it) => spellings(before + it + after));
}

function matches(pattern, path) {
    const parts = pattern.split('/');
    const segments = path.split('/');
    return (
        parts.length === segments.length &&
        parts.every((part, at) => part.startsWith('{') || part === segments[at])
    );
}
