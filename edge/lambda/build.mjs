// Builds what is deployed: dist/function, a folder to which an environment adds `deployment.json`,
// and the same as dist/edge-lambda.zip.
import { execFileSync } from 'node:child_process';
import {
    cpSync,
    existsSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

const TARGET = 'wasm32-unknown-unknown';
// What rustc's WebAssembly uses beyond the first edition; Node has had all of it for years.
const FEATURES =
    'bulk-memory sign-ext nontrapping-float-to-int mutable-globals reference-types multivalue';
// The same bytes from the same sources: no file of the archive is younger than the format.
const ZIP_EPOCH = '1980-01-01T00:00:00';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const folder = join(dist, 'function');
const cache = join(process.env.FORECOURT_CI_CACHE ?? join(homedir(), '.cache/forecourt'), 'wasm');

const run = (program, args, env = {}, cwd = here) =>
    execFileSync(program, args, {
        cwd,
        env: { ...process.env, ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();

// The module as rustc makes it.
function compile() {
    const library = run('rustc', ['--print', 'target-libdir', '--target', TARGET]);
    const isInstalled = existsSync(library);
    const targets = join(cache, isInstalled ? 'target' : 'target-debian');
    const words = `build --quiet --locked --package edge-lambda --profile wasm --target ${TARGET}`;
    const standard = isInstalled ? [] : ['-Zbuild-std=std,panic_abort'];
    run(
        'cargo',
        [...words.split(' '), '--target-dir', targets, ...standard],
        isInstalled ? {} : debian()
    );
    return join(targets, TARGET, 'wasm', 'edge_lambda.wasm');
}

// Where rustup has no target to give, Debian's compiler for browsers builds the standard library
// from its source: unpacked, since its package and rustup's exclude each other, and driven by
// rustup's cargo and linker. Its version need not be the workspace's.
function debian() {
    const root = join(cache, 'debian');
    if (!existsSync(root)) {
        // Whole or not at all: an interrupted unpacking would be taken for a compiler.
        const archives = join(cache, 'archives');
        rmSync(archives, { recursive: true, force: true });
        mkdirSync(archives, { recursive: true });
        download(archives);
        const unpacked = join(archives, 'unpacked');
        for (const name of readdirSync(archives)) {
            run('dpkg', ['-x', join(archives, name), unpacked]);
        }
        renameSync(unpacked, root);
        rmSync(archives, { recursive: true });
    }
    const linker = 'lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld';
    return {
        RUSTC: join(root, 'usr/bin/rustc'),
        RUSTC_BOOTSTRAP: '1',
        LD_LIBRARY_PATH: `${join(root, 'usr/lib/x86_64-linux-gnu')}:${join(root, 'usr/lib')}`,
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: join(
            run('rustc', ['--print', 'sysroot']),
            linker
        ),
    };
}

// The compiler, its source, and the two libraries it needs, in their current versions.
function download(archives) {
    run('apt-get', ['-q', 'update']);
    const needed = (name, start) =>
        run('apt-cache', ['depends', '--important', name])
            .split('\n')
            .map((line) => line.trim().split(' '))
            .find(([kind, target]) => kind === 'Depends:' && target.startsWith(start))[1];
    const standard = needed('libstd-rust-web-dev', 'libstd-rust-web-');
    const names = ['rustc-web', 'rust-web-src', 'libstd-rust-web-dev', standard];
    run('apt-get', ['download', '-q', ...names, needed(standard, 'libllvm')], {}, archives);
}

// The folder, from nothing.
function pack(module) {
    rmSync(dist, { recursive: true, force: true });
    cpSync(join(here, 'node'), folder, { recursive: true });
    run('node_modules/.bin/wasm-opt', [
        '-O3',
        ...FEATURES.split(' ').map((it) => `--enable-${it}`),
        module,
        '-o',
        join(folder, 'edge_lambda.wasm'),
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
