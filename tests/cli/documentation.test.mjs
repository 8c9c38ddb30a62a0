// What docs/cli.md shows is what the command prints: its program is run, then its commands. Times differ from run to
// run and are not compared. ALLOT_UPDATE_GOLDEN=1 writes page and picture anew.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { build, i32, op } from '../../js/test/support/modules.mjs';
import { file, folder, programs, read, root } from './support/command.mjs';
import { isUpdate } from './support/golden.mjs';

const page = join(root, 'docs/cli.md');
const picture = join(root, 'docs/images/cli-map.svg');

/** A program in C, as clang and wasm-ld make it. */
const guest = build({
  types: [[[i32], [i32]], [[i32, i32], []]],
  imports: [{ kind: 'function', name: 'print', type: 1 }],
  functions: [{ type: 0, body: [op.globalGet(0), op.i32(16), op.sub, op.drop, op.get(0)] }],
  memory: { minimum: 2, maximum: 256 },
  globals: [{ mutable: true, value: 66592 }, { mutable: false, value: 66592 }, { mutable: false, value: 1056 }],
  exports: { memory: ['memory', 0], greet: ['function', 1], __heap_base: ['global', 1], __data_end: ['global', 2] },
  data: [{ offset: 1024, bytes: new TextEncoder().encode('hello, world, and goodbye\n') }],
  names: { module: 'guest', globals: { __stack_pointer: 0 } },
});

const withoutTimes = (text) => text
  .replace(/\d+(?:\.\d+)? (?:us|ms|ns)\b/g, 'T')
  .replace(/Fastest: \w+/, 'Fastest')
  .replace(/ +/g, ' ');

/** Runs a line of the shell, `allot` being the command that is tested. Its exit code does not matter. */
function shell(line) {
  const { stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${dirname(programs.allot)}:${process.env.PATH}`, NO_COLOR: '1' },
  });
  return stdout + stderr;
}

test('the page shows what the command prints', () => {
  const text = readFileSync(page, 'utf8');
  const [, program] = /```js fragment\n(.*?)```/s.exec(text);
  const entry = pathToFileURL(join(root, 'js/dist/index.js')).href;
  writeFileSync(join(folder, 'program.mjs'), program.replace("'allot'", JSON.stringify(entry)));
  const { status, stderr } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  file('guest.wasm', guest);

  const shown = [];
  const updated = text.replace(/```console\n\$ ([^\n]*)\n(.*?)```/gs, (_, command, output) => {
    const printed = shell(command);
    shown.push({ command, output, printed });
    return `\`\`\`console\n$ ${command}\n${printed}\`\`\``;
  });
  if (isUpdate) {
    writeFileSync(page, updated);
    writeFileSync(picture, read('heap.svg'));
    return;
  }
  assert.ok(shown.length >= 6);
  for (const { command, output, printed } of shown) assert.equal(withoutTimes(output), withoutTimes(printed), command);
  assert.equal(readFileSync(picture, 'utf8'), read('heap.svg'));
});
