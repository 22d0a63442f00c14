// A viewer-request event in, the request to forward or the response out. On any failure the answer
// is a 503 of ours, and no request is forwarded.

// How long a configuration is used before it is read again. A key verifies for an hour before it
// signs, and a removed key is rejected after this.
export const FRESH_MS = 15 * 60 * 1000;
// How long the last one is used while a new one can't be read. After the hour others may sign with
// a key unknown here, and a valid token would be rejected.
export const STALE_MAX_MS = 60 * 60 * 1000;
// How long until the next try, so that one request a minute waits, not each.
export const RETRY_MS = 60 * 1000;

export function viewerRequest({ verdicts, readConfiguration, now_ms, log }) {
    let configured_ms = -Infinity;
    let due_ms = -Infinity;

    // Awaited, not left running behind an answer: Lambda freezes what runs between two events.
    async function renew() {
        if (now_ms() < due_ms) {
            return;
        }
        try {
            verdicts.configure(await readConfiguration());
            configured_ms = now_ms();
            due_ms = configured_ms + FRESH_MS;
        } catch (error) {
            log(error);
            // An instance that never had one tries again at the next event.
            due_ms = configured_ms > -Infinity ? now_ms() + RETRY_MS : due_ms;
        }
    }

    async function decide(event) {
        try {
            await renew();
            if (now_ms() - configured_ms > STALE_MAX_MS) {
                throw new Error('there is no configuration, or it is over an hour old');
            }
            return verdicts.decide(event, Math.floor(now_ms() / 1000));
        } catch (error) {
            log(error);
            return unavailable(event);
        }
    }

    return Object.assign(decide, { renew });
}

// The problem document of `Code::Unavailable` (edge/wire/src/problem.rs).
function unavailable(event) {
    const request = event?.Records?.[0]?.cf?.request;
    const problem = {
        type: '/problems/unavailable',
        title: 'Try again shortly',
        status: 503,
        code: 'unavailable',
        detail: 'The edge could not check this request; nothing was done.',
        instance: typeof request?.uri === 'string' ? request.uri.slice(0, 1024) : '',
        errors: [],
    };
    const header = (value) => [{ value }];
    const response = {
        status: '503',
        headers: {
            'access-control-allow-origin': header('*'),
            'cache-control': header('no-store'),
            'content-type': header('application/problem+json'),
            'retry-after': header('1'),
        },
    };
    return request?.method === 'HEAD' ? response : { ...response, body: JSON.stringify(problem) };
}
