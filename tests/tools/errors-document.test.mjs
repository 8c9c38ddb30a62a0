// docs/errors.md has every error of every table: of the core, of the C++ host library, of JavaScript.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readEntries } from '../../tools/definitions.mjs';

const root = join(import.meta.dirname, '..', '..');
const rows = readFileSync(join(root, 'docs/errors.md'), 'utf8').split('\n');

for (const [table, macro, fields] of [
  ['core/allot/base/errors.def', 'ALLOT_ERROR', 4],
  ['host/include/allot/host/errors.def', 'ALLOT_HOST_ERROR', 3],
  ['js/src/errors.def', 'ALLOT_SCRIPT_ERROR', 3],
]) {
  test(`the errors of ${table}`, () => {
    for (const entry of readEntries(join(root, table), macro, fields)) {
      const code = /^\d+$/.test(entry[0]) ? entry[1] : entry[0];
      const text = entry.at(-1);
      const row = rows.find((line) => line.includes(`\`${code}\``) && line.endsWith(`| ${text} |`));
      assert.ok(row, `${code}: ${text}`);
    }
  });
}
