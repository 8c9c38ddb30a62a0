// The guest library in an engine: every function it replaces, what a bad free does, and that nothing of the
// C library's own malloc is left in the program.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Heap } from '../../js/dist/index.js';
import { readHeaderLayout } from '../../js/test/node/support/layout.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-guest-'));
after(() => rmSync(folder, { recursive: true }));

const offsetOf = (name) => readHeaderLayout().fields.find((field) => field.name === name).offset;
const errors = { invalid_alignment: 4, double_free: 5, interior_address: 6, invalid_span: 14 };

const builds = {
  'wasi-libc': {
    flags: ['--target=wasm32-wasi'],
    libraries: ['-lallot', '-L/usr/lib/wasm32-wasi', '-lc'],
  },
  freestanding: {
    flags: ['--target=wasm32-wasi', '-ffreestanding', '-nostdlib', '-DGUEST_FREESTANDING'],
    libraries: ['-lallot-freestanding'],
  },
  small: {
    flags: ['--target=wasm32-wasi', '-ffreestanding', '-nostdlib', '-DGUEST_FREESTANDING'],
    libraries: ['-lallot-small'],
  },
};

for (const [name, { flags, libraries }] of Object.entries(builds)) {
  describe(name, () => {
    const object = join(folder, `${name}.o`);
    const program = join(folder, `${name}.wasm`);
    let module;
    before(() => {
      const options = ['-std=c++20', '-O2', '-mbulk-memory', '-fno-exceptions', '-fno-builtin', ...flags];
      execFileSync('clang++-19', [...options, '-c', join(root, 'tests/wasm/guest_family.cpp'), '-o', object]);
      module = linked(8192);
    });

    function linked(stackBytes) {
      const link = ['--no-entry', '--import-memory', '--export=allot_image', '--export=__heap_base', '--export=__data_end', '-z', `stack-size=${stackBytes}`];
      execFileSync('wasm-ld-19', [...link, object, `-L${join(root, 'build/wasm')}`, ...libraries, '-o', program]);
      return new WebAssembly.Module(readFileSync(program));
    }

    function start(maximum = 200) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      return { memory, ...exports };
    }
    const word = (guest, field) => new DataView(guest.memory.buffer).getUint32(guest.allot_image() + offsetOf(field), true);

    test('every function of the family does what the standards say', () => {
      const line = start().run();
      assert.equal(line, 0, `the check in line ${line} of guest_family.cpp`);
    });

    test('needs nothing but its memory', () => {
      assert.deepEqual(
        WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`),
        ['env.memory'],
      );
    });

    test('the heap begins at __heap_base and leaves what is below alone', () => {
      const guest = start();
      const base = guest.__heap_base.value;
      // Between the two lies the stack, which the program itself writes to.
      const data = () => Buffer.from(guest.memory.buffer.slice(0, guest.__data_end.value));
      guest.release(guest.allocate(10)); // the library's own word says from now on that there is a heap
      const before = data();
      const block = guest.allocate(1000);
      assert.equal(guest.allot_image(), base);
      assert.ok(block > base);
      assert.deepEqual(data(), before);
      assert.equal(guest.memory.buffer.byteLength, 65536, 'no page was taken that is not needed');
    });

    // The linker ends the memory with the page in which data and stack end: the image may have no byte there.
    for (const room of [0, 16, 256, 720, 736, 4096, 7776, 7792, 7808, 16384]) {
      test(`a program whose memory ends ${room} bytes behind its data and stack can allocate`, () => {
        const over = start().__heap_base.value + room;
        const program = linked(8192 + (65536 - (over % 65536)) % 65536);
        const begin = (pages, maximum) => {
          const memory = new WebAssembly.Memory({ initial: pages, maximum });
          return { memory, ...new WebAssembly.Instance(program, { env: { memory } }).exports };
        };
        const pages = (begin(10, 10).__heap_base.value + room) / 65536;
        assert.ok(Number.isInteger(pages), 'the room is as it should be');
        for (const [name, ...sizes] of [['allocate', 10], ['allocate', 0], ['allocate', 5000], ['allocate', 100000]]) {
          const guest = begin(pages, 50);
          const block = guest[name](...sizes);
          assert.ok(block > guest.__heap_base.value);
          guest.release(block);
        }
        assert.equal(begin(pages, 200).run(), 0);
        assert.equal(begin(pages, 200).allot_image(), pages * 65536 - room);
        if (room <= 736) assert.equal(begin(pages, pages).allocate(10), 0, 'where the memory cannot grow');
      });
    }

    // Lengths for which malloc and free have paths of their own, and those next to them.
    test('blocks of every length keep what is in them, and the heap stays sound', async () => {
      const guest = start();
      let state = 20261122;
      const below = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
      const lengths = [() => 1 + below(896), () => 897 + below(1152), () => 2049 + below(6000), () => 880 + 16 * below(80)];
      const blocks = [];
      for (let i = 0; i < 12_000; i++) {
        const at = below(400);
        if (blocks[at] !== undefined) {
          const { address, length } = blocks[at];
          const bytes = new Uint8Array(guest.memory.buffer, address, length);
          assert.ok(bytes.every((byte) => byte === at % 251), `what lay in block ${at} of ${length} bytes`);
          guest.release(address);
        }
        const length = lengths[below(lengths.length)]();
        const address = guest.allocate(length);
        assert.notEqual(address, 0);
        new Uint8Array(guest.memory.buffer, address, length).fill(at % 251);
        blocks[at] = { address, length };
      }
      const heap = await Heap.attach(guest.memory, { address: guest.allot_image() }); // which validates it
      assert.equal(heap.stats().blocks, blocks.filter((block) => block !== undefined).length);
    });

    for (const length of [100, 1000, 3000]) {
      test(`a block of ${length} bytes that is freed twice traps`, () => {
        const guest = start();
        const block = guest.allocate(length);
        guest.release(guest.allocate(length)); // another is freed between
        guest.release(block);
        assert.throws(() => guest.release(block), WebAssembly.RuntimeError);
        assert.equal(word(guest, 'last_error'), errors.double_free);
      });
    }

    test('out of memory gives null, and the heap goes on', () => {
      const guest = start(3);
      assert.equal(guest.allocate(1 << 20), 0);
      const block = guest.allocate(100);
      assert.notEqual(block, 0);
      guest.release(block);
    });

    for (const [call, error] of [
      ['free_twice', 'double_free'],
      ['free_inside', 'interior_address'],
      ['realloc_freed', 'double_free'],
      ['free_sized_twice', 'double_free'],
      ['free_longer', 'invalid_span'],
      ['free_aligned_longer', 'invalid_span'],
      ['free_less_aligned', 'invalid_alignment'],
      ['free_more_aligned', 'invalid_alignment'],
    ]) {
      test(`${call} traps, and the image says why and where`, () => {
        const guest = start();
        assert.throws(() => guest[call](), WebAssembly.RuntimeError);
        assert.equal(word(guest, 'last_error'), errors[error]);
        const address = word(guest, 'last_error_address');
        assert.ok(address > guest.allot_image() && address < guest.memory.buffer.byteLength);
        // A trap is no damage: the heap can be used on.
        guest.release(guest.allocate(24));
      });
    }

    test('new that cannot be satisfied traps', () => {
      assert.throws(() => start().new_too_much(), WebAssembly.RuntimeError);
    });
  });
}
