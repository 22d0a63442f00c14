// Builds dist/: the ESM entry and its parts, the plain script, and the declarations.
import { rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const PARTS = ['core', 'cart', 'loyalty', 'configurator', 'hand-over'];
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  minify: true,
  target: 'es2022',
  logLevel: 'warning',
};

await rm(`${root}/dist`, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: [
    { in: 'src/index.ts', out: 'forecourt' },
    ...PARTS.map((part) => ({ in: `src/${part}.ts`, out: part })),
  ],
  chunkNames: 'part-[hash]',
  format: 'esm',
  splitting: true,
});
// The plain script sets `Forecourt`. It loads the same parts, from where it lies itself.
await build({
  ...common,
  entryPoints: [{ in: 'src/index.ts', out: 'forecourt.script' }],
  format: 'iife',
  globalName: 'Forecourt',
  plugins: [{
    name: 'parts',
    setup: ({ onResolve }) => onResolve({ filter: /^\.\// }, ({ kind, path }) =>
      (kind === 'dynamic-import' ? { path, external: true } : undefined)),
  }],
});
const tsc = spawnSync('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root, stdio: 'inherit',
});
process.exitCode = tsc.status ?? 1;
