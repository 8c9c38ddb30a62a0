// The same operations leave the same image, byte for byte, whether native code or wasm ran them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-same-image-'));
const program = join(folder, 'same_image');
const pages = { initial: 2, maximum: 512 };
const page = 65536;
const failed = (result) => (result & 15) !== 0;

before(() => {
  const source = join(root, 'tests/wasm/same_image.cpp');
  execFileSync('clang++-19', ['-std=c++20', '-O1', `-I${root}core`, source, '-o', program]);
});
after(() => rmSync(folder, { recursive: true }));

/** u32 quadruples {kind, slot, size, alignment}; small, middling and long blocks, and growth to the limit. */
function operations(seed, count) {
  let state = seed >>> 0;
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const list = new Uint32Array(count * 4);
  for (let at = 0; at < list.length; at += 4) {
    const most = [64, 600, 5000, 70000, 400000][Math.min(4, Math.floor(Math.log2(1 + random(31))))];
    list.set([random(40) === 0 ? 3 : random(3), random(3000), random(most), 16 << random(9)], at);
  }
  return list;
}

function run(core, heap, list) {
  const none = 0xffffffff;
  const slots = new Uint32Array(65536).fill(none);
  for (let at = 0; at < list.length; at += 4) {
    const [kind, slot, size, alignment] = list.subarray(at, at + 4);
    let result;
    if (kind === 3) {
      assert.ok(core.allot_grow(heap, size % 3) !== 0);
    } else if (slots[slot] === none) {
      if (kind === 0) result = core.allot_malloc(heap, size);
      else if (kind === 1) result = core.allot_aligned_alloc(heap, alignment, size);
      else result = core.allot_calloc(heap, 1, size);
      if (!failed(result)) slots[slot] = result;
    } else if (kind === 1) {
      result = core.allot_realloc(heap, slots[slot], size);
      if (!failed(result)) slots[slot] = result;
    } else {
      assert.equal(core.allot_free(heap, slots[slot]), 0);
      slots[slot] = none;
    }
  }
  core.allot_merge(heap);
  assert.equal(core.allot_validate(heap), 0);
}

function instantiate(name, memory) {
  const module = new WebAssembly.Module(readFileSync(join(root, 'build/wasm', `allot-${name}.wasm`)));
  const foreign = {
    foreign_bytes: () => memory.buffer.byteLength,
    foreign_grow: (more) => {
      try {
        memory.grow(more);
        return 1;
      } catch {
        return 0;
      }
    },
    foreign_fill: () => {},
    foreign_copy: () => {},
  };
  return new WebAssembly.Instance(module, { env: { memory, ...foreign } }).exports;
}

/** The first place where two images differ, as a message; comparing megabytes with deepEqual takes minutes. */
function difference(ours, theirs) {
  if (Buffer.compare(ours, theirs) === 0) return '';
  const at = ours.findIndex((byte, index) => byte !== theirs[index]);
  return `lengths ${ours.length} and ${theirs.length}, first difference at ${at}: ${ours[at]} and ${theirs[at]}`;
}

for (const place of ['inside', 'outside']) {
  for (const [policy, name] of ['exact', 'compact', 'balanced', 'fast'].entries()) {
    for (const flags of [0, 1]) {
      test(`${place}, ${name}${flags ? ', sizes recorded' : ''}`, () => {
        const list = operations(1234 + policy * 2 + flags, 6000);
        const begin = place === 'inside' ? 1008 : 0;
        const memory = new WebAssembly.Memory(pages);
        const core = instantiate(place, memory);
        const heap = core.allot_create(0, begin, 0, 0, policy, flags);
        assert.equal(failed(heap), false);
        run(core, heap, list);

        const files = { operations: join(folder, 'operations'), out: join(folder, 'out') };
        writeFileSync(files.operations, list);
        execFileSync(program, [files.operations, files.out, place, begin, heap, policy, flags, 2, 512].map(String));
        const native = readFileSync(files.out);
        if (place === 'inside') {
          // Zeroing and moving blocks writes zeros only: all that is not zero is the image.
          assert.equal(difference(Buffer.from(memory.buffer), native), '');
          assert.ok(memory.buffer.byteLength > pages.initial * page, 'the heap grew');
        } else {
          const end = Math.min(core.memory.buffer.byteLength, native.length);
          const ours = Buffer.from(core.memory.buffer, heap, end - heap);
          assert.equal(difference(ours, native.subarray(heap, end)), '');
        }
      });
    }
  }
}
