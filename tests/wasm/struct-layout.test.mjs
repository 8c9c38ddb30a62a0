// Structs as JavaScript lays them out and as clang does, for wasm32 and wasm64: offsets, lengths and
// alignments, then real programs that read what JavaScript has written and the other way round.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeRandom } from '../../js/test/support/random.mjs';
import { descriptorOf, elementNames, layOut, randomStruct } from '../../js/test/support/structs.mjs';
import { CWriter } from './support/c-structs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-structs-'));
after(() => rmSync(folder, { recursive: true }));

const { Heap, StructType } = await import(join(root, 'js/dist/index.js'));
const targets = ['wasm32', 'wasm64'];

const element = (name) => ({ kind: 'element', name });
const array = (item, count, byteStride) => ({ kind: 'array', item, count, byteStride });
const text = (encoding, byteLength) => ({ kind: 'string', encoding, byteLength });
const make = (kind, fields, options = {}) => layOut({ kind, fields: Object.entries(fields), options, isNamed: true });
const plain = (fields) => ({ kind: 'struct', fields: Object.entries(fields), options: {}, isNamed: false });

const point = make('struct', { x: element('Float64'), y: element('Float64') });
const number = make('union', { i: element('Int32'), f: element('Float32'), b: array(element('Uint8'), 5) });

/** Types that between them have everything that a descriptor can say. */
const fixed = {
  Point: point,
  Number: number,
  Item: make('struct', {
    id: element('Uint32'),
    flags: array(element('Uint8'), 3),
    at: point,
    name: text('utf8', 24),
    next: element('Pointer32'),
    grid: array(array(element('Int16'), 4), 2),
    inner: plain({ a: element('Uint8'), b: element('BigInt64') }),
  }),
  // One byte before each element shows its alignment.
  All: make(
    'struct',
    Object.fromEntries(
      elementNames.flatMap((name) => [
        [`before${name}`, element('Uint8')],
        [`it${name}`, element(name)],
      ]),
    ),
  ),
  Texts: make('struct', {
    a: text('ascii', 3),
    b: text('utf16', 6),
    c: text('latin1', 1),
    d: text('utf32', 12),
    e: array(text('utf8', 5), 3),
  }),
  Packed1: make(
    'struct',
    { a: element('Uint8'), b: element('BigUint128'), c: plain({ d: element('Uint8'), e: element('Int32') }) },
    { pack: 1 },
  ),
  Packed2: make(
    'struct',
    { a: element('Uint8'), b: point, c: plain({ d: element('Uint8'), e: element('Int32') }) },
    { pack: 2 },
  ),
  Packed4: make('struct', { a: element('Uint8'), b: element('BigUint128'), c: number }, { pack: 4 }),
  Packed8: make('struct', { a: element('Uint8'), b: element('BigUint128') }, { pack: 8 }),
  Packed16: make('struct', { a: element('Uint8'), b: element('BigUint128') }, { pack: 16 }),
  Aligned: make('struct', { a: element('Uint8'), b: element('Int32') }, { alignment: 64 }),
  PackedAligned: make('struct', { a: element('Uint8'), b: element('Int32') }, { pack: 1, alignment: 8 }),
  Long: make('struct', { a: element('Uint8'), b: element('Int32') }, { byteLength: 20 }),
  LongUnion: make('union', { a: element('Uint8'), b: element('Int32') }, { byteLength: 20 }),
  Strided: make('struct', {
    a: element('Uint8'),
    b: array(element('Int16'), 3, 6),
    c: array(point, 2, 40),
    d: array(array(element('Uint8'), 3), 2, 4),
  }),
};
fixed.Nested = make('struct', {
  a: element('Uint8'),
  b: fixed.PackedAligned,
  c: array(fixed.Aligned, 2),
  d: plain({ e: plain({ f: plain({ g: element('Uint8'), h: element('BigUint128') }) }) }),
  i: array(fixed.Number, 3),
});
fixed.PackedNested = make('struct', { a: element('Uint8'), b: fixed.Aligned, c: array(fixed.Item, 2) }, { pack: 2 });

/** Claims about a type and all types in it, as JavaScript has laid them out. */
function assertAll(writer, node, type) {
  writer.assert(writer.define(node), type);
  for (const [name, field] of node.fields) {
    const inner = type.fields[name].type;
    if (inner instanceof StructType) assertAll(writer, field, inner);
  }
}

function compiles(source, target) {
  const file = join(folder, 'layout.c');
  writeFileSync(file, source);
  const options = ['-std=c11', '-Wall', '-Werror', '-ferror-limit=3', '-fsyntax-only'];
  return spawnSync('clang-19', [`--target=${target}-unknown-unknown`, ...options, file], { encoding: 'utf8' });
}

for (const target of targets) {
  test(`types that have everything, as clang lays them out for ${target}`, () => {
    const writer = new CWriter();
    for (const [name, node] of Object.entries(fixed)) {
      writer.define(node, name);
      assertAll(writer, node, descriptorOf(node));
    }
    const { status, stderr } = compiles(writer.text, target);
    assert.equal(status, 0, stderr);
  });

  test(`300 random types, as clang lays them out for ${target}`, () => {
    const random = makeRandom(1121);
    const writer = new CWriter();
    for (let i = 0; i < 300; i++) {
      const node = layOut(randomStruct(random, 4));
      assertAll(writer, node, descriptorOf(node));
    }
    assert.ok(writer.text.split('_Static_assert').length > 3000, 'enough was claimed');
    const { status, stderr } = compiles(writer.text, target);
    assert.equal(status, 0, stderr);
  });

  test(`clang for ${target} refuses a layout that is not its own`, () => {
    for (const wrong of [
      { byteLength: 80 },
      { alignment: 4 },
      { fields: { at: { byteOffset: 12, byteLength: 16 } } },
      { fields: { flags: { byteOffset: 4, byteLength: 4 } } },
    ]) {
      const writer = new CWriter();
      const { byteLength, alignment } = descriptorOf(fixed.Item);
      writer.assert(writer.define(fixed.Item), { byteLength, alignment, fields: {}, ...wrong });
      const { status, stderr } = compiles(writer.text, target);
      assert.notEqual(status, 0);
      assert.match(stderr, /static assertion failed/);
    }
  });
}

