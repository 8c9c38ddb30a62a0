// Long random runs of a heap that moves from memory to memory, against a model: no sequence of growing,
// trimming, respawning and failing may lose a live byte.
//
// ALLOT_SEED and ALLOT_OPERATIONS change what is run; a failure names its seed and its step.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, policies } from './support/expect.mjs';
import { driveMoving } from './support/moving-model.mjs';
import { setting } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_241_121));
const steps = Number(setting('ALLOT_OPERATIONS', 100_000)) / 80;

const sums = {};

places.forEach((image, i) => {
  policies.forEach((policy, j) => {
    test(`moves, guests and failures (${image}, ${policy})`, async () => {
      const heap = Heap.createSync({ image, policy, maximum: 12, recordSizes: j % 2 === 1 });
      const happened = await driveMoving(heap, { seed: seed + 10 * i + j, steps });
      for (const [name, times] of Object.entries(happened)) sums[name] = (sums[name] ?? 0) + times;
    });

    test(`a memory that others grow too (${image}, ${policy})`, async () => {
      const heap = Heap.createSync({ image, policy, maximum: 200 });
      await driveMoving(heap, { seed: seed + 100 + 10 * i + j, steps: steps / 2, othersGrow: true });
    });
  });

  test(`all of it with debugging (${image})`, async () => {
    const heap = Heap.createSync({ image, maximum: 12 });
    heap.debug = { poison: true, quarantine: false };
    heap.trace();
    await driveMoving(heap, { seed: seed + 200 + i, steps: steps / 2 });
  });
});

test('all of it has happened', () => {
  assert.ok(Object.keys(sums).length > 5);
  if (steps < 1000) return;
  for (const times of Object.values(sums)) assert.ok(times > 0, JSON.stringify(sums));
});
