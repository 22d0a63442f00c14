/** Requests and answers: time-outs, problem documents, waits between attempts. */
import { ForecourtError } from './errors.js';
import type { Exchange, Platform } from './platform.js';

/** How long one request may take, and one call with all its attempts. */
export const REQUEST_MS_MAX = 10_000;
export const CALL_MS_MAX = 20_000;
/** How often a read, and a command in the background, is repeated without an answer. */
export const RETRIES_MAX = 3;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 30_000;

export interface Reply {
  status: number;
  body: Record<string, unknown>;
  etag: string;
  /** The server's clock, if the answer says it. */
  date?: number;
}

export const aborted = () => new ForecourtError('aborted', 'The call was aborted.');

/** The value of `act`, or an error once time is up or the caller aborts. */
export async function within<T>(
  platform: Platform,
  ms: number,
  signal: AbortSignal | undefined,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [controller, timer] = [new AbortController(), new AbortController()];
  let stop: () => void = () => {};
  const ends = new Promise<never>((_, reject) => {
    const end = (error: ForecourtError) => {
      reject(error);
      controller.abort();
    };
    stop = () => end(aborted());
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    void platform.sleep(ms, timer.signal)
      .then(() => end(new ForecourtError('timeout', `No answer in ${ms} ms.`)));
  });
  ends.catch(() => {});
  try {
    return await Promise.race([ends, act(controller.signal)]);
  } finally {
    timer.abort();
    signal?.removeEventListener('abort', stop);
  }
}

/** Sends a request; an error if no answer arrives. */
export async function send(
  platform: Platform,
  exchange: Exchange,
  signal?: AbortSignal,
): Promise<Reply> {
  return within(platform, REQUEST_MS_MAX, signal, async (signal) => {
    const sent = platform.fetch(exchange, signal).then(async (response) => {
      const text = response.status === 304 ? '' : await response.text();
      return { response, text };
    });
    const { response, text } = await sent.catch((cause) => {
      throw new ForecourtError('network', 'No answer from Forecourt.', { cause });
    });
    const { status, headers } = response;
    let body: Record<string, unknown> | undefined;
    try {
      body = status === 304 ? {} : JSON.parse(text);
    } catch {
      // CloudFront's own errors are HTML.
    }
    if (status >= 300 && status !== 304) {
      // Seconds only: Forecourt never sends a date.
      const seconds = Number(headers.get('retry-after'));
      throw problem(status, body ?? {}, seconds > 0 ? seconds * 1_000 : undefined);
    }
    if (!body) throw new ForecourtError('unreadable', 'The answer is not JSON.', { status });
    const date = Date.parse(headers.get('date') ?? '');
    return { status, body, etag: headers.get('etag') ?? '', date: date || undefined };
  });
}

/** The error of a problem document, also of one with unknown members or an unknown code. */
export function problem(
  status: number,
  body: Record<string, unknown>,
  retryAfterMs?: number,
): ForecourtError {
  const { code, errors, detail, title } = body as Record<string, never>;
  const message = detail ?? title ?? `HTTP ${status}`;
  return new ForecourtError('problem', message, { status, code, errors, retryAfterMs, problem: body });
}

/** Waits before the next attempt: as long as the server says, or longer each time, with jitter. */
export function pause(platform: Platform, attempt: number, error: unknown): Promise<void> {
  const doubled = WAIT_MS_MIN * 2 ** attempt;
  const jitter = (doubled * parseInt(platform.randomId().slice(0, 2), 16)) / 256;
  const atLeast = (error as ForecourtError).details?.retryAfterMs ?? 0;
  return platform.sleep(Math.round(Math.min(Math.max(atLeast, doubled + jitter), WAIT_MS_MAX)));
}

/** Repeats what got no answer. */
export async function persist<T>(platform: Platform, act: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error as ForecourtError).isTransient || attempt >= RETRIES_MAX) throw error;
      await pause(platform, attempt, error);
    }
  }
}
