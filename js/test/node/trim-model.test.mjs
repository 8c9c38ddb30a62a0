// As ../trim-model.test.mjs, with tokens that are dropped and collected in between: only here can a collection be
// forced.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places } from '../support/expect.mjs';
import { driveMoving } from '../support/moving-model.mjs';
import { setting } from '../support/runtime.mjs';
import { collectUntil } from './support/collect.mjs';

const seed = Number(setting('ALLOT_SEED', 20_241_122));
const steps = Number(setting('ALLOT_OPERATIONS', 100_000)) / 50;

for (const image of places) {
  test(`moves, guests, failures and collections (${image})`, async () => {
    const heap = Heap.createSync({ image, maximum: 12 });
    const happened = await driveMoving(heap, { seed, steps, collectUntil });
    if (steps >= 1000) assert.ok(happened.collected > 0 && happened.moved > 0, JSON.stringify(happened));
  });
}
