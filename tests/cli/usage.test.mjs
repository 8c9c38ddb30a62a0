// How the command is called: help, exit codes, and what it says when it is called wrongly.

import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { file, folder, programs, read, root, run } from './support/command.mjs';
import { assertGolden } from './support/golden.mjs';
import { small, used } from './support/heaps.mjs';

for (const [name, args] of Object.entries({ allot: [], inspect: ['inspect'], replay: ['replay'], map: ['map'] })) {
  test(`help of ${name}`, () => {
    const { status, stdout, stderr } = run([...args, '--help']);
    assert.deepEqual([status, stderr], [0, '']);
    assertGolden(`${name}.txt`, stdout);
    assert.deepEqual(run([...args, '-h']).stdout, stdout);
  });
}

test('the version is that of the project', () => {
  const { stdout, status } = run(['--version']);
  const [, version] = /VERSION (\d+\.\d+\.\d+)/.exec(readFileSync(join(root, 'CMakeLists.txt'), 'utf8'));
  assert.deepEqual([stdout, status], [`allot ${version}\n`, 0]);
  assert.equal(run(['-V']).stdout, stdout);
});

const wrong = {
  'nothing': [[], /which command\? inspect, replay or map/],
  'an unknown command': [['paint'], /there is no command 'paint'/],
  'an unknown option': [['inspect', 'heap.snapshot', '--jsn'], /--jsn/],
  'no file': [['inspect'], /FILE is required/],
  'two files': [['inspect', 'heap.snapshot', 'b'], /b/],
  'an unknown policy': [['replay', 'app.trace', '-p', 'best'], /best not in \{exact,compact,balanced,fast\}/],
  'no times': [['replay', 'app.trace', '-r', '0'], /not in range/],
  'no output': [['map', 'heap.snapshot'], /--output is required/],
  'a picture of another kind': [['map', 'heap.snapshot', '-o', 'a.png'], /ends neither with .svg nor with .html: a.png/],
  ...Object.fromEntries(['x', 'abc', '-1', '0x', '0xffffffffffffffffff', '18446744073709551616', '12z', '0x1g', ' 1', '+1', '1.5'].flatMap(
    (typed) => ['--from', '--to'].map((option) => [
      `${option} '${typed}', which is no address`,
      [
        ['map', 'heap.snapshot', '-o', 'a.svg', `${option}=${typed}`],
        new RegExp(`^allot: ${option}: an address is a number from 0 to 0xffffffffffffffff, such as 65536 or 0x10000: ${typed.replace(/[+.]/g, '\\$&')}\n`),
      ],
    ]),
  )),
  'an address that is none, by itself': [['map', 'heap.snapshot', '-o', 'a.svg', '--from', '-1'], /: -1\n/],
  'an empty part': [['map', 'heap.snapshot', '-o', 'a.svg', '--from', '0x100', '--to', '0x100'], /there is nothing from/],
  'a part outside': [['map', 'heap.snapshot', '-o', 'a.svg', '--from', '0x7fffffff'], /the memory ends at/],
  ...Object.fromEntries(['red', '1', '0', 'Always'].map((typed) => [
    `the colour '${typed}'`,
    [[`--color=${typed}`, 'inspect', 'heap.snapshot'], new RegExp(`^allot: --color: it is auto, always or never: ${typed}\nTry: `)],
  ])),
  'a colour behind the command': [['inspect', 'heap.snapshot', '--color', 'red'], /^allot: --color: it is auto, always or never: red\n/],
};
for (const [name, [args, message]] of Object.entries(wrong)) {
  test(`wrong usage: ${name}`, () => {
    file('heap.snapshot', small().heap.snapshot());
    file('app.trace', small().trace);
    const { status, stdout, stderr } = run(args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.match(stderr, /^allot: /);
  });
}

test('files that cannot be read', () => {
  mkdirSync(join(folder, 'a-folder'));
  symlinkSync('nowhere', join(folder, 'a-link'));
  for (const name of ['missing', 'a-folder', 'a-link']) {
    for (const args of [['inspect', name], ['replay', name], ['map', name, '-o', '-']]) {
      const { status, stdout, stderr } = run(args);
      assert.deepEqual([status, stdout], [3, '']);
      assert.match(stderr, new RegExp(`^allot: ${name}: cannot be read: .+\n$`));
    }
  }
  assert.match(run(['inspect', 'evil\u001b[2J']).stderr, /^allot: evil\\u\{1b\}\[2J: /);
});

test('output that cannot be written', () => {
  file('heap.snapshot', small().heap.snapshot());
  const { status, stderr } = run(['map', 'heap.snapshot', '-o', 'no/such/folder.svg']);
  assert.equal(status, 4);
  assert.match(stderr, /no\/such\/folder\.svg: cannot be written: /);
  for (const args of ['inspect heap.snapshot', '--help', 'inspect --help', '--version']) {
    const full = shell(`"${programs.allot}" ${args} > /dev/full`);
    assert.equal(full.status, 4, args);
    assert.match(full.stderr, /^allot: the output: cannot be written: .+\n$/);
  }
});

const shell = (line) => spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8', timeout: 60_000 });

test('what was there stays until all is written, and nothing is left beside it', () => {
  file('heap.snapshot', used().heap.snapshot());
  file('kept.svg', 'an older picture');
  chmodSync(join(folder, 'kept.svg'), 0o640);
  symlinkSync('kept.svg', join(folder, 'link.svg'));
  const before = readdirSync(folder);
  for (const name of ['kept.svg', 'link.svg', 'new.svg']) {
    // No file may have more than a few bytes: as on a full disk.
    const { status, stderr } = shell(`trap '' XFSZ; ulimit -f 1; "${programs.allot}" map heap.snapshot -o ${name}`);
    assert.equal(status, 4);
    assert.match(stderr, new RegExp(`^allot: ${name}: cannot be written: File too large\n$`));
    assert.equal(read('kept.svg'), 'an older picture');
    assert.deepEqual(readdirSync(folder), before);
  }

  assert.equal(run(['map', 'heap.snapshot', '-o', 'link.svg']).status, 0);
  assert.ok(lstatSync(join(folder, 'link.svg')).isSymbolicLink());
  assert.match(read('kept.svg'), /^<svg/);
  assert.equal(statSync(join(folder, 'kept.svg')).mode & 0o7777, 0o640);
  assert.deepEqual(readdirSync(folder), before);

  mkdirSync(join(folder, 'elsewhere'));
  symlinkSync('elsewhere/new.svg', join(folder, 'ahead.svg'));
  assert.equal(shell(`umask 027; "${programs.allot}" map heap.snapshot -o ahead.svg`).status, 0);
  assert.match(read('elsewhere/new.svg'), /^<svg/);
  assert.equal(statSync(join(folder, 'elsewhere/new.svg')).mode & 0o7777, 0o640);

  symlinkSync('/dev/full', join(folder, 'full.svg'));
  const full = run(['map', 'heap.snapshot', '-o', 'full.svg']);
  assert.equal(full.status, 4);
  assert.match(full.stderr, /^allot: full\.svg: cannot be written: No space left on device\n$/);
  assert.ok(lstatSync(join(folder, 'full.svg')).isSymbolicLink());
  symlinkSync('round.svg', join(folder, 'round.svg'));
  assert.equal(run(['map', 'heap.snapshot', '-o', 'round.svg']).status, 4);
});

test('a file without an end', () => {
  file('heap.snapshot', small().heap.snapshot());
  for (const [args, what] of [
    ['inspect', /it begins neither as/],
    ['replay', /this is not a trace: it begins with other bytes/],
    ['map -o -', /this is not a snapshot/],
  ]) {
    for (const name of ['/dev/zero', '/dev/full']) {
      const { status, stderr } = shell(`"${programs.allot}" ${args} ${name}`);
      assert.equal(status, 3);
      assert.match(stderr, new RegExp(`^allot: ${name}: byte 0: `));
      assert.match(stderr, what);
    }
  }
  const { length } = small().heap.snapshot();
  const goes = shell(`cat heap.snapshot /dev/zero | "${programs.allot}" inspect /dev/stdin`);
  assert.equal(goes.status, 3);
  assert.equal(goes.stderr, `allot: /dev/stdin: byte ${length}: the snapshot ends here, as its header says, and the file goes on\n`);
  assert.equal(shell(`cat heap.snapshot | "${programs.allot}" inspect /dev/stdin`).status, 0);
});
