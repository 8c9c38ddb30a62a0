// An address below the heap that is given back before the first malloc, in a program whose data and stack end where its
// memory does: nothing can be looked up there, and yet it is told what is wrong with the address.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-early-'));
after(() => rmSync(folder, { recursive: true }));

const page = 65536;
const foreign_address = 8;
const object = join(folder, 'early.o');
const program = join(folder, 'early.wasm');

const builds = {
  'wasi-libc': { libraries: ['-lallot', '-L/usr/lib/wasm32-wasi', '-lc'] },
  freestanding: { libraries: ['-lallot-freestanding'] },
  small: { libraries: ['-lallot-small'] },
  threads: { libraries: ['-lallot-threads'], flags: ['-matomics'], link: ['--shared-memory', `--max-memory=${50 * page}`] },
};

for (const [name, { libraries, flags = [], link = [] }] of Object.entries(builds)) {
  describe(name, () => {
    /** The program, linked so that its heap begins `room` bytes below the end of its first page. */
    function linked(room) {
      const options = ['--target=wasm32-wasi', '-O2', '-mbulk-memory', '-fno-builtin', `-I${join(root, 'guest/include')}`];
      execFileSync('clang-19', [...options, ...flags, '-c', join(root, 'tests/wasm/guest_early.c'), '-o', object]);
      const withStack = (bytes) => {
        execFileSync('wasm-ld-19', [
          '--no-entry', '--import-memory', '--export=__heap_base', ...link, '-z', `stack-size=${bytes}`, object,
          `-L${join(root, 'build/wasm')}`, ...libraries, '-o', program,
        ]);
        return new WebAssembly.Module(readFileSync(program));
      };
      const begin = (module) => start(module, 50).__heap_base.value;
      const module = withStack(page - room - (begin(withStack(4096)) - 4096));
      assert.equal(begin(module), page - room);
      return module;
    }
    function start(module, maximum) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: name === 'threads' });
      return new WebAssembly.Instance(module, { env: { memory } }).exports;
    }

    for (const room of [16, 720]) {
      const module = linked(room);
      for (const [pages, what] of [[50, 'may grow'], [1, 'may not']]) {
        test(`${room} bytes before the end of a memory that ${what}`, () => {
          for (const call of ['give', 'resize', 'usable']) {
            const guest = start(module, pages);
            guest[call](0);
            assert.equal(guest.last_error(), 0, 'null is nothing');
            const fresh = start(module, pages); // realloc of null has made a heap
            fresh[call](1024);
            assert.deepEqual([fresh.last_error(), fresh.last_address()], [foreign_address, 1024], call);
            assert.equal(fresh.take(100) !== 0, pages > 1);
          }
        });
      }
    }
  });
}
