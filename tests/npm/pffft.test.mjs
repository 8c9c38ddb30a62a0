// The FFT of @echogarden/pffft-wasm, driven through the drop-in for wasm-heap-manager as its users do it, and
// compared with a discrete Fourier transform by the formula.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import plainModule from '@echogarden/pffft-wasm';
import simdModule from '@echogarden/pffft-wasm/simd';

import { wrapEmscriptenModuleHeap } from '../../js/dist/compat/wasm-heap-manager.js';

const length = 256;
const [real, complex] = [0, 1];
const [forward, backward] = [0, 1];

const signal = Float32Array.from({ length }, (_, n) => {
  const turn = (2 * Math.PI * n) / length;
  return 0.5 + Math.cos(5 * turn) - 0.25 * Math.sin(40 * turn) + 0.125 * Math.cos((length / 2) * turn);
});

/** The first half of the spectrum of a real signal, each frequency as [re, im]. */
function transformByFormula(samples) {
  return Array.from({ length: samples.length / 2 + 1 }, (_, frequency) => {
    let [re, im] = [0, 0];
    samples.forEach((sample, n) => {
      const angle = (-2 * Math.PI * frequency * n) / samples.length;
      re += sample * Math.cos(angle);
      im += sample * Math.sin(angle);
    });
    return [re, im];
  });
}

function assertClose(found, expected, what) {
  assert.ok(Math.abs(found - expected) < 1e-3, `${what}: ${found}, not ${expected}`);
}

for (const [kind, createModule] of [
  ['without SIMD', plainModule],
  ['with SIMD', simdModule],
]) {
  test(`a real transform and back, ${kind}`, async () => {
    const module = await createModule();
    const heap = wrapEmscriptenModuleHeap(module);
    // The module's own allocator gives the alignment that SIMD needs; its blocks are wrapped.
    const blocks = [0, 1, 2, 3].map(() => module._pffft_aligned_malloc(4 * length));
    const [input, spectrum, work, output] = blocks.map((address) => heap.wrapFloat32Array(address, length));
    const setup = module._pffft_new_setup(length, real);
    assert.notEqual(setup, 0);

    input.view.set(signal);
    module._pffft_transform_ordered(setup, input.address, spectrum.address, work.address, forward);
    // Half the real spectrum, in order; the last frequency stands beside the first.
    const expected = transformByFormula(signal);
    assertClose(spectrum.readAt(0), expected[0][0], 'at 0');
    assertClose(spectrum.readAt(1), expected[length / 2][0], 'at the last frequency');
    for (let frequency = 1; frequency < length / 2; frequency++) {
      assertClose(spectrum.readAt(2 * frequency), expected[frequency][0], `re at ${frequency}`);
      assertClose(spectrum.readAt(2 * frequency + 1), expected[frequency][1], `im at ${frequency}`);
    }

    // The heap grows between the two halves of the work.
    const before = module.HEAPU8.length;
    const large = heap.allocUint8Array(before);
    assert.ok(module.HEAPU8.length > before);
    large.writeAt(before - 1, 7);

    module._pffft_transform_ordered(setup, spectrum.address, output.address, work.address, backward);
    output.view.forEach((value, n) => assertClose(value / length, signal[n], `sample ${n}`));
    assert.equal(large.readAt(before - 1), 7);
    large.free();
    module._pffft_destroy_setup(setup);
    for (const address of blocks) module._pffft_aligned_free(address);
    assert.equal(heap.totalAllocatedByteCount, 0);
  });
}

test('a complex transform in blocks of the manager', async () => {
  const module = await plainModule();
  const heap = wrapEmscriptenModuleHeap(module);
  const interleaved = new Float32Array(2 * length);
  signal.forEach((sample, n) => {
    interleaved[2 * n] = sample;
  });
  const input = heap.allocFloat32Array(interleaved);
  const spectrum = heap.allocFloat32Array(2 * length);
  const work = heap.allocFloat32Array(2 * length);
  const setup = module._pffft_new_setup(length, complex);
  module._pffft_transform_ordered(setup, input.address, spectrum.address, work.address, forward);
  transformByFormula(signal).forEach(([re, im], frequency) => {
    assertClose(spectrum.readAt(2 * frequency), re, `re at ${frequency}`);
    assertClose(spectrum.readAt(2 * frequency + 1), im, `im at ${frequency}`);
  });
  module._pffft_destroy_setup(setup);
  assert.equal(heap.totalAllocatedByteCount, 3 * 8 * length);
  heap.freeAll();
  assert.deepEqual(
    [input, spectrum, work].map((ref) => ref.isFreed),
    [true, true, true],
  );
  // The blocks go back to the module's allocator: the heap does not grow however often that is done.
  const before = module.HEAPU8.length;
  for (let count = 0; count < 5000; count++) heap.allocFloat32Array(2 * length).free();
  assert.equal(module.HEAPU8.length, before);
});
