// Programs that print much end quietly when their reader has seen enough.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const helper = new URL('tools/closed-pipe.mjs', root).href;

const printing = 'for (let i = 0; i < 100_000; i++) { console.log(i); if (i % 1000 === 0) await new Promise(setImmediate); }';

function piped(program) {
  const line = `{ "$0" --input-type=module -e "$1"; echo "exit code $?" >&2; } | head -n 1`;
  const { stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath, program], { encoding: 'utf8' });
  assert.equal(stdout, '0\n');
  return stderr;
}

test('a closed pipe is met without the helper', () => {
  assert.match(piped(printing), /EPIPE/);
});

test('with it the program ends quietly, with its own exit code', () => {
  assert.equal(piped(`import '${helper}'; ${printing}`), 'exit code 0\n');
  assert.equal(piped(`import '${helper}'; process.exitCode = 3; ${printing}`), 'exit code 3\n');
});

for (const name of [
  ...['demo', 'host', 'prng', 'tutorial'].map((example) => `examples/${example}/run.mjs`),
  ...['run', 'instructions', 'strings'].map((program) => `bench/${program}.mjs`),
  ...['check-layers', 'check-links', 'size'].map((tool) => `tools/${tool}.mjs`),
]) {
  test(`${name} does so`, () => {
    assert.match(readFileSync(fileURLToPath(new URL(name, root)), 'utf8'), /^import '(\.|.*\/tools)\/closed-pipe\.mjs';$/m);
  });
}
