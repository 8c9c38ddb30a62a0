// Refs as plain data: for another Heap object, for another agent, and from somebody who means no good.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ArrayRef, Heap, StringRef, struct, StructArrayRef, StructRef, union, ValueRef } from 'allot';

import { changesNothing, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, setting, startAgent } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_260_102));

const Vec = struct({ x: 'Float64', y: 'Float64' });
const Packed = struct({ tag: 'Uint8', id: 'Uint32', inner: { a: 'Uint8', b: 'BigInt64' }, at: Vec }, { pack: 2 });
const Aligned = struct({ tag: 'Uint8', next: 'Pointer32' }, { alignment: 64, byteLength: 128 });
const Word = union({ octets: ['Uint8', 8], float: 'Float64', halves: [{ low: 'Uint16', high: 'Uint16' }, 2] });
const Text = struct({ name: { string: 'utf16', byteLength: 24 }, list: [Word, 3, { byteStride: 24 }], packed: Packed });

/** A pair of heap objects over one memory. */
function pair(options) {
  const heap = Heap.createSync({ maximum: 100, ...options });
  return [heap, Heap.attachSync(heap.memory)];
}

const send = (value) => structuredClone(value);

test('every kind of ref arrives as what it was', () => {
  const [heap, other] = pair();
  const through = (ref) => {
    const ticket = heap.ticket(ref);
    assert.deepEqual(send(ticket), ticket, 'plain data');
    assert.deepEqual(JSON.parse(JSON.stringify(ticket)), ticket);
    const opened = other.open(send(ticket));
    assert.equal(opened.heap, other);
    assert.equal(opened.constructor.name, ref.constructor.name);
    assert.equal(opened.byteOffset, ref.byteOffset);
    assert.equal(opened.byteLength, ref.byteLength);
    assert.ok(opened.isOwner && !opened.isFreed);
    return opened;
  };
  const number = through(heap.alloc('Int32', 42));
  assert.ok(number instanceof ValueRef && number.value === 42);
  assert.deepEqual([...through(heap.alloc(Float64Array, [1.5, 2.5])).view], [1.5, 2.5]);
  const strided = through(heap.allocArray('Uint16', [1, 2, 3], { byteStride: 6 }));
  assert.ok(strided instanceof ArrayRef && strided.byteStride === 6 && strided.read(2) === 3);
  const at = heap.alloc(Vec);
  assert.equal(through(heap.alloc('Pointer32', at)).value, at.byteOffset);
  const packed = through(heap.alloc(Packed, { tag: 1, id: 2, inner: { a: 3, b: 4n }, at: { x: 5, y: 6 } }));
  assert.ok(packed instanceof StructRef);
  assert.deepEqual(packed.value, { tag: 1, id: 2, inner: { a: 3, b: 4n }, at: { x: 5, y: 6 } });
  assert.equal(through(heap.alloc(Aligned, { tag: 9 })).tag, 9);
  assert.equal(through(heap.alloc(Word, { float: 1 })).octets.read(7), 0x3f);
  const text = through(heap.alloc(Text, { name: 'Ceres', list: [{ float: 1 }, { float: 2 }, { float: 3 }] }));
  assert.equal(text.name, 'Ceres');
  assert.equal(text.list.at(2).float, 3);
  const points = through(heap.allocArray(Vec, [{ x: 1 }, { y: 2 }], { byteStride: 32 }));
  assert.ok(points instanceof StructArrayRef && points.at(1).y === 2);
  const string = through(heap.allocString('héllo', 'utf8'));
  assert.ok(string instanceof StringRef && string.value === 'héllo');
  throwsCode(() => string.write('hello!!'), 'RangeError', 'string_too_long'); // with its terminator
  assert.equal(through(heap.allocString({ byteLength: 8 }, 'utf32')).capacity, 8);
});

test('layouts arrive as they were, whatever they are', () => {
  const random = makeRandom(seed);
  const [heap, other] = pair();
  const names = ['Int8', 'Uint16', 'Float32', 'BigInt64', 'BigUint256', 'Pointer32', 'Uint8Clamped'];
  const make = (depth) => {
    const kind = depth === 0 ? 0 : random.below(5);
    if (kind === 0) return random.pick(names);
    if (kind === 1) return { string: random.pick(['utf8', 'utf16', 'ascii']), byteLength: 2 + 2 * random.below(20) };
    if (kind === 2) return [make(depth - 1), 1 + random.below(4)];
    const fields = Object.fromEntries(Array.from({ length: 1 + random.below(5) }, (_, i) => [`f${i}`, make(depth - 1)]));
    const pack = random.pick([undefined, 1, 2, 4, 8, 16]);
    return kind === 3 ? struct(fields, { pack }) : random.percent(50) ? union(fields, { pack }) : fields;
  };
  for (let i = 0; i < 80; i++) {
    const type = struct({ all: make(4), last: 'Uint8' });
    const ref = heap.alloc(type);
    const bytes = heap.bytes(ref.byteOffset, ref.byteLength);
    for (let j = 0; j < bytes.length; j++) bytes[j] = random.below(128) & 0x1f;
    const opened = other.open(send(heap.ticket(ref)), type);
    assert.deepEqual(opened.value, ref.value);
    opened.free();
  }
  assert.equal(heap.stat('blocks'), 0);
});

