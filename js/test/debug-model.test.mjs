// Long random runs of a heap that is being debugged, with faults of all kinds, against a model; and the runs
// of the heap itself with layers that must not show.
//
// ALLOT_SEED and ALLOT_OPERATIONS change what is run; a failure names its seed and its operation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { driveDebugged } from './support/debug-model.mjs';
import { drive } from './support/drive.mjs';
import { places, policies } from './support/expect.mjs';
import { can, setting } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_241_104));
const operations = Number(setting('ALLOT_OPERATIONS', 100_000)) / 10;

const kinds = places.map((image) => [image, { image }]);
if (can.shared) kinds.push(['shared', { shared: true }]);

kinds.forEach(([kind, options], i) => {
  policies.forEach((policy, j) => {
    test(`every setting, every fault, a memory with a maximum (${kind}, ${policy})`, () => {
      const heap = Heap.createSync({ ...options, policy, maximum: 4, recordSizes: j % 2 === 1 });
      const other = kind === 'outside' ? undefined : Heap.attachSync(heap.memory);
      const counts = driveDebugged(heap, { seed: seed + 10 * i + j, operations, other });
      const { refused, faults, traces } = counts;
      if (operations >= 10_000) assert.ok(refused > 0 && faults > 20 && traces > 10, JSON.stringify(counts));
    });
  });

  if (kind !== 'shared') {
    test(`the same with a heap that moves to smaller memories (${kind})`, () => {
      const heap = Heap.createSync({ ...options, maximum: 24 });
      const counts = driveDebugged(heap, { seed: seed + 10 * i + 9, operations });
      if (operations >= 10_000) assert.ok(counts.moves > 10 && counts.faults > 20, JSON.stringify(counts));
    });
  }

  test(`poison alone does not show (${kind})`, () => {
    const heap = Heap.createSync({ ...options, maximum: 24 });
    heap.debug = { poison: true, quarantine: false };
    drive(heap, { seed: seed + 100 + i, operations });
    heap.debug = false;
    heap.validate();
  });

  test(`a trace does not show (${kind})`, () => {
    const heap = Heap.createSync({ ...options, maximum: 24 });
    const trace = heap.trace();
    drive(heap, { seed: seed + 200 + i, operations });
    assert.ok(trace.records > operations);
    trace.stop();
  });
});
