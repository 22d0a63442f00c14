// Products: what is published, the report on each, its versions, publishing and rolling back.
import { call, segment } from './api.js';
import {
    act,
    badge,
    button,
    el,
    field,
    form,
    notice,
    number,
    outcome,
    section,
    table,
    time,
} from './dom.js';

const PRODUCTS = '/v1/admin/configurators';

export async function products(context, [id]) {
    return id ? product(context, id) : list(context);
}

async function list(context) {
    const { data } = await call('GET', '/v1/admin/products');
    const row = ({ product: id, version, published_at: at }) => [
        el('a', { href: `#/products/${segment(id)}` }, id),
        version,
        time(at),
    ];
    return el(
        'section',
        {},
        el('h2', {}, 'Products'),
        table(
            'Published products',
            ['Product', 'Version served', 'Published'],
            data.products.map(row),
            'No product is published yet.'
        ),
        context.may('publish_products') ? publishing() : null
    );
}

async function product(context, id) {
    const path = `${PRODUCTS}/${segment(id)}`;
    const [{ text, etag }, versions, report] = await Promise.all([
        call('GET', path),
        call('GET', `${path}/versions`),
        call('GET', `${path}/report`),
    ]);
    const place = outcome();
    const row = ({ version, active, published_at: at, bytes }) => [
        version,
        time(at),
        `${number(bytes)} bytes`,
        active
            ? badge('success', 'served')
            : activation(context, path, version, versions.etag, place),
    ];
    return el(
        'section',
        {},
        el('p', {}, el('a', { href: '#/products' }, 'All products')),
        el('h2', {}, `Product ${id}`),
        warnings(report.data),
        section(
            'Versions',
            table(
                'Versions',
                ['Version', 'Published', 'Size', 'State'],
                versions.data.versions.map(row),
                ''
            ),
            place
        ),
        context.may('publish_products') ? publishing(id, text, etag) : document(text)
    );
}

function activation(context, path, version, etag, place) {
    if (!context.may('publish_products')) {
        return 'stored';
    }
    const serve = button(
        'Serve this version',
        () =>
            act(serve, place, async () => {
                const activate = `${path}/versions/${segment(version)}/activate`;
                const { data } = await call('POST', activate, { ifMatch: etag });
                return again(`Version ${data.version} is served.`);
            }),
        { 'aria-label': `Serve this version: ${version}` }
    );
    return serve;
}

// The probable mistakes of an author. The product is served all the same.
function warnings({ warnings: found }) {
    if (!found.length) {
        return notice('success', el('p', {}, 'The report on the served version has no warning.'));
    }
    const line = ({ field: place, message }) =>
        el('li', {}, el('code', {}, place || '/'), ' ', message);
    return notice(
        'warning',
        el('p', {}, 'The report on the served version has warnings:'),
        el('ul', {}, found.map(line))
    );
}

function document(text) {
    return el('details', {}, el('summary', {}, 'Document'), el('pre', { tabindex: '0' }, text));
}

// Publishes a document, which names its product. Without `text` it is a new one.
function publishing(id, text = '', etag) {
    const editor = el('textarea', { rows: '16', spellcheck: 'false' });
    editor.value = text;
    const file = el('input', { type: 'file', accept: '.json,application/json' });
    file.addEventListener('change', async () => {
        editor.value = (await file.files[0]?.text()) ?? editor.value;
    });
    const place = outcome();
    const publish = el('button', {}, 'Publish');
    const submit = () =>
        act(publish, place, async () => {
            const named = id ?? productOf(editor.value);
            const path = `${PRODUCTS}/${segment(named)}`;
            // Without a version that was read, this must be the first one.
            const ifMatch = etag ?? '"0"';
            const { data } = await call('PUT', path, { document: editor.value, ifMatch });
            return again(`Version ${data.version} of ${named} is served.`, warnings(data));
        });
    return section(
        id ? 'Publish a new version' : 'Publish a product',
        form(
            submit,
            field(
                'File',
                file,
                'A product document (JSON). You can edit it below before you publish.'
            ),
            field('Document', editor),
            publish
        ),
        place
    );
}

function productOf(text) {
    const malformed = (detail) => ({ title: 'The document is not a product', detail });
    let document;
    try {
        document = JSON.parse(text);
    } catch (error) {
        throw malformed(error.message);
    }
    if (typeof document?.product !== 'string') {
        throw malformed('It has no text "product", which is the id.');
    }
    return document.product;
}

function again(text, ...more) {
    const reload = button('Show', () => window.dispatchEvent(new Event('hashchange')));
    return el('div', {}, notice('success', el('p', {}, text), reload), more);
}
