// Customers: found by id, e-mail address or reward code; points, ledger, redemptions, cart, and
// adjustments with a reason.
import { call, segment } from './api.js';
import {
    act,
    badge,
    button,
    el,
    facts,
    field,
    form,
    money,
    notice,
    number,
    outcome,
    section,
    select,
    table,
    time,
    words,
} from './dom.js';

const KINDS = [
    ['id', "Customer's number"],
    ['email', 'E-mail address'],
    ['code', 'Reward code'],
];
const STATES = { confirmed: 'success', pending: 'info', rejected: 'critical', released: 'warning' };
// How often the ledger is read after an adjustment, which is absorbed within moments.
const READS_MAX = 20;
const READ_PAUSE_MS = 250;

export async function customers(context, [id]) {
    return id ? customer(context, id) : finder();
}

function finder() {
    const kind = select(KINDS, 'id');
    const value = el('input', { autocomplete: 'off' });
    const place = outcome();
    const search = el('button', {}, 'Find');
    const submit = () =>
        act(search, place, async () => {
            const body = { [kind.value]: value.value.trim() };
            const { data } = await call('POST', '/v1/admin/customers/find', { body });
            location.hash = `#/customers/${segment(data.customer_id)}`;
        });
    const hint =
        "The number is at the end of the address of the customer's page in the Shopify admin.";
    return el(
        'section',
        {},
        el('h2', {}, 'Find a customer'),
        form(submit, field('By', kind), field('Value', value, hint), search),
        place
    );
}

async function customer(context, id) {
    const path = `/v1/admin/customers/${segment(id)}`;
    const { data } = await call('GET', path);
    const cart = await call('GET', `/v1/admin/carts/${segment(data.cart_id)}`);
    const points = el('div');
    const show = (read) => points.replaceChildren(standing(read.standing), ledger(path, read));
    show(data);
    return el(
        'section',
        {},
        el('p', {}, el('a', { href: '#/customers' }, 'Find another customer')),
        el('h2', {}, `Customer ${data.customer_id}`),
        points,
        context.may('adjust_points') ? adjustment(id, path, show) : null,
        redemptions(data.redemptions),
        cartSection(cart.data),
        context.may('revoke_tokens') ? sessions(path) : null
    );
}

function standing(read) {
    if (!read) {
        return notice('warning', el('p', {}, 'No loyalty program is published.'));
    }
    const { balance, tier, next_tier: next, expiring } = read;
    const lots = expiring.map(({ points, at }) => el('li', {}, `${number(points)} on `, time(at)));
    return section(
        'Points',
        facts([
            ['Available', number(balance.available)],
            ['Pending', number(balance.pending)],
            ['Held', number(balance.held)],
            ['Tier', tier.title],
            ['Next tier', next ? `${next.title}, ${number(next.remaining)} missing` : '–'],
            ['Expiring', lots.length ? el('ul', {}, lots) : '–'],
        ])
    );
}

function ledger(path, first) {
    const [list, place] = [el('div'), outcome()];
    const entries = [];
    const show = ({ entries: page, next }) => {
        entries.push(...page);
        const older = button('Older entries', () =>
            act(older, place, async () => {
                const { data } = await call('GET', `${path}?cursor=${segment(next)}`);
                show(data);
            })
        );
        const columns = ['When', 'What', 'Points', 'Because of', 'Available', 'Expires'];
        list.replaceChildren(
            table('Ledger', columns, entries.map(row), 'No entries yet.'),
            ...(next ? [older] : [])
        );
    };
    show(first);
    return section('Ledger', list, place);
}

function row({ at, kind, points, cause, available_at: from, expires_at: until }) {
    return [
        time(at),
        words(kind),
        number(points),
        `${words(cause.type)} ${cause.id}`,
        time(from),
        time(until),
    ];
}

function adjustment(id, path, show) {
    const points = el('input', { inputmode: 'numeric', autocomplete: 'off' });
    const reason = el('input', { maxlength: '200', autocomplete: 'off' });
    const place = outcome();
    const save = el('button', {}, 'Adjust');
    // One key for one adjustment: sending it again after a lost answer counts once.
    let sent = { text: '', key: '' };
    const submit = () =>
        act(save, place, async () => {
            const body = { points: whole(points.value), reason: reason.value };
            const text = JSON.stringify(body);
            sent = sent.text === text ? sent : { text, key: crypto.randomUUID() };
            const route = `/v1/admin/loyalty/customers/${segment(id)}/adjustments`;
            const { data } = await call('POST', route, { body, key: sent.key });
            sent = { text: '', key: '' };
            points.value = '';
            reason.value = '';
            const isShown = await shown(path, data.id, show);
            const later = isShown ? '' : ' It is in the ledger shortly.';
            return notice(
                'success',
                el('p', {}, `${number(data.points)} points were adjusted.${later}`)
            );
        });
    const hint = 'The reason is in the archive: no name and no address.';
    return section(
        'Adjust points',
        form(
            submit,
            field('Points', points, 'A negative number removes points.'),
            field('Reason', reason, hint),
            save
        ),
        place
    );
}

// For a device that was lost, or a token that was copied.
function sessions(path) {
    const place = outcome();
    const end = button('End all sessions', () =>
        act(end, place, async () => {
            await call('POST', `${path}/revoke`);
            const text = 'All tokens of this customer end within 10 seconds.';
            return notice('success', el('p', {}, text));
        })
    );
    const hint = 'Who is still signed in to the shop gets another token: end that session in Shopify first.';
    return section('Sessions', el('p', {}, hint), end, place);
}

// A number as it was typed, or the text, of which the server says what is wrong.
function whole(text) {
    return /^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}

// Reads the customer until the ledger has the entry of an adjustment.
async function shown(path, adjustment, show) {
    for (let read = 0; read < READS_MAX; read += 1) {
        const { data } = await call('GET', path);
        if (data.entries.some(({ cause }) => cause.id === adjustment)) {
            show(data);
            return true;
        }
        await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
    }
    return false;
}

function redemptions(all) {
    const row = ({ requested_at: at, reward, points, status, id }) => [
        time(at),
        reward,
        number(points),
        badge(STATES[status] ?? 'info', status),
        el('code', {}, id.slice(0, 12)),
    ];
    const columns = ['Requested', 'Reward', 'Points', 'State', 'Id begins with'];
    return section(
        'Redemptions of the last 15 days',
        table('Redemptions', columns, all.map(row), 'None.')
    );
}

function cartSection({ lines, currency, subtotal, version }) {
    const row = ({ title, sku, quantity, price, total, properties }) => [
        title,
        sku ?? '–',
        number(quantity),
        money(price, currency),
        money(total, currency),
        Object.entries(properties).map(([name, value]) => el('div', {}, `${name}: ${value}`)),
    ];
    const columns = ['Title', 'SKU', 'Quantity', 'Price', 'Total', 'Properties'];
    return section(
        `Cart, version ${version}`,
        table('Cart', columns, lines.map(row), 'The cart is empty.'),
        lines.length ? el('p', {}, `Subtotal: ${money(subtotal, currency)}`) : null
    );
}
