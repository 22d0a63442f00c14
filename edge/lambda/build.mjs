// Builds what is deployed: dist/function, a folder to which an environment adds `deployment.json`,
// and the same as dist/edge-lambda.zip.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

const TARGET = 'wasm32-unknown-unknown';
// What rustc's WebAssembly uses beyond the first edition; Node has had all of it for years.
const FEATURES = ['bulk-memory', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals',
    'reference-types', 'multivalue'];
// The same bytes from the same sources: no file of the archive is younger than the format.
const ZIP_EPOCH = '1980-01-01T00:00:00';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const folder = join(dist, 'function');
const cache = join(process.env.FORECOURT_CI_CACHE ?? join(homedir(), '.cache/forecourt'), 'wasm');

const run = (program, args, env = {}) =>
    execFileSync(program, args, {
        cwd: here,
        env: { ...process.env, ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();

// The module as rustc makes it.
function compile() {
    const library = run('rustc', ['--print', 'target-libdir', '--target', TARGET]);
    const isInstalled = existsSync(library);
    const targets = join(cache, isInstalled ? 'target' : 'target-debian');
    run(
        'cargo',
        [
            'build', '--quiet', '--locked', '--package', 'edge-lambda', '--profile', 'wasm',
            '--target', TARGET, '--target-dir', targets,
            ...(isInstalled ? [] : ['-Zbuild-std=std,panic_abort']),
        ],
        isInstalled ? {} : debian()
    );
    return join(targets, TARGET, 'wasm', 'edge_lambda.wasm');
}

// Where rustup has no target to give, Debian's compiler for browsers builds the standard library
// from its source: unpacked, since its package and rustup's exclude each other, and driven by
// rustup's cargo and linker. Its version is not the workspace's, and need not be.
function debian() {
    const root = join(cache, 'debian');
    if (!existsSync(join(root, 'usr/bin/rustc'))) {
        const archives = join(cache, 'archives');
        mkdirSync(archives, { recursive: true });
        const needs = (name) =>
            run('apt-cache', ['depends', '--important', name])
                .split('\n')
                .slice(1)
                .map((line) => line.trim().split(' ').at(-1));
        const compiler = needs('libstd-rust-web-dev').find((it) => it.startsWith('libstd-rust-web-'));
        const llvm = needs(compiler).find((it) => it.startsWith('libllvm'));
        execFileSync(
            'apt-get',
            ['download', '-q', 'rustc-web', 'rust-web-src', 'libstd-rust-web-dev', compiler, llvm],
            { cwd: archives, stdio: 'inherit' }
        );
        // Whole or not at all: a compiler that was interrupted half-way would be taken for one.
        rmSync(`${root}.part`, { recursive: true, force: true });
        for (const name of readdirSync(archives)) {
            run('dpkg', ['-x', join(archives, name), `${root}.part`]);
        }
        run('mv', [`${root}.part`, root]);
        rmSync(archives, { recursive: true });
    }
    const sysroot = run('rustc', ['--print', 'sysroot']);
    return {
        RUSTC: join(root, 'usr/bin/rustc'),
        RUSTC_BOOTSTRAP: '1',
        LD_LIBRARY_PATH: [join(root, 'usr/lib/x86_64-linux-gnu'), join(root, 'usr/lib')].join(':'),
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: join(
            sysroot,
            'lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld'
        ),
    };
}

// The folder, from nothing.
function pack(module) {
    rmSync(dist, { recursive: true, force: true });
    cpSync(join(here, 'node'), folder, { recursive: true });
    run('node_modules/.bin/wasm-opt', [
        '-O3', ...FEATURES.map((it) => `--enable-${it}`), module,
        '-o', join(folder, 'edge_lambda.wasm'),
    ]);
    for (const file of ['package.json', 'LICENSE', 'dist/aws4fetch.esm.mjs']) {
        const path = join('node_modules/aws4fetch', file);
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        cpSync(join(here, path), join(folder, path));
    }
}

function archive() {
    const files = readdirSync(folder, { recursive: true })
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile())
        .sort();
    const entries = files.map((path) => [relative(folder, path), readFileSync(path)]);
    const path = join(dist, 'edge-lambda.zip');
    writeFileSync(path, zipSync(Object.fromEntries(entries), { level: 9, mtime: ZIP_EPOCH }));
    return path;
}

pack(compile());
for (const path of [join(folder, 'edge_lambda.wasm'), archive()]) {
    console.log(`${relative(here, path)}: ${statSync(path).size} bytes`);
}
