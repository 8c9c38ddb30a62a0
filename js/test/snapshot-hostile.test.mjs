// Snapshots that somebody else has made, or spoilt: there is a sound heap, or an error that says why not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';

const headerBytes = 64;

/** CRC-32, four bits at a time. */
const table = Array.from({ length: 16 }, (_, i) => {
  let remainder = i;
  for (let bit = 0; bit < 4; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});
function crc32(bytes) {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    remainder = (remainder >>> 4) ^ table[remainder & 15];
    remainder = (remainder >>> 4) ^ table[remainder & 15];
  }
  return ~remainder >>> 0;
}

/** The same with a right checksum and length: as from somebody who knows what he does. */
function sealed(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigUint64(48, BigInt(bytes.length - headerBytes - 4), true);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

const withBody = (snapshot, ...body) =>
  sealed(Uint8Array.of(...snapshot.subarray(0, headerBytes), ...body, 0, 0, 0, 0));

function changed(snapshot, change) {
  const bytes = snapshot.slice();
  change(new DataView(bytes.buffer), bytes);
  return sealed(bytes);
}

const refused = (bytes, code, message) => {
  const className = code === 'unsupported_memory' ? 'TypeError' : 'HeapError';
  return throwsCode(() => Heap.restoreSync(bytes), className, code, message);
};

function snapshotOf(image) {
  const heap = Heap.createSync({ image, maximum: 4 });
  for (let i = 1; i < 20; i++) heap.fill(heap.malloc(i), i, i);
  return heap.snapshot();
}

for (const image of places) {
  const snapshot = snapshotOf(image);

  test(`the checksum is what everybody has (${image})`, () => {
    assert.equal(crc32([...'123456789'].map((letter) => letter.charCodeAt(0))), 0xcbf43926);
    assert.deepEqual(sealed(snapshot.slice()), snapshot);
  });

  test(`cut off anywhere, or longer (${image})`, () => {
    for (let length = 0; length < snapshot.length; length++) {
      refused(snapshot.subarray(0, length), 'malformed_snapshot', length < 8 ? /it is none/ : /./);
    }
    refused(Uint8Array.of(...snapshot, 0), 'malformed_snapshot');
  });

  test(`any byte changed (${image})`, () => {
    const bytes = snapshot.slice();
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] ^= 0x10;
      refused(bytes, 'malformed_snapshot');
      bytes[i] ^= 0x10;
    }
    Heap.restoreSync(bytes).validate();
  });

  test(`headers that cannot be (${image})`, () => {
    const cases = [
      [(view) => view.setUint16(8, 2, true), /its version is 2, not 1/],
      [(view) => view.setUint16(10, 80, true), /its header/],
      [(view) => view.setUint32(12, view.getUint32(12, true) | 0x100, true), /its header/],
      [(view) => view.setBigUint64(56, 1n, true), /its header/],
      [(view) => view.setBigUint64(16, 65537n, true), /the number of pages is 65537/],
      [(view) => view.setBigUint64(16, 2n ** 63n, true), /the number of pages is 9223372036854775808/],
      [(view) => view.setBigUint64(24, 0n, true), /its maximum cannot be/],
      [(view) => view.setBigUint64(24, 65537n, true), /the maximum is 65537/],
      [(view) => view.setBigUint64(32, 2n ** 40n, true), /the address of the image/],
      [(view) => view.setBigUint64(32, 24n, true), /no multiple of 16/],
      [(view) => view.setBigUint64(40, 65537n, true), /the number of pages/],
      // Shared memories have a maximum.
      [(view) => {
        view.setUint32(12, view.getUint32(12, true) | 1, true);
        view.setBigUint64(24, 2n ** 64n - 1n, true);
      }, /its maximum cannot be/],
      [(view) => view.setBigUint64(16, 0n, true), /./],
      [(view) => view.setBigUint64(16, 2n, true), /./],
    ];
    for (const [change, message] of cases) refused(changed(snapshot, change), 'malformed_snapshot', message);
    refused(changed(snapshot, (view) => view.setUint32(12, view.getUint32(12, true) | 8, true)), 'unsupported_memory');
    // The other place: the records are not where they are said to be.
    throwsCode(() => Heap.restoreSync(changed(snapshot, (view) => {
      view.setUint32(12, view.getUint32(12, true) ^ 2, true);
    })), 'HeapError', 'malformed_snapshot');
    // Another image address.
    for (const at of [16n, 32n, 4096n, 65520n, 65536n - 736n]) {
      const moved = changed(snapshot, (view) => view.setBigUint64(32, at, true));
      if (image === 'inside' && at === 16n) Heap.restoreSync(moved).validate();
      else refused(moved, 'not_a_heap');
    }
  });

  test(`runs that do not make the memory (${image})`, () => {
    const body = (...bytes) => withBody(snapshot, ...bytes);
    refused(body(), 'malformed_snapshot', /ends too early/);
    refused(body(0, 0), 'malformed_snapshot', /a run has no bytes/);
    refused(body(0x80, 0x80, 0x80, 1, 0), 'malformed_snapshot', /longer than the memory/);
    refused(body(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 15, 0), 'malformed_snapshot', /longer than the memory/);
    refused(body(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 15, 0), 'malformed_snapshot', /too long/);
    refused(body(0, 0xff, 0xff, 3, 1), 'malformed_snapshot', /ends too early/);
    // All zeros is a memory, but no heap.
    const zeros = [0x80, 0x80, 4, 0];
    const records = Number(new DataView(snapshot.buffer).getBigUint64(40, true));
    refused(body(...zeros, ...Array(records).fill(zeros).flat()), records < 2 ? 'not_a_heap' : 'malformed_snapshot');
    refused(Uint8Array.of(...snapshot.subarray(0, -4), 1, 1, 0, 0, 0, 0, 0).slice(), 'malformed_snapshot');
    const longer = sealed(Uint8Array.of(...snapshot.subarray(0, -4), 1, 1, 0, 0, 0, 0, 0));
    refused(longer, 'malformed_snapshot', /more than the memory/);
  });

  test(`images that were spoilt by somebody who can make checksums (${image})`, () => {
    const random = makeRandom(31);
    const counts = {};
    for (let round = 0; round < 1500; round++) {
      const bytes = changed(snapshot, (_, all) => {
        for (let i = 0; i <= random.below(3); i++) {
          all[headerBytes + random.below(all.length - headerBytes - 4)] = random.below(256);
        }
      });
      let heap;
      try {
        heap = Heap.restoreSync(bytes);
      } catch (error) {
        const codes = ['malformed_snapshot', 'corrupt_image', 'not_a_heap', 'wrong_version', 'wrong_address_type'];
        assert.ok(codes.includes(error.code), String(error.stack));
        counts[error.code] = (counts[error.code] ?? 0) + 1;
        continue;
      }
      heap.validate(); // else it would not have been given
      counts.sound = (counts.sound ?? 0) + 1;
      // Whatever it is, it can be used: each call gives something or a coded error.
      const actions = [() => heap.malloc(100), () => [...heap.blocks()].length, () => heap.map(), () => heap.snapshot()];
      for (const action of actions) {
        try {
          action();
        } catch (error) {
          assert.equal(typeof error.code, 'string', String(error.stack));
        }
      }
    }
    assert.ok(counts.corrupt_image > 50 && counts.malformed_snapshot > 10, JSON.stringify(counts));
  });
}

