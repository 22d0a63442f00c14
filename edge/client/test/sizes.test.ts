import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
/** Bytes after gzip: what a page loads at once, with the protocol, and for a cart. */
const ENTRY_MAX = 3_000;
const CORE_MAX = 8_000;
const CART_MAX = 10_000;

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
  const parts = (await readdir(dist)).filter((name) => name.endsWith('.js') && !name.includes('script'));
  const figures = {
    entry: await size('forecourt.js'),
    script: await size('forecourt.script.js'),
    core: await size('forecourt.js', 'core.js'),
    cart: await size('forecourt.js', 'core.js', 'cart.js'),
    all: await size(...parts),
  };
  console.log(`gzipped: ${JSON.stringify(figures)}`);
  assert.ok(figures.entry <= ENTRY_MAX && figures.script <= ENTRY_MAX, JSON.stringify(figures));
  assert.ok(figures.core <= CORE_MAX, JSON.stringify(figures));
  assert.ok(figures.cart <= CART_MAX, JSON.stringify(figures));
});

test('nothing is loaded that this package does not bring', async () => {
  for (const name of await readdir(dist)) {
    if (!name.endsWith('.js')) continue;
    const text = await readFile(new URL(name, dist), 'utf8');
    for (const [, from] of text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)) assert.match(from!, /^\.\//, name);
  }
});
