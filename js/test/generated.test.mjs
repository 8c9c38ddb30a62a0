// What is generated from the tables is not stale, and the modules export what the table says.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readEntries } from '../../tools/definitions.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('generated files are up to date', () => {
  execFileSync(process.execPath, [`${root}tools/generate.mjs`, '--check'], { stdio: 'inherit' });
});

const exported = readEntries(`${root}abi/exports.def`, 'ALLOT_EXPORT', 3).map(([, name]) => name);

for (const [place, imports, others] of [
  ['inside', ['memory'], []],
  ['outside', ['foreign_bytes', 'foreign_copy', 'foreign_fill', 'foreign_grow'], ['memory']],
]) {
  test(`the module with its image ${place} exports the table, and imports no more than it must`, () => {
    const module = new WebAssembly.Module(readFileSync(`${root}build/wasm/allot-${place}.wasm`));
    assert.deepEqual(
      WebAssembly.Module.exports(module).map(({ name }) => name).sort(),
      [...exported, ...others].sort(),
    );
    assert.deepEqual(
      WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`).sort(),
      imports.map((name) => `env.${name}`),
    );
  });
}

test('the module with its image inside owns not one byte of the memory it is put over', () => {
  const module = new WebAssembly.Module(readFileSync(`${root}build/wasm/allot-inside.wasm`));
  const empty = new WebAssembly.Memory({ initial: 0 });
  new WebAssembly.Instance(module, { env: { memory: empty } });
  assert.equal(empty.buffer.byteLength, 0);
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).fill(0xcd);
  new WebAssembly.Instance(module, { env: { memory } });
  assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0xcd));
});
