// What this runtime must be able to do, by tests/runtimes, it can: so a mistake in support/runtime.mjs cannot
// make whole groups of tests go away unnoticed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { can, readArtifact, setting, startAgent } from './support/runtime.mjs';

for (const name of setting('ALLOT_RUNTIME_CAN', '').split(',').filter(Boolean)) {
  test(`this runtime can: ${name}`, () => assert.equal(can[name], true));
}

test('a file of the repository can be read', async () => {
  const bytes = await readArtifact('build/wasm/allot-inside.wasm');
  assert.ok(WebAssembly.validate(bytes));
});

if (can.agents) {
  test('another agent has the package, and sends back what it found', async () => {
    const found = await startAgent(({ length }, { Heap }) => Heap.createSync().malloc(length) % 16, { length: 24 }).result;
    assert.equal(found, 0);
  });

  test('an error in another agent arrives here', async () => {
    const { result } = startAgent((_, { Heap }) => Heap.createSync().free(16.5), undefined);
    await assert.rejects(result, (error) => error.name === 'RangeError' && error.code === 'invalid_number');
  });
}

if (can.sendShared) {
  test('another agent sees what is written to a shared memory', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const cells = new Int32Array(memory.buffer);
    Atomics.store(cells, 0, 41);
    await startAgent((sent) => { Atomics.add(new Int32Array(sent.buffer), 0, 1); }, memory).result;
    assert.equal(Atomics.load(cells, 0), 42);
  });
}
