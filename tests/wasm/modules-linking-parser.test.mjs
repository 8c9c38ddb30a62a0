// The parser of modules by itself, on what clang and its linker make: against another reader of the same format,
// and with bytes that are wrong in every place.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeRandom } from '../../js/test/support/random.mjs';
import { readExports, readImports } from '../../tools/wasm-sections.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = (name) => import(join(root, 'js/dist/modules', name));
const { readBinary } = await dist('binary.js');
const { readDylink, readNames } = await dist('custom.js');
const { footprintOf, globalValues } = await dist('footprint.js');
const { requireConstructors } = await dist('constructors.js');

const folder = mkdtempSync(join(tmpdir(), 'allot-parser-'));
after(() => rmSync(folder, { recursive: true }));

function compile(source, options, link) {
  const [object, out] = [join(folder, 'module.o'), join(folder, 'module.wasm')];
  const common = ['--target=wasm32-unknown-unknown', '-O1', '-ffreestanding', '-nostdlib', '-mbulk-memory', '-c'];
  execFileSync(source.endsWith('.c') ? 'clang-19' : 'clang++-19', [...common, ...options, join(root, 'tests/wasm/modules', source), '-o', object]);
  execFileSync('wasm-ld-19', ['--no-entry', '--import-memory', ...link, object, '-o', out]);
  return new Uint8Array(readFileSync(out));
}

const pic = ['-std=c++20', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti'];
const shared = ['-shared', '--experimental-pic', '--unresolved-symbols=import-dynamic', '--export-if-defined=__wasm_call_ctors'];
const own = (name) => new Uint8Array(readFileSync(join(root, 'build/wasm', name)));
const modules = {
  'base.cpp': compile('base.cpp', pic, shared),
  'shapes.cpp': compile('shapes.cpp', pic, shared),
  'fixed.c': compile('fixed.c', ["-DLETTER='x'"], ['--allow-undefined', '--export=__heap_base']),
  'fixed.c, stripped': compile('fixed.c', ["-DLETTER='x'"], ['--allow-undefined', '--strip-all', '--stack-first']),
  'allot-malloc.wasm': own('allot-malloc.wasm'),
  'allot-outside.wasm': own('allot-outside.wasm'),
};

/** All that loading reads of a module. */
function readAll(bytes) {
  const binary = readBinary('test', bytes);
  const section = binary.customs.get('dylink.0');
  const dylink = section && readDylink('test', section);
  const names = readNames('test', binary.customs.get('name'));
  const imported = binary.imports.filter(({ kind }) => kind === 'global').map(() => 4096);
  const question = { operation: 'test', binary, names, memory: 0, minimumBytes: 131_072, globals: globalValues(binary, imported) };
  requireConstructors('test', 'module', binary, names);
  return { binary, dylink, names, ranges: footprintOf(question) };
}

for (const [title, bytes] of Object.entries(modules)) {
  test(`${title}: imports and exports, as another reader has them`, () => {
    const { binary } = readAll(bytes);
    const { imports, exportedFunctions, exportedGlobals } = binary;
    assert.deepEqual(
      imports.map(({ module, name, kind, limits }) => [`${module}.${name}`, kind, limits?.minimum, limits?.maximum]),
      readImports(bytes).map(({ name, kind, limits }) => [name, kind, limits?.minimum, limits?.maximum]),
    );
    const names = (kind) => readExports(bytes).filter((each) => each.kind === kind).map(({ name }) => name);
    assert.deepEqual([[...exportedFunctions.keys()], [...exportedGlobals.keys()]], [names('function'), names('global')]);
    const module = new WebAssembly.Module(bytes);
    assert.deepEqual(WebAssembly.Module.imports(module).map(({ name }) => name), imports.map(({ name }) => name));
    assert.equal(binary.types.length > 0, true);
  });

  test(`${title}: cut off anywhere`, () => {
    for (let length = 0; length < bytes.length; length++) refusesOrReads(bytes.slice(0, length), `cut off at ${length}`);
  });

  test(`${title}: each byte replaced`, () => {
    const copy = bytes.slice();
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0x00, 0x80, 0xff, bytes[at] ^ 1]) {
        copy[at] = value;
        refusesOrReads(copy, `${value} at ${at}`);
      }
      copy[at] = bytes[at];
    }
  });

  test(`${title}: several bytes at random`, () => {
    const seed = Number(process.env.ALLOT_SEED ?? 5);
    const random = makeRandom(seed);
    for (let round = 0; round < 3000; round++) {
      const copy = bytes.slice();
      for (let i = random.below(8); i >= 0; i--) copy[random.below(copy.length)] = random.below(256);
      refusesOrReads(copy, `seed ${seed}, round ${round}`);
    }
  });
}

function refusesOrReads(bytes, what) {
  try {
    readAll(bytes);
  } catch (error) {
    assert.equal(error.code, 'invalid_module', `${what}: ${error.stack}`);
  }
}

test('what was read of them', () => {
  const base = readAll(modules['base.cpp']);
  assert.equal(base.names.module, 'module.wasm');
  assert.ok(base.dylink.memoryByteLength > 12_000 && base.dylink.tableLength > 2);
  assert.deepEqual([...readAll(modules['shapes.cpp']).dylink.weak], ['nobody_has_this']);
  const [range, ...more] = readAll(modules['fixed.c']).ranges;
  assert.deepEqual([range.kind, range.begin, more.length], ['data and stack', 1024, 0]);
  assert.deepEqual(readAll(modules['fixed.c, stripped']).ranges.map(({ kind }) => kind), ['stack', 'data']);
});
