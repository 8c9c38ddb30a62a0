// Garbage collection on demand, for the tests of what happens when something is collected.

import { setFlagsFromString } from 'node:v8';
import { setImmediate as nextTask } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Collects until `isDone` holds, which it soon should: what then has to run does so in tasks of its own. */
export async function collectUntil(isDone) {
  for (let i = 0; i < 50 && !isDone(); i++) {
    // What a WeakRef was asked for is held until the task ends.
    await nextTask();
    gc();
    await nextTask();
  }
}

/** Collects all that nobody holds, and has it told. For what should not happen. */
export async function collectAll() {
  for (let i = 0; i < 5; i++) {
    gc();
    await nextTask();
  }
}
