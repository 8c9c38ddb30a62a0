// The reader of the project's tables, and what it refuses.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { readEntries, requireDistinct } from '../../tools/definitions.mjs';

const folder = mkdtempSync(join(tmpdir(), 'allot-definitions-'));
after(() => rmSync(folder, { recursive: true }));

function table(text) {
  const file = join(folder, 'table.def');
  writeFileSync(file, text);
  return file;
}

test('entries are split at commas that are neither quoted nor in parentheses', () => {
  const file = table(`
// A comment: T(1, none)
T(1, (int a, int b), "one, \\"two\\" (three)")
T(2, (void),
  "on two lines")
`);
  assert.deepEqual(readEntries(file, 'T', 3), [
    ['1', '(int a, int b)', 'one, "two" (three)'],
    ['2', '(void)', 'on two lines'],
  ]);
});

for (const [what, text] of [
  ['an empty table', '// nothing\n'],
  ['another macro', 'T(1, 2)\nU(1, 2)\n'],
  ['a field too many', 'T(1, 2, 3)\n'],
  ['an entry that is not closed', 'T(1, 2\n'],
  ['a text that is not closed', 'T(1, "2)\n'],
  ['words between entries', 'T(1, 2) and\nT(2, 3)\n'],
]) {
  test(`refuses ${what}`, () => {
    assert.throws(() => readEntries(table(text), 'T', 2), /table\.def/);
  });
}

test('refuses a value that occurs twice in a field', () => {
  const file = table('T(1, a)\nT(1, b)\n');
  const entries = readEntries(file, 'T', 2);
  requireDistinct(file, entries, 1);
  assert.throws(() => requireDistinct(file, entries, 0), /1 occurs twice/);
});
