// ./dev refuses arguments that a task does not have, before it fetches, builds or changes anything.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dev = (...args) => spawnSync('./dev', args, { cwd: root, encoding: 'utf8', timeout: 20_000, env: { ...process.env, NO_COLOR: '1' } });

for (const [line, message] of [
  ['paint', /there is no task 'paint'/],
  ['size --foo', /^usage: \.\/dev size\n$/],
  ['format foo', /^usage: \.\/dev format\n$/],
  ['check foo', /^usage: \.\/dev check /],
  ['docs foo', /^usage: \.\/dev docs /],
  ['clean foo', /^usage: \.\/dev clean /],
  ['build foo', /there is no preset 'foo'/],
  ['build js wasm32', /^usage: \.\/dev build /],
  ['test foo', /there is no part 'foo'/],
  ['bench --nosuch', /^unknown flag '--nosuch'; see --help\n$/],
  ['bench --only W99', /^--only: /],
  ['bench --engine none', /^--engine: /],
  ['bench strings --nosuch', /^unknown flag '--nosuch'/],
  ['bench instructions --nosuch', /^unknown flag '--nosuch'/],
]) {
  test(`./dev ${line}`, () => {
    const { status, stdout, stderr } = dev(...line.split(' '));
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, message);
  });
}

test('help of a program is shown at once', () => {
  for (const args of [['strings'], ['instructions'], ['--quick']]) {
    const { status, stdout, stderr } = dev('bench', ...args, '--help');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^usage: /);
  }
});
