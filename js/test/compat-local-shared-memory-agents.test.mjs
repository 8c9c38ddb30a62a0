// LocalSharedMemory in several agents at once, wherever a shared memory can be sent to one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './support/expect.mjs';
import { can, packageUrl, startAgent } from './support/runtime.mjs';

const url = can.sendShared ? packageUrl('allot/compat/local-shared-memory') : '';

test('a memory that has lost its prototype is attached again', () => {
  const memory = new LocalSharedMemory(1, 1, false);
  const pointer = memory.malloc(24);
  Object.setPrototypeOf(memory, WebAssembly.Memory.prototype);
  assert.equal(LocalSharedMemory.attach(memory).sizeof(pointer), 24);
});

if (can.sendShared) {
  test('an agent that was sent the memory allocates in it, and this one reads and frees', async () => {
    const memory = new LocalSharedMemory(2, 4);
    const here = memory.malloc(24);
    const { result } = startAgent(async ({ memory: sent, url: from }) => {
      const { default: Local } = await import(from);
      const attached = Local.attach(sent);
      const offset = attached.malloc(150_000, 64);
      attached.fill(Uint8Array, 7, offset, offset + 150_000);
      return { offset, same: attached === sent, isLocal: sent instanceof Local, listed: attached.allocs().length };
    }, { memory, url });
    const { offset, ...rest } = await result;
    assert.deepEqual(rest, { same: true, isLocal: true, listed: 2 });
    assert.equal(offset % 64, 0);
    // It lies beyond what the memory had when it was sent.
    assert.ok(memory.arrayView(Uint8Array, offset).every((byte) => byte === 7));
    assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset).sort(), [here, offset].sort());
    memory.free(offset);
    throwsCode(() => memory.free(offset), 'HeapError', 'double_free');
    assert.deepEqual([...memory.ai32], [24, 1]);
  });

  test('agents wait for each other', async () => {
    const memory = new LocalSharedMemory(1);
    const index = memory.Int32Array(2).byteOffset / 4;
    const { result } = startAgent(async ({ memory: sent, url: from, index: at }) => {
      const { default: Local } = await import(from);
      const attached = Local.attach(sent);
      attached.store(Int32Array, at, 1);
      attached.notify(Int32Array, at);
      return attached.wait(Int32Array, at + 1, 0, 30_000);
    }, { memory, url, index });
    let failed;
    result.catch((error) => { failed = error; });
    while (memory.load(Int32Array, index) === 0) {
      if (failed) throw failed;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    memory.store(Int32Array, index + 1, 1);
    memory.notify(Int32Array, index + 1);
    assert.ok(['ok', 'not-equal'].includes(await result));
  });

  test('of all agents that free the same allocations, one is told so for each', async () => {
    const memory = new LocalSharedMemory(8);
    const offsets = Array.from({ length: 500 }, () => memory.malloc(40));
    const agents = Array.from({ length: 3 }, () => startAgent(async ({ memory: sent, url: from, offsets: all }) => {
      const { default: Local } = await import(from);
      const attached = Local.attach(sent);
      const codes = [];
      for (const offset of all) {
        try {
          attached.free(offset);
          codes.push('freed');
        } catch (error) {
          codes.push(error.code);
        }
      }
      return codes;
    }, { memory, url, offsets }).result);
    const answers = await Promise.all(agents);
    offsets.forEach((_, i) => {
      const codes = answers.map((codes) => codes[i]).sort();
      assert.deepEqual(codes, ['double_free', 'double_free', 'freed']);
    });
    assert.deepEqual([...memory.ai32], [0, 0]);
    assert.deepEqual(memory.allocs(), []);
  });
}
