/** Why a call failed. Later releases may add kinds and codes: handle an unknown one like `problem`. */
export type ErrorKind =
  /** Forecourt answered with a problem document; `code` says which. */
  | 'problem'
  /** No answer: the network, or Forecourt, is down. */
  | 'network'
  /** No answer, or no certain outcome, within the bound. */
  | 'timeout'
  /** The answer is not what Forecourt sends: something between has replaced it. */
  | 'unreadable'
  /** The caller aborted. */
  | 'aborted'
  /** A later call of the same kind replaced this one. */
  | 'superseded'
  /** Too many commands wait for the network; this one is not queued. */
  | 'queue-full'
  /** No customer is signed in, or the sign-in ended while the call was under way. */
  | 'signed-out'
  /** The command waited for two weeks, after which its key would name another command. */
  | 'expired'
  /** Answers arrived out of order; call again. */
  | 'busy'
  /** A part of the client could not be loaded. */
  | 'load';

/** One field at fault: a JSON Pointer into the body, `query:name` or `header:name`. */
export interface FieldError {
  field: string;
  message: string;
}

/** What is known about a failure beside its kind. */
export interface ErrorDetails {
  status?: number;
  /** The code of the problem document. */
  code?: string;
  errors?: FieldError[];
  /** How long to wait before another attempt. */
  retryAfterMs?: number;
  /** Of every command that fails: whether it is stored and sent later. Then don't sell it another way. */
  queued?: boolean;
  /** The members of the problem document, also those of later releases. */
  problem?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error of this package. */
export class ForecourtError extends Error {
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'ForecourtError';
    this.kind = kind;
    this.details = details;
  }

  /** The plain script and its parts have a copy of this class each. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return (value as Error | undefined)?.name === 'ForecourtError';
  }

  get code(): string | undefined {
    return this.details.code;
  }

  /** Whether the same call may succeed later: no answer, 429 or 5xx. */
  get isTransient(): boolean {
    const status = this.details.status ?? 0;
    return this.kind === 'network' || this.kind === 'timeout' || this.kind === 'busy'
      || status === 429 || status >= 500;
  }
}
