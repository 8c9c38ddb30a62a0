// A measurement in a Node process of its own, so that none inherits what another has left in the engine.

import { spawnSync } from 'node:child_process';

/** Runs `child`, a script, with an order, and gives what it answers; both as JSON. Throws when it ends with an error. */
export function runChild(child, order) {
  const done = spawnSync(process.execPath, [child, JSON.stringify(order)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (done.status !== 0) throw new Error(`a measuring process ended with ${done.signal ?? `status ${done.status}`}`);
  return JSON.parse(done.stdout);
}
