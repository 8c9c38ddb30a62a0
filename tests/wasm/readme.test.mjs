// The guest's and the host's example of the README run as they are written.
// (js/test/readme.test.mjs runs those in JavaScript.)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'allot-readme-'));
after(() => rmSync(folder, { recursive: true }));

function onlyBlock(language) {
  const blocks = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))];
  assert.equal(blocks.length, 1, `one ${language} example in the README`);
  return blocks[0][1];
}

test('the guest example links a program whose heap JavaScript finds', async () => {
  symlinkSync(join(root, 'build'), join(folder, 'build'));
  writeFileSync(
    join(folder, 'program.c'),
    `#include <stdlib.h>
#include <string.h>
static char *volatile kept;
__attribute__((constructor)) static void construct(void) { kept = malloc(100); }
char *run(void) { return strcpy(malloc(40), "from the guest"); }
`,
  );
  execFileSync('sh', ['-ec', onlyBlock('sh')], { cwd: folder });

  const memory = new WebAssembly.Memory({ initial: 2 });
  const module = new WebAssembly.Module(readFileSync(join(folder, 'program.wasm')));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports._initialize();
  const text = exports.run();
  const { Heap } = await import(join(root, 'js/dist/index.js'));
  for (const options of [{ address: exports.allot_image() }, {}]) {
    const heap = await Heap.attach(memory, options);
    assert.equal(heap.readString(text, 14), 'from the guest');
    assert.equal(heap.stats().blocks, 2, 'the constructor has run once');
  }
});

test('the host example compiles, runs and finds the double free', () => {
  writeFileSync(join(folder, 'host.cpp'), onlyBlock('cpp'));
  const includes = [`-I${root}core`, `-I${root}host/include`, '-isystem', '/usr/include/utf8cpp'];
  execFileSync('clang++-19', ['-std=c++20', '-Wall', '-Werror', ...includes, 'host.cpp', '-o', 'host'], { cwd: folder });
  execFileSync(join(folder, 'host'));
});
