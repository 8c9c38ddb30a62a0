// Random numbers that repeat: the same seed gives the same run on every machine and engine.
// Xorshift with 32 bits of state (George Marsaglia, “Xorshift RNGs”, 2003, section 4).

/** A generator with the helpers that the tests need. Any seed will do; 0 becomes 1. */
export function makeRandom(seed) {
  let state = seed >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0);
  };
  return {
    /** A whole number from 0 to limit - 1. */
    below: (limit) => Math.floor((next() / 2 ** 32) * limit),
    /** True so many times out of a hundred. */
    percent: (chance) => (next() / 2 ** 32) * 100 < chance,
    /** One of a list's entries. */
    pick: (list) => list[Math.floor((next() / 2 ** 32) * list.length)],
    /** 32 random bits. */
    word: next,
  };
}
