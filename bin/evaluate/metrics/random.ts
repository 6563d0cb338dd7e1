/**
 * Uniform numbers in [0, 1) that a seed determines: Marsaglia's xorshift32 (Journal of Statistical Software 2003).
 * Statistically enough for resampling, not for anything secret.
 */
export function createRandom(seed: number): () => number {
  // Zero is the one state xorshift never leaves.
  let state = seed | 0 || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
