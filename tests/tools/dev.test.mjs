// ./dev refuses arguments that a task does not have, before it fetches, builds or changes anything; and where it cannot
// install, it asks at once for all that a task needs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
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

// In a copy, as the build folder of the original may have a Node of its own; and with tools that any system has, but
// without apt-get.
const bare = mkdtempSync(join(tmpdir(), 'allot-dev-'));
after(() => rmSync(bare, { recursive: true, force: true }));

before(() => {
  for (const name of ['dev', 'tools/dev']) cpSync(join(root, name), join(bare, name), { recursive: true });
  mkdirSync(join(bare, 'bin'));
  for (const tool of ['bash', 'dirname', 'sed', 'sort']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(bare, 'bin', tool));
  }
});

const ask = (...args) =>
  spawnSync('bash', ['dev', ...args], { cwd: bare, encoding: 'utf8', timeout: 20_000, env: { PATH: join(bare, 'bin') } });

for (const [line, packages] of [
  ['demo', ['clang-19', 'nodejs']],
  ['demo host', ['clang-19', 'nodejs', 'g++', 'wabt']],
  ['build', ['clang-19', 'nodejs']],
  ['build wasm64', ['clang-19', 'nodejs']],
  ['build all', ['clang-19', 'nodejs', 'libgtest-dev']],
  ['size', ['clang-19', 'nodejs']],
  ['check', ['clang-19', 'nodejs', 'shellcheck']],
  ['check --tidy', ['clang-19', 'nodejs', 'shellcheck', 'libgtest-dev', 'clang-tidy-19']],
  ['bench', ['clang-19', 'nodejs', 'g++', 'valgrind', 'xz-utils']],
  ['bench instructions', ['clang-19', 'nodejs', 'valgrind', 'xz-utils']],
  ['test js demo', ['clang-19', 'nodejs', 'g++', 'wabt']],
  ['test', ['clang-19', 'nodejs', 'g++', 'wabt', 'chromium', 'firefox-esr', 'valgrind', 'libgtest-dev', 'clang-tidy-19', 'python3']],
  ['test all', ['clang-19', 'nodejs', 'chromium', 'libgtest-dev', 'webkit2gtk-driver']],
]) {
  test(`./dev ${line}, where nothing is installed, asks for all of it at once`, () => {
    const { status, stdout, stderr } = ask(...line.split(' '));
    assert.deepEqual([status, stdout], [3, ''], stderr);
    const asked = /^missing[^:]*: (.*)$/m.exec(stderr)?.[1].split(' ') ?? [];
    assert.deepEqual(packages.filter((name) => !asked.includes(name)), []);
  });
}
