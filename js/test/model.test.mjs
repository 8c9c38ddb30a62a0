// Long random runs through the wasm modules, compared with a model after every operation.
//
// ALLOT_SEED and ALLOT_OPERATIONS (operations in each run) change what is run; a failure names both
// its seed and its operation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { drive } from './support/drive.mjs';
import { places, policies } from './support/expect.mjs';
import { setting } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_240_229));
const operations = Number(setting('ALLOT_OPERATIONS', 100_000));

places.forEach((image, i) => {
  policies.forEach((policy, j) => {
    const number = seed + 10 * i + j;

    test(`a memory that reaches its maximum (${image}, ${policy})`, () => {
      const heap = Heap.createSync({ image, policy, initial: 1, maximum: 24 });
      const { refused } = drive(heap, { seed: number, operations, liveGoal: 700 });
      if (operations >= 10_000) assert.ok(refused > 100, `only ${refused} requests were refused`);
    });

    test(`a memory that grows and grows (${image}, ${policy})`, () => {
      const heap = Heap.createSync({ image, policy, initial: 0 });
      drive(heap, { seed: number + 100, operations: operations / 2, liveGoal: 3000, sampleEvery: 4000 });
    });

    test(`a memory that others grow too (${image}, ${policy})`, () => {
      const heap = Heap.createSync({ image, policy, initial: 1 });
      drive(heap, { seed: number + 400, operations: operations / 4, liveGoal: 500, othersGrow: true });
    });

    test(`a restricted span with recorded sizes and a quota (${image}, ${policy})`, () => {
      const memory = new WebAssembly.Memory({ initial: 12 });
      const span = { begin: 70_000, end: 700_000 };
      const heap = Heap.createSync({ memory, ...span, image, policy, recordSizes: true, quota: 400_000 });
      drive(heap, { seed: number + 200, operations: operations / 2, liveGoal: 300, recordSizes: true });
      const bytes = new Uint8Array(memory.buffer);
      assert.ok(bytes.subarray(0, span.begin).every((byte) => byte === 0), 'before the span');
      assert.ok(bytes.subarray(span.end).every((byte) => byte === 0), 'behind the span');
    });
  });
});

test('several Heap objects take turns on one heap', () => {
  const first = Heap.createSync({ maximum: 40 });
  for (let round = 0; round < 4; round++) {
    drive(Heap.attachSync(first.memory), { seed: seed + 300 + round, operations: operations / 20 });
    first.validate();
  }
});
