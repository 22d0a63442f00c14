// Builds dist/: the ESM entry and its parts, the plain script, and the declarations. With `--theme` also the
// scripts of edge/theme.
import { copyFile, readdir, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const PARTS = ['core', 'cart', 'loyalty', 'configurator', 'hand-over', 'elements'];
const ELEMENTS = ['configurator', 'points', 'rewards', 'cart'];
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
    ...ELEMENTS.map((name) => ({ in: `src/elements/${name}.ts`, out: `element-${name}` })),
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
// The theme's assets are committed: a merchant deploys them, and the demo shop runs without Node. A test of
// the theme fails if they are not those of this build.
if (process.argv.includes('--theme')) {
  const assets = `${root}/../theme/extension/assets`;
  for (const name of await readdir(assets)) if (name.endsWith('.js')) await rm(`${assets}/${name}`);
  for (const name of await readdir(`${root}/dist`)) {
    if (name.endsWith('.js') && !name.includes('script')) await copyFile(`${root}/dist/${name}`, `${assets}/${name}`);
  }
}
const tsc = spawnSync('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root, stdio: 'inherit',
});
process.exitCode = tsc.status ?? 1;
