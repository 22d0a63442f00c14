// Elements from values. Every text becomes a text node: what customers and merchants wrote is never
// read as HTML.

// An element with attributes and children. An attribute that begins with `on` is a listener, one
// that is `false` or `null` is left out; children may be lists, texts, numbers, nodes, or null.
export function el(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith('on')) {
            element.addEventListener(key.slice(2), value);
        } else if (value !== false && value !== null && value !== undefined) {
            element.setAttribute(key, value === true ? '' : value);
        }
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
}

export function section(title, ...children) {
    return el('s-section', {}, el('h2', {}, title), children);
}

// A message. What went wrong is announced at once, everything else when the reader is idle.
export function notice(tone, ...children) {
    const role = tone === 'critical' ? 'alert' : 'status';
    return el('s-banner', { tone, role, class: `notice ${tone}` }, children);
}

export function badge(tone, text) {
    return el('s-badge', { tone, class: `badge ${tone}` }, text);
}

// A table that scrolls by itself on a narrow screen, also by keyboard.
export function table(caption, columns, rows, empty) {
    if (!rows.length) {
        return el('p', {}, empty);
    }
    const head = columns.map((column) => el('th', { scope: 'col' }, column));
    const body = rows.map((cells) =>
        el(
            'tr',
            {},
            cells.map((cell) => el('td', {}, cell))
        )
    );
    return el(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
        el(
            'table',
            {},
            el('caption', {}, caption),
            el('thead', {}, el('tr', {}, head)),
            el('tbody', {}, body)
        )
    );
}

// Pairs of a name and a value.
export function facts(pairs) {
    return el(
        'dl',
        {},
        pairs.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])
    );
}

let fields = 0;

// A labelled control, with a hint that is read with it.
export function field(label, control, hint) {
    fields += 1;
    control.id = `field-${fields}`;
    if (hint) {
        control.setAttribute('aria-describedby', `${control.id}-hint`);
    }
    return el(
        'div',
        { class: 'field' },
        el('label', { for: control.id }, label),
        control,
        hint ? el('p', { class: 'hint', id: `${control.id}-hint` }, hint) : null
    );
}

export function select(options, selected, attributes = {}) {
    const option = ([value, text]) => el('option', { value, selected: value === selected }, text);
    return el('select', attributes, options.map(option));
}

export function button(text, action, attributes = {}) {
    return el('button', { type: 'button', onclick: action, ...attributes }, text);
}

// A form whose `submit` runs without a page load.
export function form(submit, ...children) {
    const onsubmit = (event) => {
        event.preventDefault();
        submit(event);
    };
    return el('form', { onsubmit, novalidate: true }, children);
}

// A place for the outcome of an act.
export function outcome() {
    return el('div', { class: 'outcome' });
}

// Runs an act: the control is disabled meanwhile, and a problem is shown in `place`. What the act
// returns is shown there, if it returns anything.
export async function act(control, place, action) {
    if (control.disabled) {
        return;
    }
    control.disabled = true;
    place.replaceChildren();
    try {
        const shown = await action();
        if (shown) {
            place.replaceChildren(shown);
        }
    } catch (error) {
        place.replaceChildren(problemNotice(error));
    } finally {
        control.disabled = false;
    }
}

// A problem in words: its title, what to do, and each field at fault.
export function problemNotice(error) {
    const { title, detail, errors = [] } = error;
    if (title === undefined) {
        console.error(error);
        return notice('critical', el('p', {}, 'The page failed. Load it again.'));
    }
    const place = (at) => (at.field ? [el('code', {}, at.field), ' '] : []);
    return notice(
        'critical',
        el('p', {}, el('strong', {}, title)),
        detail ? el('p', {}, detail) : null,
        errors.length
            ? el(
                  'ul',
                  {},
                  errors.map((at) => el('li', {}, place(at), at.message))
              )
            : null
    );
}

// A time of the server in the reader's own form and time zone; the exact one is its title.
export function time(text) {
    if (!text) {
        return '–';
    }
    const at = new Date(text);
    const shown = at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    return el('time', { datetime: text, title: text }, shown);
}

export function number(value) {
    return Number(value).toLocaleString();
}

// Minor units as an amount of the shop's currency.
export function money(minor, currency) {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// `publish_products` in words.
export function words(word) {
    return word.replaceAll('_', ' ');
}