test('what is expected', () => {
  const [heap, other] = pair();
  const [vec, list] = [heap.ticket(heap.alloc(Vec)), heap.ticket(heap.alloc(Int32Array, 3))];
  other.open(vec, Vec).x = 1;
  other.open(vec, { x: 'Float64', y: 'Float64' });
  assert.equal(other.open(list, Int32Array).length, 3);
  assert.equal(other.open(list, ['Int32', 3]).length, 3);
  for (const [ticket, type] of [[vec, Word], [vec, 'Float64'], [vec, Float64Array], [vec, { y: 'Float64', x: 'Float64' }], [list, Uint32Array], [list, ['Int32', 2]], [list, 'Int32']]) {
    throwsCode(() => other.open(ticket, type), 'TypeError', 'wrong_type', /expected/);
  }
  throwsCode(() => other.open(vec, 'Int31'), 'TypeError', 'invalid_layout');
});

test('blocks that are not there any more', () => {
  const [heap, other] = pair({ policy: 'exact' });
  const ref = heap.alloc(Int32Array, 100);
  const ticket = heap.ticket(ref);
  const opened = other.open(ticket);
  ref.free();
  throwsCode(() => heap.ticket(ref), 'HeapError', 'freed_ref');
  const error = throwsCode(() => other.open(ticket), 'HeapError', 'freed_ref', /no block begins/);
  assert.equal(error.address, ticket.byteOffset);
  throwsCode(() => opened.free(), 'HeapError', 'double_free');
  const p = heap.malloc(40);
  assert.equal(p, ticket.byteOffset, 'for this test');
  throwsCode(() => other.open(ticket), 'HeapError', 'freed_ref', /another block/);
  const grown = heap.alloc('Int32');
  const before = heap.ticket(grown);
  heap.realloc(grown.byteOffset, 1000);
  throwsCode(() => other.open(before), 'HeapError', 'freed_ref');
});

test('what cannot have a ticket', () => {
  const [heap, other] = pair();
  const vec = heap.allocArray(Vec, 2);
  throwsCode(() => heap.ticket(vec.at(1)), 'TypeError', 'unsupported_operation', /part/);
  throwsCode(() => other.ticket(vec), 'HeapError', 'another_heap');
  throwsCode(() => heap.ticket(heap.ref('Int32', vec.byteOffset + 16)), 'HeapError', 'interior_address');
  throwsCode(() => heap.ticket(heap.ref('Int32', heap.imageAddress)), 'HeapError', 'metadata_address');
  for (const ref of [undefined, 16, {}, 'ref']) throwsCode(() => heap.ticket(ref), 'TypeError', 'wrong_type');
  const outside = Heap.createSync({ image: 'outside' });
  throwsCode(() => outside.ticket(outside.alloc('Int32')), 'TypeError', 'unsupported_operation');
  throwsCode(() => outside.open(heap.ticket(vec)), 'TypeError', 'unsupported_operation');
  let top = 16;
  const adopted = Heap.adopt({ memory: new WebAssembly.Memory({ initial: 1 }), malloc: (n) => (top += n + 15 & ~15) - (n + 15 & ~15), free() {} });
  throwsCode(() => adopted.ticket(adopted.alloc('Int32')), 'TypeError', 'unsupported_operation');
});

test('a ticket for another heap', () => {
  const [heap] = pair();
  const [another] = pair();
  const ticket = heap.ticket(heap.alloc('Int32'));
  another.alloc('Int32'); // a block of that size, at that place
  throwsCode(() => another.open(ticket), 'HeapError', 'another_heap', /another heap/);
  // A heap made anew in the same memory is another one, and so is one that was restored.
  const restored = Heap.restoreSync(heap.snapshot());
  throwsCode(() => restored.open(ticket), 'HeapError', 'another_heap');
  const anew = Heap.createSync({ memory: heap.memory });
  anew.alloc('Int32');
  throwsCode(() => anew.open(ticket), 'HeapError', 'another_heap');
});

