// What examples/prng/prng.wat computes, in JavaScript: xoshiro128** (Blackman, Vigna 2018), seeded by tabulation
// hashing with a table that xorshift32 (Marsaglia 2003) makes.

const turn = (word, bits) => (word << bits) | (word >>> (32 - bits) % 32);

function* xorshift() {
  for (let x = 1; ; ) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x;
  }
}

const words = xorshift();

/** The 256 words of the table. */
export const table = Array.from({ length: 256 }, () => words.next().value);

function hash(key) {
  return [0, 8, 16, 24].reduce((sum, shift) => {
    const word = table[(key >>> shift) & 255];
    return sum ^ (shift === 0 ? word : turn(word, shift));
  }, 0);
}

export class ModelPRNG {
  constructor(seed) {
    const golden = 0x9e3779b9;
    this.state = [0, 1, 2, 3].map((i) => hash((seed + Math.imul(i, golden)) | 0));
    if (this.state.every((word) => word === 0)) this.state[3] = 1;
  }

  rand() {
    const [a, b, c, d] = this.state;
    const result = Math.imul(turn(Math.imul(b, 5), 7), 9);
    const mixedC = c ^ a;
    const mixedD = d ^ b;
    this.state = [a ^ mixedD, b ^ mixedC, mixedC ^ (b << 9), turn(mixedD, 11)];
    return result;
  }

  take(count) {
    return Array.from({ length: count }, () => this.rand());
  }
}
