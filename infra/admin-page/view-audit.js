// The audit log: who did what, and when.
import { call, segment } from './api.js';
import { act, button, el, outcome, table, time, words } from './dom.js';

export async function audit() {
    const list = el('div');
    const place = outcome();
    const entries = [];
    const load = async (cursor) => {
        const query = cursor ? `?cursor=${segment(cursor)}` : '';
        const { data } = await call('GET', `/v1/admin/audit${query}`);
        entries.push(...data.entries);
        const older = button('Older entries', () => act(older, place, () => load(data.next)));
        list.replaceChildren(
            table('What staff did', COLUMNS, entries.map(row), 'Nothing yet.'),
            ...(data.next ? [older] : [])
        );
    };
    await load();
    return el('section', {}, el('h2', {}, 'Audit log'), list, place);
}

const COLUMNS = ['When', 'Who', 'Role', 'What', 'Of', 'Detail'];

function row({ at, person, role, act: done, subject, detail }) {
    return [
        time(at),
        person ? `person ${person}` : 'staff token',
        role ?? '–',
        words(done),
        subject,
        detail,
    ];
}
