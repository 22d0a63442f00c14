import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
// @ts-expect-error: a script without types
import { DESCRIPTION, generate } from '../scripts/types.js';

test('the types are those of the API that this commit serves', async () => {
  const document = JSON.parse(await readFile(DESCRIPTION, 'utf8'));
  const committed = await readFile(new URL('../src/api.ts', import.meta.url), 'utf8');
  assert.equal(await generate(document), committed, 'run `npm run types`');
});
