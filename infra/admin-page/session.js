// Who calls: a person in Shopify's admin, by the ID tokens of App Bridge, or on this machine the
// holder of the staff token.

// How long App Bridge may take; it answers from the frame around this one.
const ID_TOKEN_MS_MAX = 10_000;
// Where the staff token is until the tab is closed.
const STAFF_TOKEN = 'forecourt-staff-token';
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

export function isFramed() {
    return window.top !== window.self;
}

// Whether the page may ask for a staff token: only on the machine on which it runs. Elsewhere the
// token belongs to machines.
export function takesStaffToken() {
    return !isFramed() && LOOPBACK.includes(location.hostname);
}

export function hasSession() {
    return isFramed() || (takesStaffToken() && sessionStorage.getItem(STAFF_TOKEN) !== null);
}

export function setStaffToken(token) {
    sessionStorage.setItem(STAFF_TOKEN, token);
}

export function endSession() {
    sessionStorage.removeItem(STAFF_TOKEN);
}

// What to send as `Authorization: Bearer`. App Bridge gives a new ID token whenever it needs one.
export async function bearer() {
    return isFramed() ? idToken() : sessionStorage.getItem(STAFF_TOKEN);
}

export async function idToken() {
    if (typeof window.shopify?.idToken !== 'function') {
        throw {
            title: "Shopify's App Bridge did not load",
            detail: 'Load the page again. Some blockers stop scripts of cdn.shopify.com.',
        };
    }
    const late = {
        title: 'Shopify did not say who you are',
        detail: 'Load the page again from the Shopify admin.',
    };
    let timer;
    const limit = new Promise((_, reject) => {
        timer = setTimeout(() => reject(late), ID_TOKEN_MS_MAX);
    });
    return Promise.race([window.shopify.idToken(), limit]).finally(() => clearTimeout(timer));
}
