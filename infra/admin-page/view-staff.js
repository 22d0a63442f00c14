// Staff: who has which role. An owner changes roles.
import { call, segment } from './api.js';
import {
    act,
    button,
    el,
    field,
    form,
    notice,
    outcome,
    section,
    select,
    table,
    words,
} from './dom.js';

const ROLES = ['owner', 'manager', 'support', 'developer'].map((role) => [role, words(role)]);

export async function staff(context) {
    const { data } = await call('GET', '/v1/admin/staff');
    const place = outcome();
    const mayChange = context.may('change_roles');
    const row = ({ id, role }) => [
        data.you?.id === id ? `person ${id} (you)` : `person ${id}`,
        mayChange ? change(id, role, place) : role,
    ];
    return el(
        'section',
        {},
        el('h2', {}, 'Staff'),
        el(
            'p',
            {},
            "A person's number is Shopify's. The first person who opened Forecourt is the owner; " +
                'those who come later begin with the role support.'
        ),
        table('Persons and their roles', ['Person', 'Role'], data.staff.map(row), 'No person yet.'),
        mayChange ? add(place) : null,
        place
    );
}

function change(id, role, place) {
    const roles = select(ROLES, role, { 'aria-label': `Role of person ${id}` });
    const save = button('Save', () => act(save, place, () => assign(id, roles.value)), {
        'aria-label': `Save the role of person ${id}`,
    });
    return el('span', { class: 'inline' }, roles, save);
}

function add(place) {
    const id = el('input', { inputmode: 'numeric', autocomplete: 'off' });
    const role = select(ROLES, 'support');
    const save = el('button', {}, 'Give the role');
    const submit = () => act(save, place, () => assign(id.value.trim(), role.value));
    return section(
        'Give a person a role in advance',
        form(submit, field('Number of the person', id), field('Role', role), save)
    );
}

async function assign(id, role) {
    const { data } = await call('PUT', `/v1/admin/staff/${segment(id)}`, { body: { role } });
    return notice('success', el('p', {}, `Person ${data.id} has the role ${data.role}.`));
}