test('random bytes behind a right header', () => {
  const random = makeRandom(8);
  for (const image of places) {
    const snapshot = snapshotOf(image);
    for (let round = 0; round < 300; round++) {
      const body = Array.from({ length: random.below(200) }, () => (random.percent(50) ? random.below(256) : 0));
      assert.throws(() => Heap.restoreSync(withBody(snapshot, ...body)), (error) => typeof error.code === 'string');
    }
  }
});

test('a small snapshot of a memory that is too large is refused before it is made, where that is asked for', () => {
  const heap = Heap.createSync({ initial: 1, maximum: 1000 });
  const snapshot = heap.snapshot();
  const inflated = changed(snapshot, (view) => {
    view.setBigUint64(16, 1000n, true);
  });
  throwsCode(() => Heap.restoreSync(inflated, { maximum: 100 }), 'HeapError', 'malformed_snapshot');
  heap.grow(900);
  throwsCode(() => Heap.restoreSync(heap.snapshot(), { maximum: 100 }), 'RangeError', 'size_too_large', /901 pages/);
});

test('a maximum limits the memory of the records, too', () => {
  const heap = Heap.createSync({ image: 'outside' });
  heap.malloc(10);
  const snapshot = heap.snapshot();
  // So many more pages of zeros, in five bytes.
  const zeros = (pages) => {
    const run = [];
    for (let left = pages * 65536; left > 0; left = Math.floor(left / 128)) run.push(left % 128 | (left >= 128 ? 128 : 0));
    const bytes = Uint8Array.of(...snapshot.subarray(0, -4), ...run, 0, 0, 0, 0, 0);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(40, view.getBigUint64(40, true) + BigInt(pages), true);
    return sealed(bytes);
  };
  assert.equal(Heap.restoreSync(zeros(60), { maximum: 1 }).stats().blocks, 1);
  throwsCode(() => Heap.restoreSync(zeros(70), { maximum: 1 }), 'RangeError', 'size_too_large', /pages of records/);
  throwsCode(() => Heap.restoreSync(zeros(60_000)), 'RangeError', 'size_too_large', /pages of records/);
});

