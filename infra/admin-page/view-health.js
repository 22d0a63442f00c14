// Health: is the app connected, does anyone earn points, and do orders arrive?
import { call } from './api.js';
import {
    act,
    badge,
    button,
    el,
    facts,
    notice,
    number,
    outcome,
    section,
    table,
    time,
} from './dom.js';

const STATES = {
    installed: ['success', 'Connected'],
    not_installed: ['critical', 'Not connected'],
    needs_reinstall: ['critical', 'Connection lost'],
};
const REASONS = {
    revoked: 'Shopify revoked the tokens.',
    expired: 'The tokens expired before they were renewed.',
    uninstalled: 'The app was uninstalled.',
};

// How long the file of an export is stored. Shopify wants requests answered within 30 days.
const EXPORT_MS = 25 * 24 * 60 * 60 * 1000;

export async function health(context) {
    const [{ data }, letters, requests] = await Promise.all([
        call('GET', '/v1/admin/health'),
        deadLetters(),
        dataRequests(context),
    ]);
    return el(
        'section',
        {},
        el('h2', {}, 'Health'),
        warnings(data, letters),
        requests,
        connection(data),
        orders(data),
        queues(letters, context.may('redrive'))
    );
}

// The dead letters, or why they are not reached from here.
async function deadLetters() {
    try {
        return (await call('GET', '/v1/admin/dead-letters')).data;
    } catch (problem) {
        if (problem.code === 'look-up-unavailable') {
            return { elsewhere: problem.detail, queues: [] };
        }
        throw problem;
    }
}

// The customers who want to see their data: the merchant has to send them their files.
async function dataRequests(context) {
    if (!context.may('view_demands')) {
        return [];
    }
    const { data } = await call('GET', '/v1/admin/privacy/demands');
    const isOpen = ({ kind, at }) => kind === 'export' && Date.now() - Date.parse(at) < EXPORT_MS;
    const count = data.demands.filter(isOpen).length;
    if (!count) {
        return [];
    }
    const text = `Customers who requested their data in the last 25 days: ${number(count)}. `;
    const link = el('a', { href: '#/privacy' }, 'Send them their files');
    return [notice('info', el('p', {}, text, link, '.'))];
}

function warnings({ installation, program, orders }, { queues: all }) {
    const warnings = [];
    const dead = all.reduce((sum, { count }) => sum + count, 0);
    if (dead) {
        const text = `Messages that could not be processed: ${number(dead)}. They are listed below.`;
        warnings.push(notice('warning', el('p', {}, text)));
    }
    if (installation.state !== 'installed') {
        const reason = REASONS[installation.reason] ?? '';
        const text =
            `Forecourt can't act for the shop at Shopify. ${reason} Open this page in the ` +
            'Shopify admin; after an uninstall, install the app again.';
        warnings.push(notice('critical', el('p', {}, text)));
    }
    if (!program) {
        const text = 'No loyalty program is published: no customer earns points.';
        warnings.push(notice('warning', el('p', {}, text)));
    }
    if (orders.customers_withheld) {
        const text =
            `None of the last ${orders.examined} orders names a customer: no customer earns ` +
            'points. Probably Shopify has not approved access to protected customer data ' +
            '(Partner Dashboard, API access requests).';
        warnings.push(notice('critical', el('p', {}, text)));
    }
    return warnings.length ? warnings : [notice('success', el('p', {}, 'Everything works.'))];
}

function connection({ installation, program }) {
    const [tone, text] = STATES[installation.state] ?? ['warning', installation.state];
    return section(
        'Connection with Shopify',
        facts([
            ['State', badge(tone, text)],
            ...(installation.since ? [['Since', time(installation.since)]] : []),
            ['Scopes', installation.scopes.join(', ') || '–'],
            ['Loyalty program', program ? `${program.title}, version ${program.version}` : 'none'],
        ])
    );
}

// Messages that no consumer could process. Their payloads are not shown: they may be about persons.
function queues({ queues: all, elsewhere }, mayRedrive) {
    if (elsewhere) {
        return section('Dead letters', el('p', {}, elsewhere));
    }
    const place = outcome();
    const rows = all.flatMap(({ queue, count, oldest }) =>
        oldest.map(({ event, reason, died_at: at }, index) => [
            index ? '' : `${queue} (${number(count)})`,
            event,
            reason,
            time(at),
            !index && mayRedrive ? redrive(queue, place) : '',
        ])
    );
    const columns = ['Queue', 'Event', 'Reason', 'Given up', 'Act'];
    return section('Dead letters', table('Dead letters', columns, rows, 'None.'), place);
}

function redrive(queue, place) {
    const again = async () => {
        const { data } = await call('POST', '/v1/admin/dead-letters/redrive', { body: { queue } });
        return notice(
            'success',
            el('p', {}, `Messages delivered again: ${number(data.redriven)}.`)
        );
    };
    const deliver = button('Deliver again', () => act(deliver, place, again), {
        'aria-label': `Deliver again: the dead letters of ${queue}`,
    });
    return deliver;
}

function orders({ orders: { examined, newest_at, without_customer } }) {
    return section(
        'Paid orders of the last 31 days',
        facts([
            ['Newest', time(newest_at)],
            ['Examined', examined],
            ['Without a customer', without_customer],
        ])
    );
}
