// `node measure.mjs`: the cost of each form of the edge function, side by side in one run on this
// machine. Both must be built. Each figure is that of the quietest turn, which excludes other work
// of the machine.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as twin from '../cloudfront-function/test/twin.js';
import { configurations } from '../functions/vectors/cases.mjs';
import { viewerRequest } from './node/handler.mjs';
import { Verdicts } from './node/verdicts.mjs';
import { configuration, dist, module, named } from './test/module.mjs';

// Turns of each form for each event, after others in which compilers warm up.
const TURNS = 40;
const CALLS_PER_TURN = 500;
const WARM_UP_TURNS = 10;
const STARTS = 15;

const EVENTS = {
    'public read': 'options in order',
    'cart token, bookmark': 'a bookmark',
    'app proxy, bookmark': 'a balance with its bookmark through the proxy',
    refused: "another cart's MAC",
};

const ms = (ns) => (Number(ns) / 1e6).toFixed(1);
const us = (ns) => (Number(ns) / 1e3).toFixed(1);
const kb = (bytes) => (bytes / 1024).toFixed(1);
const least = (values) => values.reduce((one, other) => (other < one ? other : one));
const at = (times, share) =>
    times.sort((left, right) => Number(left - right))[Math.floor(times.length * share)];

function forms(it) {
    const handler = viewerRequest({
        verdicts: new Verdicts(module),
        readConfiguration: async () => configuration(it.configuration),
        now_ms: () => it.now_unix_s * 1000,
        log: console.error,
    });
    const values = twin.stored(configurations[it.configuration]);
    const cloudFront = twin.load(twin.functionOf(it.event));
    return [
        { event: twin.toFunction, call: (event) => cloudFront(event, values, it.now_unix_s) },
        { event: (event) => event, call: handler },
    ];
}

// A turn: nanoseconds of each call. Each has an event of its own, since functions change them.
async function turn({ event, call }, text) {
    const times = [];
    for (let count = 0; count < CALLS_PER_TURN; count += 1) {
        const own = event(JSON.parse(text));
        const startNs = process.hrtime.bigint();
        await call(own);
        times.push(process.hrtime.bigint() - startNs);
    }
    return times;
}

// For each form the median and the 99th percentile.
async function verdicts(name) {
    const it = named(name);
    const text = JSON.stringify(it.event);
    const own = forms(it).map((form) => ({ form, p50: [], p99: [] }));
    for (let at_turn = -WARM_UP_TURNS; at_turn < TURNS; at_turn += 1) {
        for (const { form, p50, p99 } of own) {
            const times = await turn(form, text);
            if (at_turn >= 0) {
                p50.push(at(times, 0.5));
                p99.push(at(times, 0.99));
            }
        }
    }
    return own.flatMap(({ p50, p99 }) => [us(least(p50)), us(least(p99))]);
}

function native() {
    const words = `run --quiet --release -p edge-lambda --example native -- ${TURNS}`.split(' ');
    const names = Object.values(EVENTS);
    return execFileSync('cargo', [...words, String(CALLS_PER_TURN), ...names], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map(us));
}

// A new process of the deployed folder measures itself; Secrets Manager is a local server.
const START = (event) => `
    import { readFileSync } from 'node:fs';
    const clock = () => Number(process.hrtime.bigint());
    const bytes = readFileSync('edge_lambda.wasm');
    const startNs = clock();
    const module = new WebAssembly.Module(bytes);
    const compiled = clock();
    new WebAssembly.Instance(module);
    const instantiated = clock();
    const { handler } = await import('./index.mjs');
    const { method } = await handler(${JSON.stringify(event)});
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({
        method, compile: compiled - startNs, instantiate: instantiated - compiled,
        cpu: (user + system) * 1000, rss: process.memoryUsage.rss(),
    }));`;

async function starts() {
    const folder = mkdtempSync(join(tmpdir(), 'measure-'));
    const secret = JSON.stringify({ SecretString: JSON.stringify(configurations.plain) });
    const server = createServer((_, response) => response.end(secret));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${server.address().port}/`;
    const deployment = { shop: 'demo.myshopify.com', secret: 'x', region: 'us-east-1', endpoint };
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' };
    const start = async (program) => {
        const startNs = process.hrtime.bigint();
        const { stdout } = await promisify(execFile)(
            process.execPath,
            ['--input-type=module', '--eval', program],
            { cwd: folder, env }
        );
        return { wall: process.hrtime.bigint() - startNs, ...JSON.parse(stdout) };
    };
    try {
        cpSync(dist, folder, { recursive: true });
        writeFileSync(join(folder, 'deployment.json'), JSON.stringify(deployment));
        const measured = [];
        const empty = [];
        for (let count = 0; count < STARTS; count += 1) {
            measured.push(await start(START(named('options in order').event)));
            empty.push(await start('console.log(JSON.stringify({}))'));
        }
        if (measured.some(({ method }) => method !== 'GET')) {
            throw new Error('a new process gave no verdict');
        }
        const of = (field) => least(measured.map((it) => it[field]));
        return { of, empty: least(empty.map(({ wall }) => wall)) };
    } finally {
        server.close();
        rmSync(folder, { recursive: true });
    }
}

const bytes = readFileSync(new URL('edge_lambda.wasm', dist));
const zip = statSync(new URL('../edge-lambda.zip', dist)).size;
const natives = native();
const rows = [];
for (const [label, name] of Object.entries(EVENTS)) {
    rows.push([label, ...(await verdicts(name)), ...natives[rows.length]]);
}
const { of, empty } = await starts();

console.log(`Node ${process.versions.node}; µs, median and 99th percentile of ${CALLS_PER_TURN} calls

| a verdict | CloudFront Function, in Node | p99 | Lambda@Edge | p99 | native Rust | p99 |
|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

CloudFront Functions: ${Object.values(twin.sizes).map(kb).join(', ')} KB
module: ${kb(bytes.length)} KB, ${kb(gzipSync(bytes).length)} KB gzipped; archive ${kb(zip)} KB
compile: ${ms(of('compile'))} ms; instantiate: ${ms(of('instantiate'))} ms
a new process until its first verdict: ${ms(of('wall'))} ms (${ms(of('cpu'))} ms CPU),
of which Node itself ${ms(empty)} ms; ${kb(of('rss') / 1024)} MB resident`);
