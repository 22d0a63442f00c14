import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
// @ts-expect-error: a script without types
import { MUTANTS, mutated } from '../simulation/mutants.js';

const root = new URL('..', import.meta.url).pathname;
/** Mutants for which the simulation needs millions of operations. */
const RARE = ['ReplacedByText', 'BookmarksOverBytes', 'NewerBookmarksDropped', 'RetriedForGood'];

test('every mutant is one place of the sources', async () => {
  for (const [mutant, [name]] of Object.entries<[string]>(MUTANTS)) {
    mutated(mutant, await readFile(join(root, 'src', `${name}.ts`), 'utf8'));
  }
});

for (const mutant of RARE) {
  test(`the tests of the jar find ${mutant}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forecourt-mutant-'));
    await cp(join(root, 'src'), join(folder, 'src'), { recursive: true });
    await cp(join(root, 'test/jar.test.ts'), join(folder, 'test/jar.test.ts'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const file = join(folder, 'src', `${MUTANTS[mutant][0]}.ts`);
    await writeFile(file, mutated(mutant, await readFile(file, 'utf8')));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const run = spawnSync('node', ['--import', 'tsx', '--test', join(folder, 'test/jar.test.ts')], {
      cwd: root, encoding: 'utf8', env,
    });
    await rm(folder, { recursive: true });
    assert.equal(run.status, 1, run.stdout);
    assert.match(run.stdout, /ERR_ASSERTION/, run.stdout);
  });
}
