// Images that were damaged: found when joining, survived when not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { Heap, HeapError } from 'allot';

import { damagedCopies, usedHeap } from './support/damaged.mjs';
import { policies, throwsCode } from '../support/expect.mjs';
import { readHeaderLayout } from './support/layout.mjs';
import { makeRandom } from '../support/random.mjs';

const { fields } = readHeaderLayout();

/** What a guest tells its host, or validate() its caller: no invariant speaks of these. */
const unchecked = ['last_error', 'last_error_address', 'violation_address', 'lock', 'spare_words'];

const codes = { magic: 'not_a_heap', version: 'wrong_version' };

for (const policy of policies) {
  const heap = usedHeap(policy);
  for (const { name, offset, bytes } of fields) {
    test(`the header’s field ${name} with every bit inverted (${policy})`, () => {
      const address = heap.imageAddress;
      const field = new Uint8Array(heap.buffer, address + offset, bytes);
      const invert = () => field.forEach((byte, i) => (field[i] = byte ^ 0xff));
      invert();
      try {
        for (const options of [{ address }, { address, validate: false }]) {
          if (unchecked.includes(name)) Heap.attachSync(heap.memory, options);
          else throwsCode(() => Heap.attachSync(heap.memory, options), 'HeapError', codes[name] ?? 'corrupt_image');
        }
      } finally {
        invert();
      }
      heap.validate();
    });
  }

  test(`the header with any one bit inverted (${policy})`, () => {
    const random = makeRandom(3);
    const address = heap.imageAddress;
    const checked = fields.find(({ name }) => name === 'checksum');
    const header = new Uint8Array(heap.buffer, address, checked.offset + checked.bytes);
    for (let round = 0; round < 500; round++) {
      const at = random.below(header.length);
      const bit = 1 << random.below(8);
      header[at] ^= bit;
      try {
        assert.throws(() => Heap.attachSync(heap.memory, { address, validate: false }), HeapError, `byte ${at}`);
      } finally {
        header[at] ^= bit;
      }
    }
    heap.validate();
  });

  test(`records with a byte changed are noticed or harmless when joining (${policy})`, () => {
    let noticed = 0;
    for (const memory of damagedCopies(heap, 400, makeRandom(11))) {
      try {
        Heap.attachSync(memory, { address: heap.imageAddress });
      } catch (error) {
        assert.ok(error instanceof HeapError, String(error));
        noticed++;
      }
    }
    assert.ok(noticed > 200, `only ${noticed} of 400`);
  });

  test(`records that are damaged later never crash the caller (${policy})`, async () => {
    const worker = new Worker(new URL('support/damaged.mjs', import.meta.url), {
      workerData: { policy, seed: 12, count: 400 },
    });
    const watch = new AbortController();
    const tooLong = setTimeout(30_000, 'a call did not end', { signal: watch.signal }).catch(() => undefined);
    const outcome = await Promise.race([once(worker, 'message'), tooLong]);
    watch.abort();
    await worker.terminate();
    assert.ok(Array.isArray(outcome), outcome);
    assert.ok(outcome[0].refused > 0);
  });
}
