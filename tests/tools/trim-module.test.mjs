// tools/trim-module.mjs takes an unused global out and refuses to touch a module that uses it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readExports, readImports, readSections, writeSections } from '../../tools/wasm-sections.mjs';

const script = fileURLToPath(new URL('../../tools/trim-module.mjs', import.meta.url));
const text = (value) => [value.length, ...Buffer.from(value)];

/** Imports a memory of one page, has a table and a global of 1024, and exports `f`, of these instructions. */
function moduleWith(instructions, { shared = false } = {}) {
  const limits = shared ? [3, 1, 16] : [0, 1];
  return writeSections([
    { id: 1, content: [1, 0x60, 0, 1, 0x7f] },
    { id: 2, content: [1, ...text('env'), ...text('memory'), 2, ...limits] },
    { id: 3, content: [1, 0] },
    { id: 4, content: [1, 0x70, 1, 1, 1] },
    { id: 6, content: [1, 0x7f, 1, 0x41, 0x80, 0x08, 0x0b] },
    { id: 7, content: [1, ...text('f'), 0, 0] },
    { id: 10, content: [1, instructions.length + 2, 0, ...instructions, 0x0b] },
  ].map(({ id, content }) => ({ id, content: Uint8Array.from(content) })));
}

const constant = [0x41, 7];
const useOfGlobal = [0x23, 0];
const callThroughTable = [0x41, 0, 0x11, 0, 0];

function trimmed(bytes) {
  const folder = mkdtempSync(join(tmpdir(), 'allot-trim-'));
  try {
    const file = join(folder, 'm.wasm');
    writeFileSync(file, bytes);
    const { status, stderr } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
    return { status, stderr, bytes: readFileSync(file) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an unused global and an unused table go, and so does the least size of the memory', () => {
  const { status, bytes } = trimmed(moduleWith(constant));
  assert.equal(status, 0);
  assert.deepEqual(readSections(bytes).map(({ name }) => name), ['type', 'import', 'function', 'export', 'code']);
  assert.equal(readImports(bytes)[0].limits.minimum, 0);
  assert.deepEqual(readExports(bytes), [{ name: 'f', kind: 'function' }]);
  const memory = new WebAssembly.Memory({ initial: 0 });
  assert.equal(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports.f(), 7);
});

test('a shared memory keeps its maximum', () => {
  const { bytes } = trimmed(moduleWith(constant, { shared: true }));
  const { at, ...limits } = readImports(bytes)[0].limits;
  assert.ok(at > 0);
  assert.deepEqual(limits, { minimum: 0, maximum: 16, shared: true, address: 'i32' });
});

test('trimming twice changes nothing more', () => {
  const once = trimmed(moduleWith(constant)).bytes;
  assert.deepEqual(trimmed(once).bytes, once);
});

for (const [what, instructions] of Object.entries({ 'its global': useOfGlobal, 'its table': callThroughTable })) {
  test(`a module that uses ${what} is refused and left as it was`, () => {
    const before = moduleWith(instructions);
    assert.ok(WebAssembly.validate(before));
    const { status, stderr, bytes } = trimmed(before);
    assert.equal(status, 1);
    assert.match(stderr, /needs a stack/);
    assert.deepEqual(bytes, before);
  });
}

test('what is no module is refused', () => {
  assert.notEqual(trimmed(Buffer.from('no module')).status, 0);
  assert.notEqual(trimmed(moduleWith(constant).subarray(0, 30)).status, 0);
});
