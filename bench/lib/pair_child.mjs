// One process, one allocator: prints the nanoseconds of a malloc and a free that JavaScript calls.
//
// Started by pair.mjs with { module, runs }; without a module it is allot's Heap. A process of its own for each: what an
// engine has learnt about one must not slow down or speed up the next.

import { readFileSync } from 'node:fs';

import { Heap } from '../../js/dist/index.js';

const pairs = 100_000;

function work(subject) {
  let sum = 0;
  for (let i = 0; i < 100_000; i++) {
    const block = subject.malloc(64);
    sum |= block;
    subject.free(block);
  }
  return sum;
}

function time(subject) {
  const start = performance.now();
  const sum = work(subject);
  const ns = ((performance.now() - start) * 1e6) / pairs;
  if (sum === 0) throw new Error('malloc gave nothing');
  return ns;
}

function open(path) {
  if (path === undefined) return Heap.createSync();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)));
  exports.start();
  return exports;
}

const { module, runs } = JSON.parse(process.argv[2]);
const subject = open(module);
// Something else stays live: a heap that becomes empty at each free is a case by itself.
subject.malloc(64);
let least = Infinity;
// The engine compiles its best code during the first of these, which are thrown away.
for (let i = 0; i < 20 + runs; i++) {
  const ns = time(subject);
  if (i >= 20) least = Math.min(least, ns);
}
// The least of a few: what others on the machine cost comes on top.
process.stdout.write(JSON.stringify(least));
