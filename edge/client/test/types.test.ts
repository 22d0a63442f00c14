import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
// @ts-expect-error: a script without types
import { generate } from '../scripts/types.js';
import { RealServer, SKIPPED } from './server.js';

let server: RealServer;
before(async () => { if (!SKIPPED) server = await RealServer.start(); });
after(() => server?.stop());

test('the types are those of the API that this commit serves', { skip: SKIPPED }, async () => {
  const document = await (await fetch(`${server.url}/v1/openapi.json`)).json();
  const committed = await readFile(new URL('../src/api.ts', import.meta.url), 'utf8');
  assert.equal(await generate(document), committed, 'run `npm run types` with the server started');
});
