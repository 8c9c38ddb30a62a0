// A reporter for node:test that tells what the runner wants to know. A test that is skipped or still to do
// has failed: it did not run.

import { toLine } from './events.mjs';

function outcome(type, data) {
  const { name, skip, todo } = data;
  if (skip !== undefined || todo !== undefined) return { event: 'fail', name, error: 'was skipped' };
  if (type === 'test:pass') return { event: 'pass', name };
  const { error } = data.details;
  return { event: 'fail', name, error: String(error?.cause?.stack ?? error?.cause ?? error?.stack ?? error) };
}

export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite fails with its tests; by itself only in a hook, which is worth a line.
    const isSuite = data.details?.type === 'suite';
    if (isSuite && (type === 'test:pass' || data.details.error?.failureType === 'subtestsFailed')) continue;
    yield `${toLine(outcome(type, data))}\n`;
  }
  yield `${toLine({ event: 'done' })}\n`;
}
