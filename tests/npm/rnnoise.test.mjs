// The noise suppression of @echogarden/rnnoise-wasm, driven through the drop-in for wasm-heap-manager.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import createModule from '@echogarden/rnnoise-wasm';

import { wrapEmscriptenModuleHeap } from '../../js/dist/compat/wasm-heap-manager.js';
import { makeRandom } from '../../js/test/support/random.mjs';

const energy = (samples) => samples.reduce((sum, sample) => sum + sample * sample, 0);

test('white noise is taken away', async () => {
  const module = await createModule();
  const heap = wrapEmscriptenModuleHeap(module);
  const random = makeRandom(20260101);
  const frameLength = module._rnnoise_get_frame_size();
  const state = heap.allocUint8Array(module._rnnoise_get_size());
  module._rnnoise_init(state.address, 0);
  const frame = heap.allocFloat32Array(frameLength);

  let [before, after] = [0, 0];
  for (let count = 0; count < 100; count++) {
    // As loud as speech, in units of 16-bit samples.
    frame.view.set(Float32Array.from({ length: frameLength }, () => random.below(4000) - 2000));
    const given = energy(frame.view);
    const speech = module._rnnoise_process_frame(state.address, frame.address, frame.address);
    assert.ok(speech >= 0 && speech <= 1);
    // It needs a moment to know the noise.
    if (count < 50) continue;
    before += given;
    after += energy(frame.view);
    assert.ok(speech < 0.5, 'white noise is no speech');
  }
  assert.ok(Number.isFinite(after));
  assert.ok(after < 0.1 * before, `from ${before} to ${after}`);

  heap.freeAll();
  assert.ok(state.isFreed && frame.isFreed);
  assert.throws(
    () => frame.view,
    (error) => error.code === 'freed_ref',
  );
});

test('a module that keeps its own state: a pointer that it returns is wrapped', async () => {
  const module = await createModule();
  const heap = wrapEmscriptenModuleHeap(module);
  const frame = heap.allocFloat32Array(module._rnnoise_get_frame_size());
  const state = module._rnnoise_create(0);
  const bytes = heap.wrapUint8Array(state, module._rnnoise_get_size());
  module._rnnoise_process_frame(state, frame.address, frame.address);
  assert.ok(bytes.view.some((byte) => byte !== 0));
  assert.equal(energy(frame.view), 0);
  module._rnnoise_destroy(state);
  assert.deepEqual(heap.allocatedHeapRefs, [frame]);
  heap.free(frame);
});
