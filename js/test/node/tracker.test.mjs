// The tracker by itself: that it has nothing to do where nobody asked for anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// Not part of the package's face, and there only once it is built.
const { leaksOf, Tracker } = await import(new URL('../../dist/tracking.js', import.meta.url).href);

test('idle: nothing is looked up for blocks that nobody remembers', () => {
  const tracker = new Tracker(false);
  assert.equal(tracker.isIdle, true);
  tracker.handedOut(16, 10, 'x');
  assert.equal(tracker.isIdle, true, 'a block handed out by address leaves nothing');
  tracker.freed(16);
  tracker.resized(16, 32, 10);
  assert.equal(tracker.isIdle, true);
  const life = tracker.allocated(16, 10, 'x');
  assert.equal(tracker.isIdle, false, 'a ref must be told');
  tracker.freed(16);
  assert.equal(life.isFreed, true);
  assert.equal(tracker.isIdle, true, 'and then nothing is left');
  for (const mode of [true, 'sites']) {
    tracker.mode = mode;
    assert.equal(tracker.isIdle, false);
  }
});

test('a site where the engine gives no stack', () => {
  const { stackTraceLimit } = Error;
  const tracker = new Tracker('sites');
  try {
    Error.stackTraceLimit = 0;
    tracker.handedOut(16, 10, undefined);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  assert.equal(tracker.list(undefined)[0].site, undefined);
  assert.equal(leaksOf(tracker.list(undefined)).length, 1);
});