describe('a guest and JavaScript share structs', () => {
  const Item = descriptorOf(fixed.Item);
  const Number = descriptorOf(fixed.Number);
  const Packed = descriptorOf(fixed.Packed1);
  let module;
  before(() => {
    const writer = new CWriter();
    for (const name of ['Point', 'Number', 'Item', 'Packed1']) writer.define(fixed[name], name);
    const header = join(folder, 'structs.h');
    const [object, program] = [join(folder, 'guest.o'), join(folder, 'guest.wasm')];
    writeFileSync(header, writer.text);
    const options = [
      '-std=c11',
      '-O2',
      '-Wall',
      '-Werror',
      '-mbulk-memory',
      '--target=wasm32-wasi',
      '-ffreestanding',
      '-nostdlib',
    ];
    execFileSync('clang-19', [...options, `-I${folder}`, '-c', join(root, 'tests/wasm/struct_guest.c'), '-o', object]);
    const link = ['--no-entry', '--import-memory', '--export=allot_image', '-z', 'stack-size=8192'];
    execFileSync('wasm-ld-19', [
      ...link,
      object,
      `-L${join(root, 'build/wasm')}`,
      '-lallot-freestanding',
      '-o',
      program,
    ]);
    module = new WebAssembly.Module(readFileSync(program));
  });

  function start() {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 200 });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const image = exports.make_items(0); // the guest makes the heap at its first allocation
    assert.equal(image, 0);
    return { memory, guest: exports, heap: Heap.attachSync(memory, { address: exports.allot_image() }) };
  }

  /** What the guest writes to item `i`, and expects in it: struct_guest.c says the same. */
  const itemAt = (i, next) => ({
    id: 4_000_000_000 + i,
    flags: [i & 255, 1, 255],
    at: { x: i + 0.25, y: -1 - i },
    name: `item ${i} é`,
    next,
    grid: [
      [i, -1, 2, -3],
      [-32768, 32767, 0, i],
    ],
    inner: { a: (200 + i) & 255, b: -(2n ** 62n) - BigInt(i) },
  });

  test('JavaScript reads what the guest has written', () => {
    const { guest, heap } = start();
    const at = guest.make_items(100);
    const items = heap.ref(Item, at, 100);
    for (let i = 0; i < 100; i++) {
      const next = i < 99 ? at + (i + 1) * Item.byteLength : 0;
      assert.deepEqual(items.read(i), itemAt(i, next), `item ${i}`);
    }
    const item = items.at(7);
    assert.equal(item.id, 4_000_000_007);
    assert.equal(item.flags.read(2), 255);
    assert.equal(item.at.x, 7.25);
    assert.equal(item.name, 'item 7 é');
    assert.equal(item.next, items.at(8).byteOffset);
    assert.equal(item.grid.at(1).read(1), 32767);
    assert.equal(item.inner.b, -(2n ** 62n) - 7n);
    items.free();
    heap.validate();
  });

  test('the guest reads what JavaScript has written, as a whole and field by field', () => {
    const { guest, heap } = start();
    const items = heap.allocArray(Item, 100);
    for (let i = 0; i < 100; i++) {
      const next = i < 99 ? items.at(i + 1).byteOffset : 0;
      if (i % 2 === 0) {
        items.write(i, itemAt(i, next));
        continue;
      }
      const [item, { grid, ...value }] = [items.at(i), itemAt(i, next)];
      item.id = value.id;
      item.flags.set(value.flags);
      item.at.x = value.at.x;
      item.at.y = value.at.y;
      item.name = value.name;
      item.next = i < 99 ? items.at(i + 1) : 0;
      grid.forEach((row, j) => item.grid.at(j).set(row));
      item.inner = value.inner;
    }
    assert.equal(guest.check_items(items.byteOffset, 100), -1, 'the item that the guest finds wrong');
    items.at(41).grid.at(1).write(3, 0);
    assert.equal(guest.check_items(items.byteOffset, 100), 41);
  });

  test('unions', () => {
    const { guest, heap } = start();
    const value = heap.alloc(Number, { f: 1.5 });
    assert.equal(guest.float_bits(value.byteOffset), 0x3fc00000);
    guest.set_bytes(value.byteOffset);
    assert.deepEqual(value.b.toArray(), [1, 2, 3, 4, 5]);
    assert.equal(value.i, 0x04030201);
  });

  test('packed structs, with 128-bit integers', () => {
    const { guest, heap } = start();
    const value = heap.alloc(Packed, { a: 1, b: (5n << 64n) | 7n, c: { d: 2, e: -3 } });
    guest.negate(value.byteOffset);
    assert.deepEqual(value.value, { a: 255, b: 2n ** 128n - ((5n << 64n) | 7n), c: { d: 254, e: 3 } });
  });
});
