// Which share of the answers comes from the edge's cache, from popularity, lifetime and rate.
import { PROMISE_MS } from './api.ts';

/// How long the edge keeps an answer (docs/PROTOCOL.md, section 7).
export const PUBLIC_TTL_S = 60;
export const PERSONAL_TTL_S = 5;
/// Requests for a thing that overlap with its first one may miss, too: for as long as a miss may take.
const OVERLAP_S = PROMISE_MS / 1000;
/// How many standard errors of a share of so many requests: fewer than one run in a thousand is outside by chance.
const ERRORS = 3;

/// The least acceptable share of hits if `rate` reads a second go to things with these shares, for so long. A
/// thing misses once in its lifetime if it is requested at all: in a run shorter than that once or never.
export function leastHits(shares: readonly number[], rate: number, seconds: number, ttl_s: number): number {
  let misses = 0;
  for (const share of shares) {
    const perSecond = rate * share;
    const first = 1 - Math.exp(-perSecond * Math.min(seconds, ttl_s));
    const later = Math.max(0, seconds - ttl_s) / (ttl_s + 1 / perSecond);
    misses += (first + later) * (1 + perSecond * OVERLAP_S);
  }
  const requests = rate * seconds;
  const share = Math.max(0, 1 - misses / requests);
  return Math.max(0, share - ERRORS * Math.sqrt((share * (1 - share)) / requests));
}
