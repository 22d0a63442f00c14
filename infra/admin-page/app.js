// The admin: who is here, what they may do, and the view that the address names.
import { call } from './api.js';
import { button, el, field, form, notice, problemNotice } from './dom.js';
import {
    endSession,
    hasSession,
    idToken,
    isFramed,
    setStaffToken,
    takesStaffToken,
} from './session.js';
import { audit } from './view-audit.js';
import { customers } from './view-customers.js';
import { health } from './view-health.js';
import { privacy } from './view-privacy.js';
import { products } from './view-products.js';
import { program } from './view-program.js';
import { staff } from './view-staff.js';

// Each view with the act that it needs to be offered.
const VIEWS = [
    { path: '', title: 'Health', act: 'view_health', show: health },
    { path: 'products', title: 'Products', act: 'view_products', show: products },
    { path: 'program', title: 'Loyalty program', act: 'view_program', show: program },
    { path: 'customers', title: 'Customers', act: 'view_customers', show: customers },
    { path: 'staff', title: 'Staff', act: 'view_staff', show: staff },
    { path: 'privacy', title: 'Data requests', act: 'view_demands', show: privacy },
    { path: 'audit', title: 'Audit log', act: 'view_audit', show: audit },
];

const main = document.getElementById('main');
const nav = document.getElementById('nav');
// The number of the view that is shown: what an earlier one still loads is not.
let current = 0;

start();

async function start() {
    nav.replaceChildren();
    if (!hasSession()) {
        main.replaceChildren(outside());
        return;
    }
    try {
        const { data } = await call('GET', '/v1/admin/staff');
        const context = { you: data.you, may: (act) => data.may.includes(act) };
        const setUp = await setUpApp();
        offer(context);
        window.onhashchange = () => route(context);
        await route(context);
        if (setUp) {
            main.prepend(setUp);
        }
    } catch (error) {
        const again = takesStaffToken() ? staffTokenForm() : null;
        endSession();
        main.replaceChildren(...[problemNotice(error), again].filter(Boolean));
    }
}

// What a person sees who opens the page by its address.
function outside() {
    return el(
        'section',
        {},
        el('h2', {}, 'Open Forecourt from the Shopify admin'),
        el(
            'p',
            {},
            'Shopify shows this page in its admin and says who you are. There, choose Apps, then ' +
                'Forecourt.'
        ),
        takesStaffToken() ? staffTokenForm() : null
    );
}

function staffTokenForm() {
    const token = el('input', { type: 'password', autocomplete: 'off', required: true });
    const submit = () => {
        if (token.value) {
            setStaffToken(token.value);
            start();
        }
    };
    const hint = 'For the shop on this machine. It is forgotten when you close the tab.';
    return form(submit, field('Staff token', token, hint), el('button', {}, 'Open'));
}

// Shopify's proof of who is here becomes the tokens with which the app acts for the shop. At every
// opening: those in the store may have been revoked meanwhile. The server leaves new ones alone.
async function setUpApp() {
    if (!isFramed()) {
        return null;
    }
    const path = '/v1/admin/installation';
    const { data } = await call('GET', path);
    try {
        await call('POST', path, { body: { id_token: await idToken() } });
        if (data.state === 'installed') {
            return null;
        }
        return notice('success', el('p', {}, 'Forecourt is connected with the shop.'));
    } catch (error) {
        return problemNotice(error);
    }
}

function offer({ may, you }) {
    const links = VIEWS.filter((view) => may(view.act)).map((view) =>
        el('li', {}, el('a', { href: `#/${view.path}`, 'data-path': view.path }, view.title))
    );
    const end = button('Close', () => {
        endSession();
        start();
    });
    nav.replaceChildren(
        ...[
            el('ul', {}, links),
            el('p', { class: 'you' }, you ? `You: person ${you.id}, ${you.role}` : 'Staff token'),
            isFramed() ? null : end,
        ].filter(Boolean)
    );
}

async function route(context) {
    current += 1;
    const own = current;
    const [path, ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decode);
    const view = VIEWS.find((one) => one.path === path && context.may(one.act));
    for (const link of nav.querySelectorAll('a')) {
        link.toggleAttribute('aria-current', link.dataset.path === path);
        if (link.dataset.path === path) {
            link.setAttribute('aria-current', 'page');
        }
    }
    const shown = view ? await shownOrProblem(view, context, rest) : unknown();
    if (own !== current) {
        return;
    }
    document.title = view ? `${view.title} – Forecourt` : 'Forecourt';
    main.replaceChildren(shown);
    main.focus();
}

async function shownOrProblem(view, context, rest) {
    try {
        return await view.show(context, rest);
    } catch (error) {
        return problemNotice(error);
    }
}

function unknown() {
    return notice('info', el('p', {}, 'There is no such page, or your role does not include it.'));
}

function decode(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}
