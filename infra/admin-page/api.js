// Calls to the routes of staff. A problem document is thrown as it is.
import { bearer, isFramed } from './session.js';

// Publishing compiles for up to 25 s, and the edge waits 30 s.
const CALL_MS_MAX = 35_000;
// The function behind these routes runs twice at once: a read of a third person may have to wait.
const BUSY = [429, 503];
const READS_MAX = 4;
const BUSY_PAUSE_MS = 1_000;

// The call before: one person makes one at a time.
let last = Promise.resolve();

// Calls a route. `body` is sent as JSON, `document` as it is; `ifMatch` is the version that a
// change replaces, `key` names a command and its repetitions. The result has the answer's `data`,
// `text` and `etag`.
export function call(method, path, options = {}) {
    const own = last.then(() => patiently(method, path, options));
    last = own.catch(() => {});
    return own;
}

async function patiently(method, path, options) {
    let response = await send(method, path, options);
    // An ID token lives for a minute: nothing was done, and the next one may be good.
    if (response.status === 401 && isFramed()) {
        response = await send(method, path, options);
    }
    for (
        let read = 1;
        method === 'GET' && BUSY.includes(response.status) && read < READS_MAX;
        read += 1
    ) {
        await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
        response = await send(method, path, options);
    }
    return answer(response);
}

// A part of a path.
export function segment(text) {
    return encodeURIComponent(text);
}

async function send(method, path, { body, document, ifMatch, key }) {
    const headers = { authorization: `Bearer ${await bearer()}` };
    const sent = document ?? (body === undefined ? undefined : JSON.stringify(body));
    if (sent !== undefined) {
        headers['content-type'] = 'application/json';
    }
    if (ifMatch) {
        headers['if-match'] = ifMatch;
    }
    if (key) {
        headers['idempotency-key'] = key;
    }
    try {
        const signal = AbortSignal.timeout(CALL_MS_MAX);
        return await fetch(path, { method, headers, body: sent, signal });
    } catch {
        throw {
            title: 'Forecourt did not answer',
            detail:
                'Check the connection, then try again. It is not known whether a change was made: ' +
                'look before you repeat it.',
        };
    }
}

async function answer(response) {
    const text = await response.text();
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    if (!response.ok) {
        throw isProblem ? JSON.parse(text) : unreadable(response.status);
    }
    return { data: JSON.parse(text), text, etag: response.headers.get('etag') };
}

function unreadable(status) {
    return { title: `The answer was ${status}, without a reason`, detail: 'Try again shortly.' };
}
