// Data requests: what Shopify demanded about people's data, and what was done.
import { call, segment } from './api.js';
import { act, badge, button, el, outcome, table, time } from './dom.js';

const KINDS = {
    export: ['info', 'Export'],
    erase_customer: ['warning', 'Erase a customer'],
    erase_shop: ['critical', 'Erase the shop'],
    uninstalled: ['warning', 'Uninstalled'],
};

export async function privacy(context) {
    const { data } = await call('GET', '/v1/admin/privacy/demands');
    const place = outcome();
    const row = (demand) => [
        time(demand.at),
        badge(...(KINDS[demand.kind] ?? ['info', demand.kind])),
        demand.customer_id ?? '–',
        demand.done,
        demand.kind === 'export' && context.may('download_exports') ? download(demand, place) : '',
    ];
    return el(
        'section',
        {},
        el('h2', {}, 'Data requests'),
        el(
            'p',
            {},
            "Request or erase a customer's data on the customer's page in the Shopify admin: " +
                'Shopify then informs every app. Exports are stored here for 25 days.'
        ),
        table(
            'Requests, newest first',
            ['When', 'Kind', 'Customer', 'What was done', 'File'],
            data.demands.map(row),
            'No requests yet.'
        ),
        place
    );
}

function download({ id, customer_id: customer }, place) {
    const name = `Download the data of customer ${customer}`;
    const save = button('Download', () => act(save, place, () => saveFile(id)), {
        'aria-label': name,
    });
    return save;
}

async function saveFile(id) {
    const { text } = await call('GET', `/v1/admin/privacy/demands/${segment(id)}`);
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    el('a', { href: url, download: `${id}.json` }).click();
    URL.revokeObjectURL(url);
}
