/** The theme app extension against Shopify's own rules, offline, and its limits. */
import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { themeCheckRun } from '@shopify/theme-check-node';

const ROOT = new URL('../extension/', import.meta.url);
const DIST = new URL('../../client/dist/', import.meta.url);
/** Shopify's: files of all kinds together, Liquid, blocks, and a script that a block loads, after gzip. */
const TOTAL_MAX = 10_000_000;
const LIQUID_MAX = 100_000;
const BLOCKS_MAX = 30;
const SCRIPT_MAX = 10_000;
/** The language files. */
const LANGUAGES = ['en.default', 'de', 'fr'];

const read = (path) => readFile(new URL(path, ROOT), 'utf8');
const names = (folder) => readdir(new URL(folder, ROOT));
const blocks = await Promise.all((await names('blocks/')).map(async (name) => {
  const text = await read(`blocks/${name}`);
  const schema = /\{% schema %\}([\s\S]*)\{% endschema %\}/.exec(text)[1];
  return { name: name.replace('.liquid', ''), text, schema: JSON.parse(schema) };
}));

/** The keys of nested objects, joined by points. */
const keys = (value, prefix = '') => Object.entries(value).flatMap(([key, one]) =>
  (typeof one === 'object' ? keys(one, `${prefix}${key}.`) : [`${prefix}${key}`])).sort();

test('Shopify’s theme check finds nothing', async () => {
  const root = fileURLToPath(ROOT);
  const { offenses } = await themeCheckRun(root, `${root}.theme-check.yml`);
  assert.deepEqual(offenses.map(({ check, message, uri }) => [check, message, uri.split('/').at(-1)]), []);
});

test('there is a block for each element, and the app embed', () => {
  assert.deepEqual(blocks.map(({ name, schema }) => [name, schema.target]).sort(), [
    ['app-embed', 'body'], ['cart', 'section'], ['configurator', 'section'], ['points', 'section'], ['rewards', 'section'],
  ]);
  for (const { name, text } of blocks) {
    if (name !== 'app-embed') assert.match(text, new RegExp(`<forecourt-${name}[\\s>]`));
  }
});

test('every language has every text, and nothing more', async () => {
  for (const suffix of ['', '.schema']) {
    const all = await Promise.all(LANGUAGES.map(async (one) => JSON.parse(await read(`locales/${one}${suffix}.json`))));
    for (const [index, one] of all.entries()) assert.deepEqual(keys(one), keys(all[0]), LANGUAGES[index]);
    const text = blocks.map((one) => one.text).join('\n');
    for (const key of keys(all[0])) assert.ok(text.includes(suffix ? `"t:${key}"` : `'${key}' | t`), `${key} is not used`);
  }
});

test('a page that is not drawn yet has its space: every element reserves one', async () => {
  const css = await read('assets/forecourt.css');
  for (const { name, schema } of blocks) {
    if (name === 'app-embed') continue;
    assert.match(css, new RegExp(`forecourt-${name}[^{]*\\{[^}]*min-height`), name);
    assert.equal(schema.stylesheet, 'forecourt.css');
    assert.ok(schema.settings.some(({ id }) => id === 'height'), name);
  }
});

test('Shopify’s limits', async () => {
  assert.ok(blocks.length <= BLOCKS_MAX);
  const liquid = blocks.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  assert.ok(liquid <= LIQUID_MAX, `${liquid}`);
  let total = liquid;
  for (const name of await names('assets/')) {
    total += (await stat(new URL(`assets/${name}`, ROOT))).size;
    const size = gzipSync(await read(`assets/${name}`)).length;
    if (name.endsWith('.js')) assert.ok(size <= SCRIPT_MAX, `${name}: ${size}`);
  }
  assert.ok(total <= TOTAL_MAX, `${total}`);
});

test('the scripts are those that `npm run theme` in edge/client makes of this commit', async () => {
  const isPart = (name) => name.endsWith('.js') && !name.includes('script');
  const built = (await readdir(DIST)).filter(isPart).sort();
  assert.deepEqual((await names('assets/')).filter(isPart).sort(), built);
  for (const name of built) {
    assert.equal(await read(`assets/${name}`), await readFile(new URL(name, DIST), 'utf8'), name);
  }
});
