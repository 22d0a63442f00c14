// Seeded randomness: the same seed visits the same products in the same order.

/// Numbers from 0 to 1, of one iteration (mulberry32).
export function generator(seed: number, iteration: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(iteration + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/// The shares of `count` things of which the n-th is requested 1/n times as often as the first (Zipf's law
/// with exponent 1: an assumption of ours).
export function zipfShares(count: number): number[] {
  const weights = Array.from({ length: count }, (_, at) => 1 / (at + 1));
  const all = weights.reduce((sum, one) => sum + one, 0);
  return weights.map((one) => one / all);
}

/// The thing that a random number from 0 to 1 picks.
export function pick(shares: readonly number[], random: number): number {
  let rest = random;
  for (let at = 0; at < shares.length; at += 1) {
    rest -= shares[at]!;
    if (rest < 0) {
      return at;
    }
  }
  return shares.length - 1;
}

/// A pause with this mean, exponentially distributed and at most four times as long.
export const pause = (mean_s: number, random: number): number =>
  Math.min(-Math.log(1 - random) * mean_s, 4 * mean_s);
