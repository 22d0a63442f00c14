// The loyalty program: tiers and rewards, the editor with its dry run, publishing, versions.
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

const PROGRAM = '/v1/admin/loyalty/program';
// What a program that earns one point for each unit of money looks like.
const FIRST = `{
  "title": "Our program",
  "currency": "EUR",
  "pending_days": 14,
  "expiry_days": 365,
  "window_days": 365,
  "earning": {
    "description": "1 point for every euro.",
    "rules": [{
      "id": "euro", "title": "1 point for every euro",
      "each": "line", "points": "line.amount", "per": 100
    }]
  },
  "tiers": [{ "id": "all", "title": "Everyone", "threshold": 0 }],
  "rewards": []
}
`;

export async function program(context) {
    const [newest, versions] = await Promise.all([document(), call('GET', `${PROGRAM}/versions`)]);
    const content = newest ? [tiers(newest.data), rewards(newest.data)] : [];
    return el(
        'section',
        {},
        el('h2', {}, newest ? `Loyalty program: ${newest.data.title}` : 'Loyalty program'),
        newest
            ? null
            : notice('warning', el('p', {}, 'No program is published: no customer earns points.')),
        content,
        context.may('try_program') ? editor(context, newest) : null,
        history(context, versions)
    );
}

async function document() {
    try {
        return await call('GET', PROGRAM);
    } catch (problem) {
        if (problem.code === 'version-unknown') {
            return null;
        }
        throw problem;
    }
}

function tiers({ tiers: all = [] }) {
    const row = ({ id, title, threshold }) => [title, el('code', {}, id), number(threshold)];
    return section('Tiers', table('Tiers', ['Title', 'Id', 'From'], all.map(row), 'No tiers.'));
}

function rewards({ rewards: all = [] }) {
    const worth = ({ kind = 'other', amount, percent }) => {
        const value = amount === undefined ? percent : amount;
        return value === undefined ? kind : `${kind}: ${number(value)}${percent ? ' %' : ''}`;
    };
    const row = (reward) => [
        reward.title,
        el('code', {}, reward.id),
        number(reward.points),
        worth(reward),
    ];
    return section(
        'Rewards',
        table('Rewards', ['Title', 'Id', 'Points', 'Kind'], all.map(row), 'No rewards.')
    );
}

function editor(context, newest) {
    const text = el('textarea', { rows: '20', spellcheck: 'false' });
    text.value = newest?.text ?? FIRST;
    const [place, result] = [outcome(), outcome()];
    const trial = button('Dry run', () => act(trial, place, () => dryRun(text.value, result)));
    const publish = el('button', {}, 'Publish');
    const submit = () =>
        act(publish, place, async () => {
            // Nothing published since the page was loaded is replaced unseen.
            const ifMatch = newest?.etag ?? '"0"';
            const { data } = await call('PUT', PROGRAM, { document: text.value, ifMatch });
            return done(
                `Version ${data.version} is published. It applies to orders placed from`,
                data
            );
        });
    return section(
        'Editor',
        el(
            'p',
            {},
            'A dry run computes the points that past orders would have given. It changes nothing.'
        ),
        form(
            submit,
            field('Program document', text, 'Amounts are in minor units, for example cents.'),
            el('p', { class: 'inline' }, trial, context.may('publish_program') ? publish : null)
        ),
        place,
        result
    );
}

// Shows the difference for the newest orders, and continues to older ones on request.
async function dryRun(text, result) {
    const customers = new Map();
    const [list, place] = [el('div'), outcome()];
    const load = async (cursor) => {
        const query = cursor ? `&cursor=${segment(cursor)}` : '';
        const path = `${PROGRAM}?dry_run=true${query}`;
        const { data } = await call('PUT', path, { document: text });
        data.customers.forEach((one) => add(customers, one));
        const older = button('Older orders', () => act(older, place, () => load(data.next)));
        list.replaceChildren(differences([...customers.values()]), ...(data.next ? [older] : []));
    };
    result.replaceChildren();
    await load();
    result.replaceChildren(el('h3', {}, 'Result of the dry run'), list, place);
}

function add(customers, one) {
    const sum = customers.get(one.customer_id) ?? {
        ...one,
        orders: 0,
        points: 0,
        instead: 0,
        failures: 0,
    };
    for (const figure of ['orders', 'points', 'instead', 'failures']) {
        sum[figure] += one[figure];
    }
    customers.set(one.customer_id, sum);
}

function differences(customers) {
    const row = ({ customer_id: id, orders, points, instead, failures }) => [
        id,
        number(orders),
        number(points),
        number(instead),
        number(instead - points),
        failures ? badge('critical', `fails on ${failures}`) : 'none',
    ];
    return table(
        'Points by customer',
        ['Customer', 'Orders', 'Points now', 'Instead', 'Difference', 'Failures'],
        customers.map(row),
        'No orders of customers in this time.'
    );
}

function history(context, { data, etag }) {
    const place = outcome();
    const rows = el('div');
    const all = [];
    const activation = (version) => {
        const apply = button(
            'Apply again',
            () =>
                act(apply, place, async () => {
                    const path = `${PROGRAM}/versions/${segment(version)}/activate`;
                    const { data: activated } = await call('POST', path, { ifMatch: etag });
                    return done(`Version ${version} applies to orders placed from`, activated);
                }),
            { 'aria-label': `Apply again: version ${version}` }
        );
        return apply;
    };
    const state = ({ version, active }) => {
        if (active) {
            return badge('success', 'in effect');
        }
        return context.may('publish_program') ? activation(version) : '–';
    };
    const show = ({ versions, next }) => {
        all.push(...versions);
        const older = button('Older versions', () =>
            act(older, place, async () => {
                const page = await call('GET', `${PROGRAM}/versions?cursor=${segment(next)}`);
                show(page.data);
            })
        );
        const row = (one) => [one.version, time(one.active_from), state(one)];
        rows.replaceChildren(
            table('Versions', ['Version', 'From', 'State'], all.map(row), 'None yet.'),
            ...(next ? [older] : [])
        );
    };
    show(data);
    return section('Versions', rows, place);
}

function done(text, { active_from: from }) {
    const reload = button('Show', () => window.dispatchEvent(new Event('hashchange')));
    return notice('success', el('p', {}, `${text} `, time(from), '.'), reload);
}
