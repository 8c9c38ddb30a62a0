// Traces: what is recorded, byte for byte; reading what anybody may have written; doing it again elsewhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, readTrace, replayTrace } from 'allot';

import { drive } from './support/drive.mjs';
import { places, policies, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';

const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** CRC-32, bit by bit. */
function crc32(bytes) {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let i = 0; i < 8; i++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return ~remainder >>> 0;
}

const header = (flags = 0) => [...'allotT'].map((letter) => letter.charCodeAt(0)).concat(10, 26, 1, 0, flags, 0, 0, 0, 0, 0);

/** A trace of these records, with all that belongs around them. */
function traceOf(records, { flags = 0, count = records.length } = {}) {
  const bytes = [...header(flags), ...records.flat(), 0, count];
  const checksum = crc32(bytes);
  return Uint8Array.from([...bytes, checksum & 255, (checksum >>> 8) & 255, (checksum >>> 16) & 255, checksum >>> 24]);
}

const malformed = (bytes, message) => {
  const read = () => {
    for (const record of readTrace(bytes)) void record;
  };
  throwsCode(read, 'HeapError', 'malformed_trace', message);
  throwsCode(() => replayTrace(bytes, Heap.createSync()), 'HeapError', 'malformed_trace', message);
};

test('the checksum of the tests is the one that everybody has', () => {
  assert.equal(crc32([...'123456789'].map((letter) => letter.charCodeAt(0))), 0xcbf43926);
});

test('byte for byte, as docs/trace-format.md has it', () => {
  const heap = Heap.createSync({ image: 'outside', initial: 2, maximum: 10, policy: 'exact' });
  const early = heap.malloc(40);
  const trace = heap.trace();
  const p = heap.malloc(300);
  const q = heap.calloc(3, 5);
  assert.deepEqual([early, p, q], [0, 48, 352]);
  heap.realloc(q, 16); // stays
  heap.alignedAlloc(64, 1); // at 384
  heap.free(p);
  assert.throws(() => heap.free(p + 3));
  heap.merge();
  heap.grow(1);
  heap.reserve(65536, 65600);
  heap.unreserve(65536);
  heap.quota = 1000;
  heap.quota = Infinity;
  heap.softMaximum = 655360;
  trace.mark('é');
  assert.throws(() => heap.malloc(2 ** 32 - 1));
  const doubleFree = [11, ...[...'double_free'].map((letter) => letter.charCodeAt(0))];
  const tooLarge = [14, ...[...'size_too_large'].map((letter) => letter.charCodeAt(0))];
  const expected = traceOf([
    [12, 48, 0], // live: 48 bytes at granule 0
    [1, 0xac, 2, 6], // malloc(300): granule 3
    [2, 3, 5, 38], // calloc(3, 5): 19 granules on
    [3, 0, 16, 0], // realloc(the same, 16): the same
    [4, 64, 1, 4], // alignedAlloc(64, 1): two granules on
    [5, 41], // free: 21 granules back
    [5 + 32 + 64, 51, ...doubleFree], // free(51), refused
    [6],
    [7, 1, 2], // grow(1): there were 2
    [8, 0x80, 0x80, 4, 0xc0, 0x80, 4],
    [9, 0x80, 0x80, 4],
    [10, 0xe9, 7],
    [10, 0],
    [11, 0x81, 0x80, 40],
    [13, 2, 0xc3, 0xa9],
    [1 + 32, 0xff, 0xff, 0xff, 0xff, 15, ...tooLarge],
  ]);
  assert.deepEqual(trace.stop(), expected);
  assert.deepEqual([...readTrace(expected)], [
    { operation: 'live', byteLength: 48, address: 0 },
    { operation: 'malloc', byteLength: 300, address: 48 },
    { operation: 'calloc', count: 3, byteLength: 5, address: 352 },
    { operation: 'realloc', block: 352, byteLength: 16, address: 352 },
    { operation: 'alignedAlloc', alignment: 64, byteLength: 1, address: 384 },
    { operation: 'free', block: 48 },
    { operation: 'free', block: 51, refused: 'double_free' },
    { operation: 'merge' },
    { operation: 'grow', pages: 1, before: 2 },
    { operation: 'reserve', begin: 65536, end: 65600 },
    { operation: 'unreserve', begin: 65536 },
    { operation: 'quota', limit: 1000 },
    { operation: 'quota', limit: Infinity },
    { operation: 'maximum', limit: 655360 },
    { operation: 'mark', text: 'é' },
    { operation: 'malloc', byteLength: 2 ** 32 - 1, refused: 'size_too_large' },
  ]);
});

test('any address can be told, also those that are none', () => {
  const heap = Heap.createSync();
  const trace = heap.trace({ live: false });
  const addresses = [2 ** 53 - 1, 2 ** 53 - 16, 1, 2 ** 32, 2 ** 32 + 7, 16];
  for (const address of addresses) assert.throws(() => heap.free(address));
  const records = [...readTrace(trace.stop())];
  assert.deepEqual(records.map(({ block }) => block), addresses);
  // Whose addresses are no multiples of 16.
  let top = 8;
  const odd = Heap.adopt({ memory: new WebAssembly.Memory({ initial: 1 }), malloc: (n) => (top += n) - n, free() {} });
  const other = odd.trace();
  const blocks = [odd.malloc(8), odd.malloc(5), odd.malloc(3)];
  for (const p of blocks) odd.free(p);
  const told = [...readTrace(other.stop())];
  assert.deepEqual(told.map(({ address, block }) => address ?? block), [...blocks, ...blocks]);
});

test('what is no number at all was refused, and is left out', () => {
  const heap = Heap.createSync();
  const trace = heap.trace();
  for (const wrong of ['16', -1, NaN, 1.5, undefined, 16n]) {
    assert.throws(() => heap.malloc(wrong));
    assert.throws(() => heap.free(wrong));
    assert.throws(() => heap.realloc(wrong, 5));
  }
  assert.equal(trace.records, 0);
  assert.deepEqual([...readTrace(trace.stop())], []);
});

test('a few bytes an operation', () => {
  for (const policy of policies) {
    const heap = Heap.createSync({ policy });
    const random = makeRandom(5);
    const trace = heap.trace();
    const blocks = [];
    for (let i = 0; i < 10_000; i++) {
      if (random.percent(blocks.length < 1000 ? 60 : 40)) blocks.push(heap.malloc(random.below(500)));
      else if (blocks.length > 0) heap.free(blocks.splice(random.below(blocks.length), 1)[0]);
    }
    const { length } = trace.stop();
    assert.ok(length / trace.records < 4.5, `${length / trace.records} bytes (${policy})`);
    assert.equal(trace.byteLength, length);
  }
});

test('times, in microseconds from the beginning', () => {
  const heap = Heap.createSync();
  const start = performance.now();
  const trace = heap.trace({ times: true });
  for (let i = 0; i < 500; i++) heap.free(heap.malloc(i));
  trace.mark('done');
  const elapsed = (performance.now() - start) * 1000;
  const times = [...readTrace(trace.stop())].map(({ microseconds }) => microseconds);
  assert.equal(times.length, 1001);
  times.reduce((before, now) => {
    assert.ok(now >= before);
    return now;
  }, 0);
  assert.ok(times.at(-1) <= elapsed + 1 && Number.isInteger(times.at(-1)), `${times.at(-1)} of ${elapsed}`);
});

test('several at once, and each from its own beginning to its own end', () => {
  const heap = Heap.createSync({ image: 'outside' });
  const [first, second] = [heap.trace(), heap.trace({ live: false })];
  heap.malloc(1);
  const third = heap.trace();
  heap.debug = { canaries: true }; // in the middle: underneath them all
  heap.malloc(2);
  const done = first.stop();
  heap.malloc(3);
  third[dispose]();
  heap.malloc(4);
  second.stop();
  heap.malloc(5);
  const lengths = (bytes) => [...readTrace(bytes)].map(({ byteLength }) => byteLength);
  assert.deepEqual(lengths(done), [1, 2]);
  assert.equal(first.stop(), done, 'the same again');
  assert.deepEqual(lengths(second.stop()), [1, 2, 3, 4]);
  assert.deepEqual(lengths(third.stop()), [16, 2, 3]);
  assert.deepEqual([first.isStopped, first.records], [true, 2]);
  throwsCode(() => first.mark('late'), 'TypeError', 'unsupported_operation');
});

test('what cannot be asked of a trace', () => {
  const heap = Heap.createSync();
  for (const options of [null, 5, 'times']) throwsCode(() => heap.trace(options), 'TypeError', 'wrong_type');
  throwsCode(() => heap.trace({ times: 1 }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.trace({ live: 'yes' }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.trace({ time: true }), 'TypeError', 'invalid_option', /"time"/);
  throwsCode(() => heap.trace().mark(5), 'TypeError', 'wrong_type');
  throwsCode(() => readTrace('trace'), 'TypeError', 'wrong_type');
  throwsCode(() => replayTrace(traceOf([]), undefined), 'TypeError', 'wrong_type');
  const adopted = Heap.adopt({ memory: new WebAssembly.Memory({ initial: 1 }), malloc: () => 16, free() {} });
  throwsCode(() => adopted.trace({ live: true }), 'TypeError', 'unsupported_operation');
  adopted.malloc(1);
});

test('bytes however they are held', () => {
  const bytes = traceOf([[1, 5, 2], [13, 1, 65]]);
  const expected = [...readTrace(bytes)];
  const room = new ArrayBuffer(bytes.length + 13);
  new Uint8Array(room, 13).set(bytes);
  const held = [bytes.buffer, new Uint8Array(room, 13), new DataView(room, 13)];
  if (can.shared) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    new Uint8Array(memory.buffer).set(bytes);
    held.push(new Uint8Array(memory.buffer, 0, bytes.length));
  }
  for (const one of held) assert.deepEqual([...readTrace(one)], expected);
});

test('a trace that was cut off anywhere, or in which any byte was changed', () => {
  const heap = Heap.createSync();
  const trace = heap.trace({ times: true });
  const blocks = Array.from({ length: 12 }, (_, i) => heap.malloc(i * 50));
  trace.mark('half');
  assert.throws(() => heap.free(3));
  for (const p of blocks) heap.free(p);
  const bytes = trace.stop();
  const whole = [...readTrace(bytes)];
  for (let length = 0; length < bytes.length; length++) {
    malformed(bytes.subarray(0, length));
    if (length < 16) continue;
    // What came before the cut is given.
    const records = [];
    throwsCode(() => {
      for (const record of readTrace(bytes.subarray(0, length))) records.push(record);
    }, 'HeapError', 'malformed_trace');
    assert.deepEqual(records, whole.slice(0, records.length));
  }
  for (let i = 0; i < bytes.length; i++) {
    for (const change of [1, 0x20, 0x80, 0xff]) {
      const damaged = bytes.slice();
      damaged[i] ^= change;
      malformed(damaged);
    }
  }
  malformed(Uint8Array.of(...bytes, 0), /there is more behind its end/);
});

test('what else is no trace', () => {
  malformed(new Uint8Array(), /it is none/);
  malformed(traceOf([]).with?.(0, 98) ?? new Uint8Array(30), /it is none/);
  const later = traceOf([]);
  later[8] = 2;
  malformed(later, /its version is 2, not 1/);
  malformed(traceOf([], { flags: 2 }), /unknown flags, 2/);
  malformed(traceOf([[1, 5, 2]], { count: 2 }), /it says that it has 2 records, and has 1/);
  malformed(traceOf([[30]]), /there is no operation 30/);
  malformed(traceOf([[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]]), /too long/);
  malformed(traceOf([[1, ...Array(100_000).fill(0x80), 0, 0]]), /too long/);
  malformed(traceOf([[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]]), /too long/);
  malformed(traceOf([[5, 1]]), /-16 is no address/);
  malformed(traceOf([[13, 200, 1, 65]]), /it ends too early/);
  malformed(traceOf([[13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 15]]), /it ends too early/);
  malformed(traceOf([[13, 2, 0xc3, 0x28]]), /no UTF-8/);
  // The largest number that there is.
  const [largest] = readTrace(traceOf([[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]]));
  assert.equal(largest.byteLength, Number.MAX_SAFE_INTEGER);
});

test('random bytes end in an error', () => {
  const random = makeRandom(77);
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from([...header(round & 1), ...Array.from({ length: random.below(300) }, () => random.below(256))]);
    malformed(bytes);
  }
});

for (const policy of policies) {
  test(`done again on a heap of the same kind, every block comes to lie where it lay (${policy})`, () => {
    for (const image of places) {
      const heap = Heap.createSync({ image, policy });
      const trace = heap.trace();
      drive(heap, { seed: 9, operations: 3000, liveGoal: 200 });
      const bytes = trace.stop();
      const records = [...readTrace(bytes)];
      const given = records.filter(({ address }) => address !== undefined);
      const twin = Heap.createSync({ image, policy });
      const all = replayTrace(bytes, twin);
      // Reserved spans and limits are not done again, and change where blocks go: so not all of them.
      assert.ok(all.sameAddress > 0);
      assert.equal(all.leftBlocks, 0);
      assert.equal(twin.stat('live'), 0);
      twin.validate();

      const plain = Heap.createSync({ image, policy });
      const simple = plain.trace();
      const blocks = [];
      const random = makeRandom(policy.length);
      for (let i = 0; i < 2000; i++) {
        if (blocks.length > 50 && random.percent(60)) plain.free(blocks.splice(random.below(blocks.length), 1)[0]);
        else if (random.percent(80)) blocks.push(plain.malloc(random.below(500)));
        else if (blocks.length > 0) blocks.push(plain.realloc(blocks.shift(), random.below(900)));
      }
      const again = replayTrace(simple.stop(), Heap.createSync({ image, policy }));
      assert.equal(again.operations, simple.records);
      assert.equal(again.sameAddress, [...readTrace(simple.stop())].filter(({ address }) => address !== undefined).length);
      assert.deepEqual([again.skipped, again.refused, again.granted, again.leftBlocks], [0, 0, 0, blocks.length]);
      assert.ok(given.length > 0);
    }
  });
}

test('done again on any heap, and what is counted', () => {
  const heap = Heap.createSync({ maximum: 2 });
  const early = heap.malloc(1000);
  const trace = heap.trace();
  const p = heap.malloc(10_000);
  heap.realloc(p, 20_000);
  throwsCode(() => heap.malloc(200_000), 'RangeError', 'out_of_memory');
  assert.throws(() => heap.free(3));
  heap.free(early);
  const r = heap.calloc(10, 10);
  heap.alignedAlloc(256, 30);
  heap.quota = 10 ** 6;
  trace.mark('here');
  heap.free(r);
  const bytes = trace.stop();

  const adopted = () => {
    let top = 256;
    const malloc = (n) => {
      top += Math.ceil(n / 256) * 256;
      return top - Math.ceil(n / 256) * 256;
    };
    return Heap.adopt({ memory: new WebAssembly.Memory({ initial: 10 }), malloc, free() {} });
  };
  const guarded = Heap.createSync();
  guarded.debug = true;
  for (const target of [Heap.createSync(), Heap.createSync({ image: 'outside' }), guarded, adopted()]) {
    const before = target.malloc(64);
    const { milliseconds, moved, sameAddress, granted, ...counts } = replayTrace(bytes, target);
    assert.deepEqual(counts, {
      operations: 8,
      skipped: 3, // the free that was refused, the quota, the mark
      refused: 0,
      peakBytes: 21_008, // a live block is told with all that it has
      leftBlocks: 2,
      leftBytes: 20_030,
    });
    assert.ok(milliseconds >= 0 && moved <= 1 && sameAddress <= 5 && granted <= 1);
    target.free(before);
    if (target !== guarded && target.image !== undefined) assert.equal(target.stat('live'), 0);
  }
  const small = replayTrace(bytes, Heap.createSync({ maximum: 1, quota: 12_000 }));
  assert.deepEqual([small.operations, small.refused, small.granted, small.moved], [8, 1, 0, 0]);
  assert.equal(replayTrace(bytes, Heap.createSync({ maximum: 10 })).granted, 1);
});

test('blocks that somebody else frees, or that are not known', () => {
  const heap = Heap.createSync({ image: 'outside' });
  // malloc(8) at granule 0, again at granule 0: somebody freed it; free of granule 5, which nobody has.
  const bytes = traceOf([[1, 8, 0], [1, 8, 0], [5, 10], [3, 0, 8, 0], [1, 8, 4]]);
  const { operations, skipped, leftBlocks, leftBytes, peakBytes } = replayTrace(bytes, heap);
  assert.deepEqual([operations, skipped, leftBlocks, leftBytes, peakBytes], [3, 2, 2, 16, 16]);
  assert.equal(heap.stat('blocks'), 0);
});

test('an alignment that allot does not have is refused, whoever gave it when it was recorded', () => {
  const heap = Heap.createSync();
  // alignedAlloc(3, 100) and (0, 100), which were done; free of the first; one that was refused; malloc(8).
  const bytes = traceOf([[4, 3, 100, 2], [4, 0, 100, 16], [5, 15], [0x24, 3, 100, 13, ...'out_of_memory'].flatMap((part) =>
    typeof part === 'string' ? part.charCodeAt(0) : part), [1, 8, 40]]);
  const { operations, refused, granted, skipped, leftBlocks } = replayTrace(bytes, heap);
  assert.deepEqual({ operations, refused, granted, skipped, leftBlocks }, { operations: 4, refused: 2, granted: 0, skipped: 1, leftBlocks: 1 });
  assert.equal(heap.stat('blocks'), 0);
});

test('an error that is no want of memory ends a replay, and what it allocated is free', () => {
  let live = 0;
  const target = {
    malloc(n) {
      if (n === 7) throw new Error('seven');
      live++;
      return n * 16;
    },
    free() {
      live--;
    },
  };
  assert.throws(() => replayTrace(traceOf([[1, 5, 0], [1, 6, 2], [1, 7, 2]]), target), /seven/);
  assert.equal(live, 0);
});