/** Renews the checksum of an image that was changed. */
function sealImage({ buffer, imageAddress }) {
  const view = new DataView(buffer, imageAddress);
  let hash = 0x9e3779b97f4a7c15n;
  for (let at = 0; at < 688; at += 8) {
    hash = BigInt.asUintN(64, (hash ^ view.getBigUint64(at, true)) * 0x100000001b3n);
    hash ^= hash >> 29n;
  }
  view.setBigUint64(688, hash, true);
}

test('a block that two places name is refused, restored or attached to', () => {
  const heap = Heap.createSync();
  const blocks = Array.from({ length: 4 }, () => heap.malloc(5000));
  heap.free(blocks[0]);
  heap.free(blocks[2]); // in front; the other one waits in a place
  const view = new DataView(heap.buffer, heap.imageAddress + 736 + 2832, 5120);
  const place = Array.from({ length: 640 }, (_, i) => i * 8).find((at) => view.getUint32(at, true) === blocks[0] / 16);
  view.setUint32(place, blocks[2] / 16, true);
  refused(heap.snapshot(), 'corrupt_image', /invariant 27 /);
  throwsCode(() => Heap.attachSync(heap.memory), 'HeapError', 'corrupt_image', /invariant 27 /);
});

test('memory and records that a shared heap does not have are refused, restored or attached to', () => {
  for (const [at, value, rule] of [[112, 0n, 32], [96, 2n ** 31n, 3]]) {
    const heap = Heap.createSync({ shared: true, maximum: 100 });
    heap.malloc(70_000);
    new DataView(heap.buffer).setBigUint64(heap.imageAddress + at, value, true);
    sealImage(heap);
    refused(heap.snapshot(), 'corrupt_image', new RegExp(`invariant ${rule} `));
    const memory = new WebAssembly.Memory({ initial: heap.buffer.byteLength / 65536, maximum: 100, shared: true });
    new Uint8Array(memory.buffer).set(new Uint8Array(heap.buffer));
    // Its agent has gone, and left an orphan.
    new DataView(memory.buffer).setUint32(heap.imageAddress + 736 + 44, 3, true);
    throwsCode(() => Heap.attachSync(memory), 'HeapError', 'corrupt_image');
  }
});
