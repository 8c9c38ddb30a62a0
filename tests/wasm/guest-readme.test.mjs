// The command lines of guest/README.md link programs that run, and whose static constructors run once. Each program
// allocates in one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { emscriptenEnvironment, emscriptenTool } from './support/emscripten.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'guest/README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'allot-guest-readme-'));
after(() => rmSync(folder, { recursive: true }));

symlinkSync(join(root, 'build'), join(folder, 'build'));
writeFileSync(join(folder, 'program.c'), `
void *malloc(__SIZE_TYPE__);
void free(void *);
static int constructed;
static char *volatile text;
__attribute__((constructor)) static void construct(void) {
  text = malloc(100);
  text[99] = 1;
  constructed++;
}
int run(void) {
  free(malloc(1000));
  return constructed * text[99];
}
`);
writeFileSync(join(folder, 'program.cpp'), `
#ifdef __EMSCRIPTEN__
#include <stdio.h>
#endif
namespace {
struct Text {
  char *volatile bytes = new char[100];
  int constructed = 0;
  Text() { bytes[99] = 1; constructed++; }
#if !__STDC_HOSTED__
} text;
#else
  ~Text() { delete[] bytes; }
} text;
#endif
}
extern "C" int run() {
  delete new double[1000];
  return text.constructed * text.bytes[99];
}
#ifdef __EMSCRIPTEN__
int main() {
  const int first = run();
  printf("%d %d\\n", first, run());
}
#endif
`.replace('delete new double[1000]', 'delete[] new double[1000]'));

/** The commands below the heading. */
function commands(heading) {
  const found = readme.match(new RegExp(`^### ${heading}\\n+\`\`\`sh\\n(.*?)^\`\`\``, 'ms'));
  assert.ok(found, `guest/README.md has commands under ‘${heading}’`);
  return found[1];
}
const sh = (script, env = process.env) => execFileSync('sh', ['-ec', script], { cwd: folder, env });

/** Each export is called twice in a program whose constructors have run once. */
const check = `
const guest = new WebAssembly.Instance(module, imports).exports;
(guest._initialize ?? guest.__wasm_call_ctors)();
const image = guest.allot_image();
return [guest.run(), guest.run(), image !== 0 && guest.allot_image() === image];
`;
function checked(imports = {}) {
  const module = new WebAssembly.Module(readFileSync(join(folder, 'program.wasm')));
  return new Function('module', 'imports', check)(module, imports);
}

describe('the commands of guest/README.md', () => {
  for (const heading of ['C and wasi-libc', 'The same by clang alone', 'C\\+\\+ and wasi-libc', 'Freestanding']) {
    test(heading, () => {
      sh(commands(heading));
      assert.deepEqual(checked(), [1, 1, true]);
    });
  }
  test('liballot-small in the place of liballot-freestanding', () => {
    sh(commands('Freestanding').replace('-lallot-freestanding', '-lallot-small'));
    assert.deepEqual(checked(), [1, 1, true]);
  });
  test('Threads', () => {
    sh(commands('Threads'));
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 1024, shared: true });
    assert.deepEqual(checked({ env: { memory } }), [1, 1, true]);
  });
  test('wasm64', () => {
    sh(commands('wasm64'));
    const script = join(folder, 'run.cjs');
    writeFileSync(script, `
      const compiled = new WebAssembly.Module(require('node:fs').readFileSync(process.argv[2]));
      const result = new Function('module', 'imports', ${JSON.stringify(check.replace('!== 0', '!== 0n'))})(compiled, {});
      console.log(JSON.stringify(result));
    `);
    // Node has wasm64 since version 24.
    const node = join(root, 'tests/runtimes/node_modules/n24/bin/node');
    const said = execFileSync(node, [script, join(folder, 'program.wasm')], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(said), [1, 1, true]);
  });
  for (const heading of ['Emscripten', 'Emscripten with threads']) {
    test(heading, () => {
      const bin = join(folder, 'bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, 'em++'), `#!/bin/sh\nexec python3 ${emscriptenTool('em++')} "$@"\n`);
      chmodSync(join(bin, 'em++'), 0o755);
      const env = emscriptenEnvironment(folder);
      sh(commands(heading), { ...env, PATH: `${bin}${delimiter}${env.PATH}` });
      // Its loader of files mistakes Node's fetch for a browser's.
      const said = execFileSync(process.execPath, ['--no-experimental-fetch', 'program.js'], { cwd: folder, encoding: 'utf8' });
      assert.equal(said, '1 1\n');
    });
  }
  test('another order than the README’s does not link', () => {
    const wrong = commands('C and wasi-libc').replace('-lallot ', '').replace('-lc ', '-lc -lallot ');
    assert.throws(() => execFileSync('sh', ['-ec', wrong], { cwd: folder, stdio: 'pipe' }), /duplicate symbol/);
  });
});

test('the README’s allot_on_error says what is wrong', () => {
  const hook = readme.match(/^```c\n(.*?)^```/ms)[1];
  writeFileSync(join(folder, 'program.c'), `${hook}
#include <stdlib.h>
void run(void) {
  char *block = malloc(10);
  free(block);
  free(block);
}
`);
  sh(`clang-19 --target=wasm32-wasi -Wall -Wextra -Werror -fno-builtin -I${join(root, 'guest/include')} -c program.c -o program.o
${commands('C and wasi-libc').split('\n').slice(1).join('\n')}`);
  let said = '';
  const wasi_snapshot_preview1 = {
    fd_write(file, vectors, count, written) {
      const memory = new DataView(guest.memory.buffer);
      let length = 0;
      for (let i = 0; i < count; i++) {
        const [at, bytes] = [memory.getUint32(vectors + 8 * i, true), memory.getUint32(vectors + 8 * i + 4, true)];
        said += Buffer.from(guest.memory.buffer, at, bytes).toString();
        length += bytes;
      }
      memory.setUint32(written, length, true);
      return file === 2 ? 0 : 8;
    },
    fd_close: () => 0,
    fd_seek: () => 70,
  };
  const module = new WebAssembly.Module(readFileSync(join(folder, 'program.wasm')));
  const guest = new WebAssembly.Instance(module, { wasi_snapshot_preview1 }).exports;
  guest._initialize();
  assert.throws(() => guest.run(), WebAssembly.RuntimeError);
  assert.match(said, /^allot: error 5 at address \d+\n$/);
});
