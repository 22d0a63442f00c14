import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
/** Bytes after gzip: what a page loads at once, with the protocol, and for a cart. */
const ENTRY_MAX = 3_000;
const CORE_MAX = 8_000;
const CART_MAX = 10_000;
/** The custom elements: what a page with one loads at once, and one element with its words, without the client. */
const ELEMENTS_MAX = 3_000;
const ELEMENT_MAX = 8_000;
/** A page with all of them, in one language, with all of the client that they use. */
const PAGE_MAX = 28_000;
const ELEMENTS = ['configurator', 'points', 'rewards', 'cart'];

/** A file and what it imports statically. */
async function files(name: string, all = new Set<string>()): Promise<Set<string>> {
  if (all.has(name)) return all;
  all.add(name);
  const text = await readFile(new URL(name, dist), 'utf8');
  for (const [, path] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) await files(path!, all);
  return all;
}

async function size(...names: string[]): Promise<number> {
  const all = new Set<string>();
  for (const name of names) for (const file of await files(name)) all.add(file);
  const sizes = await Promise.all([...all].map(async (file) =>
    gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length));
  return sizes.reduce((sum, one) => sum + one, 0);
}

test('the client stays small', async () => {
  const figures = {
    entry: await size('forecourt.js'),
    script: await size('forecourt.script.js'),
    core: await size('forecourt.js', 'core.js'),
    cart: await size('forecourt.js', 'core.js', 'cart.js'),
  };
  console.log(`gzipped: ${JSON.stringify(figures)}`);
  assert.ok(figures.entry <= ENTRY_MAX && figures.script <= ENTRY_MAX, JSON.stringify(figures));
  assert.ok(figures.core <= CORE_MAX, JSON.stringify(figures));
  assert.ok(figures.cart <= CART_MAX, JSON.stringify(figures));
});

test('the elements stay small', async () => {
  const source = await readFile(new URL('elements.js', dist), 'utf8');
  const imported = [...source.matchAll(/import\("\.\/([^"]+)"\)/g)].map(([, name]) => name!);
  const languages = imported.filter((name) => name.startsWith('part-'));
  assert.equal(languages.length, 3, imported.join());
  const longest = Math.max(...await Promise.all(languages.map((name) => size(name))));
  const figures: Record<string, number> = { elements: await size('elements.js') };
  for (const name of ELEMENTS) figures[name] = await size(`element-${name}.js`) + longest;
  const parts = ['core.js', 'cart.js', 'loyalty.js', 'configurator.js', 'hand-over.js'];
  const all = await size('elements.js', ...ELEMENTS.map((name) => `element-${name}.js`), ...parts) + longest;
  console.log(`gzipped: ${JSON.stringify({ ...figures, all })}`);
  assert.ok(figures.elements! <= ELEMENTS_MAX, JSON.stringify(figures));
  for (const name of ELEMENTS) assert.ok(figures[name]! <= ELEMENT_MAX, JSON.stringify(figures));
  assert.ok(all <= PAGE_MAX, `${all}`);
});

test('nothing is loaded that this package does not bring', async () => {
  for (const name of await readdir(dist)) {
    if (!name.endsWith('.js')) continue;
    const text = await readFile(new URL(name, dist), 'utf8');
    for (const [, from] of text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)) assert.match(from!, /^\.\//, name);
  }
});
