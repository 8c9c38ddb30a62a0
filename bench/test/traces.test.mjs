// Recording a program's calls, and the file they are kept in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrace } from '../lib/trace_file.mjs';
import { FREE, MALLOC, REALLOC, Trace } from '../lib/traces.mjs';

const file = (numbers) => readTrace(new Uint8Array(numbers.buffer));
const call = (slot, kind, size) => [(slot << 2) | kind, size];

test('a trace keeps the calls in their order, with a place for each live block', () => {
  const trace = new Trace();
  trace.record(MALLOC, 0, 1000, 10);
  trace.record(MALLOC, 0, 2000, 20);
  trace.record(FREE, 1000, 0, 0);
  trace.record(MALLOC, 0, 1000, 5); // takes the place that is free again
  trace.record(REALLOC, 2000, 3000, 40);
  trace.record(FREE, 3000, 0, 0);
  trace.record(FREE, 1000, 0, 0);
  const { calls, slots, peak, data } = file(trace.end());
  assert.deepEqual([calls, slots, peak], [7, 2, 45]);
  assert.deepEqual(
    [...data],
    [
      call(0, MALLOC, 10), call(1, MALLOC, 20), call(0, FREE, 0), call(0, MALLOC, 5),
      call(1, REALLOC, 40), call(1, FREE, 0), call(0, FREE, 0),
    ].flat(),
  );
});

test('what a program left is freed at the end of its trace', () => {
  const trace = new Trace();
  trace.record(MALLOC, 0, 16, 1);
  trace.record(MALLOC, 0, 32, 1);
  const { calls, data } = file(trace.end());
  assert.equal(calls, 4);
  assert.deepEqual([data[4] & 3, data[6] & 3], [FREE, FREE]);
});

test('realloc of nothing is a malloc, and free of nothing is no call', () => {
  const trace = new Trace();
  trace.record(REALLOC, 0, 16, 8);
  trace.record(FREE, 0, 0, 0);
  const { calls, data } = file(trace.end());
  assert.equal(calls, 2);
  assert.equal(data[0] & 3, MALLOC);
});

test('a free of what was never given, or a malloc that failed, makes no trace', () => {
  assert.throws(() => new Trace().record(FREE, 16, 0, 0), /never given/);
  assert.throws(() => new Trace().record(MALLOC, 0, 0, 8), /out of memory/);
});