test('a heap that has moved is still the same', () => {
  const heap = Heap.createSync();
  const ref = heap.alloc('Int32', 7);
  const ticket = heap.ticket(ref);
  heap.free(heap.malloc(300_000));
  assert.ok(heap.trim() > 0);
  assert.equal(heap.open(ticket).value, 7);
});

test('tickets that somebody has made up', () => {
  const [heap, other] = pair();
  const good = heap.ticket(heap.alloc(Text, { name: 'x' }));
  const malformed = (ticket) => {
    changesNothing(other, () => other.open(ticket), 'TypeError', 'malformed_ticket');
  };
  for (const ticket of [undefined, null, 7, 'ticket', [], {}, () => {}, Symbol('x')]) malformed(ticket);
  for (const name of ['ticket', 'heap', 'byteOffset', 'usableSize']) {
    for (const value of [undefined, null, -1, 1.5, NaN, 2 ** 32, '16', 16n, {}]) malformed({ ...good, [name]: value });
  }
  for (const byteOffset of [0, 16, 17, good.byteOffset + 1, good.byteOffset + 16, 2 ** 32 - 16]) {
    changesNothing(other, () => other.open({ ...good, byteOffset }), 'HeapError', 'freed_ref');
  }
  changesNothing(other, () => other.open({ ...good, usableSize: good.usableSize + 16 }), 'HeapError', 'freed_ref');
  const types = [
    undefined, null, 7, 'Int31', '', 'x'.repeat(5000), [], {}, { kind: 'int' }, { kind: 'string' },
    { kind: 'string', encoding: 'utf7', byteLength: 8 }, { kind: 'string', encoding: 'utf16', byteLength: 7 },
    { kind: 'string', encoding: 'utf8', byteLength: 8, isTerminated: 1 },
    { kind: 'array', item: 'Int32', length: 2 ** 50, byteStride: 4 }, { kind: 'array', item: 'Int32', length: 2, byteStride: 2 },
    { kind: 'array', item: 'Int32', length: 1e6, byteStride: 4 }, { kind: 'array', item: 'Int32', length: -1, byteStride: 4 },
    { kind: 'struct', fields: [], pack: 0, alignment: 1, byteLength: 1 },
    { kind: 'struct', fields: 'ab', pack: 0, alignment: 1, byteLength: 1 },
    { kind: 'struct', fields: [['a', 'Int32', 'b']], pack: 0, alignment: 4, byteLength: 4 },
    { kind: 'struct', fields: [['a', 'Int32'], ['a', 'Int32']], pack: 0, alignment: 4, byteLength: 8 },
    { kind: 'struct', fields: [['free', 'Int32']], pack: 0, alignment: 4, byteLength: 4 },
    { kind: 'struct', fields: [['__proto__', 'Int32']], pack: 3, alignment: 4, byteLength: 4 },
    { kind: 'struct', fields: [['a', 'Int32']], pack: 0, alignment: 3, byteLength: 4 },
    { kind: 'struct', fields: [['a', 'Int32']], pack: 0, alignment: 4, byteLength: 3 },
    { kind: 'struct', fields: Array.from({ length: 5000 }, (_, i) => [`f${i}`, 'Int8']), pack: 0, alignment: 1, byteLength: 5000 },
  ];
  for (const type of types) malformed({ ...good, type });
  const cycle = { kind: 'array', length: 1, byteStride: 1 };
  cycle.item = cycle;
  malformed({ ...good, type: cycle });
  // Few objects that make 2^60 types.
  let doubled = 'Int8';
  for (let i = 0; i < 60; i++) doubled = { kind: 'struct', fields: [['a', doubled], ['b', doubled]], pack: 0, alignment: 1, byteLength: 2 ** (i + 1) };
  malformed({ ...good, type: doubled });
  assert.equal(other.open(good).name, 'x');
});

if (can.sendShared) {
  test('to another agent, and back', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 100 });
    const list = heap.allocArray(Text, 3);
    list.at(1).name = 'Vesta';
    const answer = await startAgent(({ memory, ticket }, { Heap }) => {
      const heap = Heap.attachSync(memory);
      const list = heap.open(ticket);
      list.at(2).name = `${list.at(1).name}!`;
      heap.malloc(1_000_000); // grows
      return heap.ticket(heap.allocString('from the other side', 'utf16'));
    }, { memory: heap.memory, ticket: heap.ticket(list) }).result;
    assert.equal(list.at(2).name, 'Vesta!');
    const text = heap.open(answer);
    assert.equal(text.value, 'from the other side', 'in memory that the other one has grown');
    text.free();
    throwsCode(() => heap.open(answer), 'HeapError', 'freed_ref');
    heap.validate();
  });
}
