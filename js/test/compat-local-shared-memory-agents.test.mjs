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
    const memory = new LocalSharedMemory(2, 8); // each agent has pages of its own
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
    const memory = new LocalSharedMemory(4);
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

  for (const [what, initial, maximum] of [['that grows', 1, 200], ['that is scarce', 12, 12]]) {
    test(`agents malloc, realloc and free each other’s allocations at once, in a memory ${what}`, async () => {
      const memory = new LocalSharedMemory(initial, maximum);
      const exchange = memory.Uint32Array(16).byteOffset;
      const left = [...memory.ai32];
      const agents = [1, 2, 3].map((id) => startAgent(async ({ memory: sent, url: from, exchange: at, id: me }) => {
        const { default: Local } = await import(from);
        const attached = Local.attach(sent);
        const cells = new Uint32Array(attached.buffer, at, 16);
        let state = me * 7919;
        const below = (limit) => {
          state = (Math.imul(state, 1103515245) + 12345) >>> 0;
          return (state >>> 8) % limit;
        };
        // An allocation holds one byte again and again: its length's lowest.
        const check = (offset, length = attached.sizeof(offset)) => {
          const view = attached.arrayView(Uint8Array, offset, length);
          if (!view.every((byte) => byte === view[0])) throw new Error(`${length} bytes at ${offset} were changed`);
          return view;
        };
        const attempt = (call) => {
          try {
            return call();
          } catch (error) {
            if (error.code !== 'out_of_memory') throw error;
            return undefined;
          }
        };
        let foreign = 0;
        for (let i = 0; i < 3000; i++) {
          const length = 1 + below(below(20) === 0 ? 20_000 : 300);
          const made = attempt(() => attached.malloc(length, [16, 64, 3][below(3)])) ?? 0;
          if (made !== 0) attached.memset(made, length, length);
          const taken = Atomics.exchange(cells, below(16), made);
          if (taken === 0) continue;
          foreign++;
          const bytes = check(taken)[0];
          if (below(2) === 0) {
            attached.free(taken);
            continue;
          }
          const old = attached.sizeof(taken);
          const moved = attempt(() => attached.realloc(taken, length));
          if (moved !== undefined && check(moved, Math.min(old, length))[0] !== bytes) throw new Error('realloc lost bytes');
          attached.free(moved ?? taken);
        }
        return foreign;
      }, { memory, url, exchange, id }).result);
      const foreign = await Promise.all(agents);
      assert.ok(foreign.every((count) => count > 500), `${foreign}`);
      for (const offset of memory.arrayView(Uint32Array, exchange)) memory.free(offset);
      assert.deepEqual([...memory.ai32], left);
      assert.equal(memory.allocs().length, 1);
      memory.free(exchange);
      assert.deepEqual([...memory.ai32], [0, 0]);
    });
  }
}
