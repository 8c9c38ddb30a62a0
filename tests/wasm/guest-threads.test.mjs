// The guest library for threads: instances of one module over one memory, in one thread and in several workers,
// some of which are terminated.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-threads-'));
after(() => rmSync(folder, { recursive: true }));

const stackBytes = 65536;
const liveBytes = 1;

// What a worker does: its instance has a stack of its own, and works until it is told how often.
const work = `
const { workerData: { module, memory, stack, seed, operations }, parentPort } = require('node:worker_threads');
const { exports: guest } = new WebAssembly.Instance(module, { env: { memory } });
guest.__stack_pointer.value = stack;
parentPort.postMessage({ thread: guest.thread() });
let faults = 0;
for (let i = 0; operations === undefined || i < operations; i += 1000) faults += guest.work(seed + i, 1000);
parentPort.postMessage({ faults, left: guest.leave() });
`;

describe('liballot-threads', () => {
  let module;
  let heapModule;
  before(() => {
    const object = join(folder, 'guest.o');
    const program = join(folder, 'guest.wasm');
    const options = ['--target=wasm32-unknown-unknown', '-O2', '-matomics', '-mbulk-memory', '-ffreestanding'];
    const includes = [`-I${join(root, 'guest/include')}`];
    execFileSync('clang-19', [...options, ...includes, '-fno-builtin', '-c', join(root, 'tests/wasm/guest_threads.c'), '-o', object]);
    execFileSync('wasm-ld-19', ['--no-entry', '--import-memory', '--shared-memory', '--max-memory=134217728',
      '--export=__stack_pointer', '-z', `stack-size=${8 * stackBytes}`, object, `-L${join(root, 'build/wasm')}`,
      '-lallot-threads', '-o', program]);
    module = new WebAssembly.Module(readFileSync(program));
    heapModule = new WebAssembly.Module(readFileSync(join(root, 'build/wasm/allot-shared.wasm')));
  });

  const newMemory = () => new WebAssembly.Memory({ initial: 16, maximum: 2048, shared: true });
  const instance = (memory) => new WebAssembly.Instance(module, { env: { memory } }).exports;

  /** The heap as a further agent sees it, through the module for shared heaps. */
  function observer(memory, image) {
    const heap = new WebAssembly.Instance(heapModule, { env: { memory } }).exports;
    assert.ok(heap.allot_attach(image, 1) >= 0);
    return heap;
  }
  /** Takes over every orphan, and what was freed there. */
  function settle(memory, image) {
    for (let i = 0; i < 8; i++) observer(memory, image).allot_collect(image);
  }

  test('no library works on an image of a kind that it is not made for', async () => {
    const { Heap } = await import(new URL('../../js/dist/index.js', import.meta.url));
    const imageOf = (options) => {
      const heap = Heap.createSync(options);
      heap.malloc(100);
      return new Uint8Array(heap.buffer).slice();
    };
    // The library for one agent, for a memory in which several have a heap.
    const program = join(folder, 'alone.wasm');
    const options = ['--target=wasm32-unknown-unknown', '-O2', '-fno-builtin', '-c', '-x', 'c', '-'];
    execFileSync('clang-19', [...options, '-o', join(folder, 'alone.o')],
      { input: 'void *malloc(unsigned long); void *take(unsigned long n) { return malloc(n); }' });
    execFileSync('wasm-ld-19', ['--no-entry', '--import-memory', '--export=take', '--export=__heap_base', '-z', 'stack-size=4096',
      join(folder, 'alone.o'), `-L${join(root, 'build/wasm')}`, '-lallot-freestanding', '-o', program]);
    const alone = new WebAssembly.Module(readFileSync(program));
    const bare = new WebAssembly.Instance(alone, { env: { memory: new WebAssembly.Memory({ initial: 64 }) } });
    const place = bare.exports.__heap_base.value;
    const begin = instance(newMemory()).image();
    const forOne = { begin: place };
    const forThreads = { begin, shared: true, maximum: 64 };
    for (const [kind, guest, at, options] of [
      ['shared', alone, place, { ...forThreads, begin: place }],
      ['plain', module, begin, { begin }],
      ...['one', 'threads'].flatMap((name) => {
        const [guest, own] = name === 'one' ? [alone, forOne] : [module, forThreads];
        return [
          [`policy exact for ${name}`, guest, own.begin, { ...own, policy: 'exact' }],
          [`recorded sizes for ${name}`, guest, own.begin, { ...own, recordSizes: true }],
        ];
      }),
    ]) {
      const image = imageOf(options);
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 2048, shared: guest === module });
      new Uint8Array(memory.buffer).set(image);
      const { exports } = new WebAssembly.Instance(guest, { env: { memory } });
      assert.equal(exports.take(100), 0, kind);
      assert.equal(exports.take(100), 0, `${kind}, again`);
      assert.deepEqual(new Uint8Array(memory.buffer, at, image.length - at), image.subarray(at), kind);
    }
    for (const policy of ['compact', 'balanced', 'fast']) {
      for (const [guest, own] of [[alone, forOne], [module, forThreads]]) {
        const memory = new WebAssembly.Memory({ initial: 64, maximum: 2048, shared: guest === module });
        new Uint8Array(memory.buffer).set(imageOf({ ...own, policy }));
        assert.notEqual(new WebAssembly.Instance(guest, { env: { memory } }).exports.take(100), 0, policy);
      }
    }
  });

  test('threads that only free are no agents', () => {
    const nobody = 2 ** 32 - 1;
    const memory = newMemory();
    const first = instance(memory);
    const second = instance(memory);
    const blocks = [first.take(100), first.take(100)];
    second.give(blocks[0]);
    const heap = new WebAssembly.Instance(heapModule, { env: { memory } }).exports;
    const image = first.image();
    assert.equal(heap.allot_agent_at(image, 1) >>> 0, nobody);
    // Nor does one become an agent again that has left.
    assert.equal(second.thread(), 1);
    assert.equal(second.leave(), 0);
    second.give(blocks[1]);
    assert.equal(heap.allot_agent_at(image, 1) >>> 0, nobody);
    assert.equal(first.leave(), 0);
    settle(memory, image);
    assert.equal(heap.allot_attach(image, 1) >= 0, true);
    assert.equal(heap.allot_validate(image), 0);
    assert.equal(heap.allot_stat(image, liveBytes), 0);
  });

  test('a thread that was terminated while it made the heap is replaced', () => {
    // The words of the program's own that are 1 when there is a heap: one says that a thread has begun to make it.
    const image = instance(newMemory()).image();
    const words = (memory) => new Uint32Array(memory.buffer, 0, image >> 2);
    const [before, after] = [newMemory(), newMemory()];
    instance(before);
    instance(after).take(10);
    const changed = [...words(after).keys()].filter((i) => words(after)[i] === 1 && words(before)[i] === 0);
    const stuck = changed.filter((i) => {
      const memory = newMemory();
      const guest = instance(memory);
      words(memory)[i] = 1;
      if (guest.take(10) !== 0) return false;
      assert.equal(guest.died(64), 0);
      assert.notEqual(guest.take(10), 0);
      return true;
    });
    assert.equal(stuck.length, 1);
  });

  test('threads become agents when they first allocate', () => {
    const memory = newMemory();
    const first = instance(memory);
    const second = instance(memory);
    const third = instance(memory);
    const block = first.take(100);
    assert.equal(first.thread(), 0);
    second.give(block);
    assert.equal(second.thread(), 1);
    assert.notEqual(third.take(10), 0);
    assert.equal(third.thread(), 2);
    assert.equal(third.leave(), 0);
    const heap = observer(memory, first.image());
    assert.equal(heap.allot_validate(first.image()), 0);
  });

  test('threads leave each other blocks', async () => {
    const memory = newMemory();
    const main = instance(memory);
    const results = await Promise.all(
      [1, 2, 3].map(
        (i) =>
          new Promise((resolve, reject) => {
            const worker = new Worker(work, {
              eval: true,
              workerData: { module, memory, stack: (i + 1) * stackBytes, seed: i * 7919, operations: 60_000 },
            });
            worker.on('message', (said) => 'left' in said && resolve(said));
            worker.on('error', reject);
          }),
      ),
    );
    assert.deepEqual(results, Array(3).fill({ faults: 0, left: 0 }));
    main.empty();
    const image = main.image();
    assert.equal(main.leave(), 0);
    settle(memory, image);
    const heap = observer(memory, image);
    assert.equal(heap.allot_validate(image), 0);
    assert.equal(heap.allot_stat(image, liveBytes), 0);
  });

  test('terminated threads harm nobody', async () => {
    const memory = newMemory();
    const main = instance(memory);
    const image = main.image();
    for (let round = 0; round < 15; round++) {
      const worker = new Worker(work, {
        eval: true,
        workerData: { module, memory, stack: 2 * stackBytes, seed: round },
      });
      const thread = await new Promise((resolve, reject) => {
        worker.on('message', (said) => resolve(said.thread));
        worker.on('error', reject);
      });
      assert.equal(main.work(round, 2000 + round * 100), 0);
      await worker.terminate();
      assert.equal(main.died(thread), 0);
      assert.equal(main.work(round, 500), 0);
      const heap = observer(memory, image);
      assert.equal(heap.allot_validate(image), 0, `round ${round}`);
      assert.equal(heap.allot_detach(image), 0);
    }
  });
});
