// That the runner can fail: files that fail, hang, break or are empty do so in every way of running a test.
//
// ALLOT_RUNTIMES names the runtimes to ask, as run.mjs knows them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const results = 'build/test/fixtures';
const ids = (process.env.ALLOT_RUNTIMES ?? 'node').split(' ');

const expected = {
  'asks.test.mjs': { passed: 0, failed: ['(loading the file)'] },
  'breaks.test.mjs': { passed: 0, failed: ['(loading the file)'] },
  'empty.test.mjs': { passed: 0, failed: ['(the file)'] },
  'fails.test.mjs': { passed: 2, failed: ['one that fails', 'one that rejects', 'one that throws what is no error'] },
  'guarded.test.mjs': { passed: 0, failed: [] },
  'hangs.test.mjs': { passed: 1, failed: ['one that hangs', 'one that is never reached'] },
  'passes.test.mjs': { passed: 2, failed: [] },
  'skips.test.mjs': { passed: 0, failed: ['(loading the file)'] },
};

// Node's own node:test knows more than our files may use, and says less when it is ended.
const expectedOfNode = {
  ...expected,
  'asks.test.mjs': { passed: 1, failed: [] },
  'breaks.test.mjs': { passed: 0, failed: ['(the file)'] },
  'hangs.test.mjs': { passed: 0, failed: ['(the file)'] },
  'skips.test.mjs': { passed: 1, failed: ['one that is skipped'] },
};

const { status, stdout, stderr } = spawnSync(
  process.execPath,
  ['tests/runtimes/run.mjs', ...ids, '--tests', 'tests/runtimes/fixtures', '--results', results, '--seconds', '3'],
  { cwd: root, encoding: 'utf8', timeout: 300_000 },
);
const said = stdout + stderr;

test('a run with failures has failed, and says where', () => {
  assert.equal(status, 1, said);
  assert.match(stdout, /fails\.test\.mjs › one that fails\n +.*these two differ[^]*fails\.test\.mjs/);
});

for (const id of ids) {
  const kept = readdirSync(join(root, results)).filter((name) => name === `${id}.json` || name.startsWith(`${id}-`));
  test(`${id} was run`, () => assert.ok(kept.length > 0, said));

  for (const name of kept) {
    const { title, files } = JSON.parse(readFileSync(join(root, results, name), 'utf8'));
    for (const { file, passed, failed } of files) {
      test(`${title}: ${file}`, () => {
        const all = id.startsWith('node') ? expectedOfNode : expected;
        assert.deepEqual({ passed: passed.length, failed }, all[file], said);
      });
    }
  }
}
