// A guest in C that keeps handles of relocatable blocks, and resolves them by allot/guest.h.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { Heap } = await import(join(root, 'js/dist/index.js'));

function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'allot-relocatable-'));
  try {
    const [object, program] = [join(folder, 'guest.o'), join(folder, 'guest.wasm')];
    const include = `-I${join(root, 'guest/include')}`;
    const source = join(root, 'tests/wasm/relocatable_guest.c');
    const options = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '--target=wasm32', '-ffreestanding', '-nostdlib'];
    execFileSync('clang-19', [...options, include, '-c', source, '-o', object]);
    execFileSync('wasm-ld-19', ['--no-entry', '--import-memory', '-z', 'stack-size=4096', object, '-o', program]);
    return readFileSync(program);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a guest resolves handles while blocks move around it', async () => {
  const heap = Heap.createSync({ begin: 65536, policy: 'exact' });
  const { exports: guest } = await heap.load(compile(), { env: { compact: () => heap.compact() } });
  const blocks = Array.from({ length: 16 }, (_, i) => heap.allocRelocatable(Int32Array, [i, 2 * i, 3 * i]));
  for (const [i, { handle }] of blocks.entries()) guest.keep(i, handle);
  blocks[3].free();
  assert.equal(guest.is_gone(3), 1);
  assert.equal(guest.write_around_compaction(4, 70), 1, 'it has moved in between');
  assert.equal(guest.sum(4, 3), 70 + 70 + 12);
  assert.equal(guest.write_around_compaction(4, 80), 0, 'there was nowhere to go');
  for (const [i, block] of blocks.entries()) {
    if (i === 3 || i === 4) continue;
    assert.equal(guest.sum(i, 3), 6 * i);
    block.realloc(4000);
    assert.equal(guest.sum(i, 3), 6 * i);
  }
  heap.validate();
});
