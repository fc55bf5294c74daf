/** Numbers from 0 to 1 by xorshift: samples need no better ones, and tests may fix Math.random(). @param seed not 0 */
export function uniform(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
