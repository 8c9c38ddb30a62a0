#!/usr/bin/env node
// The generator at work, in a terminal: `node --expose-gc examples/prng/run.mjs`

import { setImmediate as nextTask } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import '../../tools/closed-pipe.mjs';
import { SetupError } from '../demo/lib/tools.mjs';
import { build, folder, library } from './build.mjs';

async function show() {
  const { MyPRNG } = await import(pathToFileURL(library));
  // The library's own copy of it: there is one memory for all who use it.
  const lewd = await import(pathToFileURL(`${folder}/node_modules/allot/dist/compat/lewd.js`));
  const print = (what) => {
    console.log(`${what.padEnd(44)} ${lewd.total() / 65536} pages, ${lewd.used()} bytes used`);
  };

  print('the table of 1 KiB');
  const prng = new MyPRNG(42);
  print('and a generator');
  console.log('  its state     ', prng.state.join(' '));
  console.log('  five numbers  ', Array.from({ length: 5 }, prng.rand).join(' '));
  const { state } = prng;
  const numbers = new Int32Array(1_000_000);
  const begin = performance.now();
  prng.fill(numbers);
  print(`a million numbers, in ${(performance.now() - begin).toFixed(1)} ms`);
  prng.state = state;
  console.log('  set back, it gives the same:', numbers.slice(0, 1000).every((number) => number === prng.rand()));

  let many = Array.from({ length: 20_000 }, (_, seed) => new MyPRNG(seed));
  print(`${many.length} more`);
  many = undefined;
  if (!globalThis.gc) {
    console.log('Run it with --expose-gc to see them go.');
    return;
  }
  const before = lewd.used();
  for (let i = 0; i < 100 && (i === 0 || lewd.used() > 1040); i++) {
    globalThis.gc();
    await nextTask();
  }
  print(`collected: ${(before - lewd.used()) / 16} of them`);
  lewd.trim();
  print('trimmed');
  console.log('  and the first goes on:', Array.from({ length: 3 }, prng.rand).join(' '));
}

try {
  await build();
  await show();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = error instanceof SetupError ? 2 : 1;
}
