// Joins the modules of src/ with the tables of the Rust crates and minifies the result. It deploys
// as dist/<group>.js for each group of behaviours (groups.js), and dist/store.json, the texts that
// the functions look up.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from '@rollup/wasm-node';
import { minify } from 'terser';
import { GROUPS, isProxied, routesOf } from './groups.js';

// CloudFront takes 10 KB (Developer Guide, "Quotas on CloudFront Functions"); the rest is room for
// new routes.
export const FUNCTION_BYTES_MAX = 9000;
// Developer Guide, "Quotas on key value stores".
export const VALUE_BYTES_MAX = 1024;

// Terser knows the names of the language; these are the platform's, the configuration's and the
// wire's. All others may be shortened.
const NAMED_OUTSIDE = `
    request method uri headers querystring cookies rawQueryString value multiValue
    statusCode body encoding data kvs get createHmac update digest byteLength compare from
    type title status code detail instance errors field message
    shop logged_in_customer_id timestamp signature shopify_secrets client_id keys staff`
    .trim()
    .split(/\s+/);

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

// The deployable text of a group's function.
export async function build(group) {
    const routes = routesOf(group);
    const { code } = await minify(await joined(table(routes)), {
        ecma: 2015,
        module: true,
        mangle: {
            reserved: ['handler'],
            properties: { keep_quoted: true, reserved: NAMED_OUTSIDE },
        },
        compress: {
            passes: 3,
            // Safe here: no function of ours has a `this` or a prototype.
            unsafe_arrows: true,
            top_retain: ['handler'],
            global_defs: constants(group, routes),
        },
        format: { ascii_only: true },
    });
    return code;
}

// The constants that the modules test. Terser drops the code behind a false constant, which no
// route of the group needs.
function constants(group, routes) {
    const takes = (kind) => routes.some(({ callers }) => callers.some((it) => it.kind === kind));
    const leadsTo = (name) => routes.some(({ target }) => target === name);
    return {
        PROXIED: isProxied(group),
        HAS_CARTS: takes('cart'),
        HAS_CUSTOMERS: takes('customer'),
        HAS_STAFF: takes('staff'),
        HAS_KEYED_ROUTES: routes.some(({ needsKey }) => needsKey),
        HAS_SELECTIONS: routes.some(({ selects }) => selects),
        HAS_IGNORED: routes.some(({ names }) => names[0] === '-'),
        HAS_PROXY_ONLY: routes.some(({ exposure }) => exposure === 'proxy'),
        LEADS_TO_ADMIN: leadsTo('admin'),
        LEADS_TO_EDGE: leadsTo('edge'),
        LEADS_TO_WEBHOOKS: leadsTo('webhooks'),
    };
}

// The modules as one, since CloudFront takes one; `routes` is the text of the module of that name.
async function joined(routes) {
    const bundle = await rollup({
        input: fileURLToPath(new URL('src/handler.js', import.meta.url)),
        external: ['cloudfront'],
        // CloudFront calls `handler` by its name: nothing is exported. Terser drops what is not used.
        treeshake: false,
        plugins: [
            {
                name: 'routes',
                resolveId: (id) => (id === 'routes' ? id : null),
                load: (id) => (id === 'routes' ? routes : null),
            },
        ],
        onwarn: (warning) => {
            throw new Error(warning.message);
        },
    });
    const { output } = await bundle.generate({ format: 'es' });
    return output[0].code;
}

// What the functions read from the key-value store, beside `config`: by name, the texts of each
// rejection.
export function store() {
    const { problems } = JSON.parse(read('../functions/vectors/tables.json'));
    const rejections = Object.entries(JSON.parse(read('src/rejections.json')));
    return Object.fromEntries(
        rejections.map(([name, [code, detail, message]]) => {
            const { title, status } = problems.find((it) => it.code === code);
            return [name, JSON.stringify({ title, status, code, detail, message })];
        })
    );
}

// The value of `config`, as the store holds it: staff tokens by digest, like the Rust ring.
export function config(secret, digest) {
    const { shop, shopify_client_id, shopify_secrets, keys, staff_tokens } = secret;
    return JSON.stringify({
        shop,
        client_id: shopify_client_id,
        shopify_secrets: shopify_secrets.split(','),
        keys: keys.split(',').map((key) => key.split(/:(.*)/s).slice(0, 2)),
        staff: staff_tokens.split(',').map(digest),
    });
}

// One line a route: method, path, exposure, target, whether it needs a key, callers (upper case: must),
// parameters (`*`: and a selection; `-`: any, all dropped). The runtime reads it once, when the function is loaded.
function table(routes) {
    const letters = { cart: 'c', customer: 'u', staff: 's' };
    const caller = ({ kind, must }) => (must ? letters[kind].toUpperCase() : letters[kind]);
    const lines = routes.map((it) =>
        [
            it.method,
            it.path.replace('/v1/', '~'),
            it.exposure[0],
            it.target[0],
            it.needsKey ? 1 : 0,
            it.callers.map(caller).join(''),
            (it.selects ? '*,' : '') + it.names.join(','),
        ].join(' ')
    );
    return `
        export const ROUTES = ${JSON.stringify(lines.join('\n'))}.split('\\n').map((line) => {
            const part = line.split(' ');
            const names = part[6].split(',').filter((name) => name);
            return {
                method: part[0],
                path: part[1].replace('~', '/v1/'),
                exposure: part[2],
                target: part[3],
                needsKey: part[4] > 0,
                callers: part[5].split('').map((letter) => ({
                    // Quoted: these are looked up by what the table says, so they stay.
                    kind: { 'c': 'cart', 'u': 'customer', 's': 'staff' }[letter.toLowerCase()],
                    must: letter < 'a',
                })),
                names: names,
                selects: names[0] === '*',
                ignores: names[0] === '-',
            };
        });`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const files = { 'store.json': JSON.stringify(store(), null, 1) };
    for (const group of GROUPS) {
        files[`${group}.js`] = await build(group);
    }
    mkdirSync(new URL('dist', import.meta.url), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
        writeFileSync(new URL(`dist/${name}`, import.meta.url), text);
        console.log(`dist/${name}: ${Buffer.byteLength(text)} bytes`);
    }
}
