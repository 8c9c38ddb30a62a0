// What docs/cli.md and docs/host.md tell people to install is enough to configure the command and the host library, and
// what they tell them to type makes both.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { folder, root } from './support/command.mjs';

const page = (name) => readFileSync(join(root, 'docs', name), 'utf8');

/** The lines of code of a page that begin so. */
const commands = (text, begin) => [...text.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line).filter((line) => line.startsWith(begin));

/** Debian's package for what a CMakeLists.txt looks for. */
const packages = { CLI11: 'libcli11-dev', fmt: 'libfmt-dev', nlohmann_json: 'nlohmann-json3-dev', utf8cpp: 'libutfcpp-dev', GTest: 'libgtest-dev', rapidcheck: 'librapidcheck-dev' };

/** Options by which nothing is found but these packages. */
const onlyWith = (names) => Object.entries(packages).filter(([, name]) => !names.includes(name)).map(([name]) => `-DCMAKE_DISABLE_FIND_PACKAGE_${name}=ON`);

/** The packages that a page says to install. */
const named = (text) => commands(text, 'apt-get install ').flatMap((line) => line.split(' ').slice(2));

// Where CMake is told nothing it looks for Make, which Debian's cmake only recommends: ./dev does not install it.
function cmake(...args) {
  const { status, stdout, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8', env: { ...process.env, CMAKE_GENERATOR: 'Unix Makefiles without Make' } });
  assert.equal(status, 0, stdout + stderr);
}

test('the command can be configured with the packages that its page names', () => {
  const install = named(page('cli.md'));
  assert.deepEqual(install, ['g++', 'cmake', 'ninja-build', packages.CLI11, packages.fmt, packages.nlohmann_json]);
  const [build] = commands(page('cli.md'), 'cmake ');
  assert.equal(build, 'cmake --preset cli && cmake --build --preset cli');
  cmake('--preset', 'cli', '-B', join(folder, 'cli'), ...onlyWith(install));
  // All that is built is the command.
  const targets = execFileSync('ninja', ['-C', join(folder, 'cli'), '-t', 'targets', 'rule', 'phony'], { encoding: 'utf8' });
  assert.match(targets, /allot_cli/);
  assert.doesNotMatch(targets, /native_|host_|mutate/);
});

test('the host library can be installed as its page says, and a program finds it', () => {
  const text = page('host.md');
  const wanted = named(text);
  assert.deepEqual(wanted, ['g++', 'cmake', 'ninja-build', 'libutfcpp-dev']);
  const [configure, install, use, ...more] = commands(text, 'cmake ').map((line) =>
    line.replace(/ *#.*/, '').replace('PATH/TO/allot', root).replace(/\bPREFIX\b/g, join(folder, 'prefix')).replace('build/allot', join(folder, 'host')).split(' ').slice(1));
  assert.equal(more.length, 0);
  cmake(...configure, ...onlyWith(wanted));
  cmake(...install);
  const consumer = join(root, 'tests/host/consumer');
  cmake(...use.map((word) => word.replace(/^\.$/, consumer).replace(/^build$/, join(folder, 'consumer'))));
});
