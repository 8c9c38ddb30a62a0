// Refs to numbers, arrays and addresses: how they begin, what they refuse, how they end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ArrayRef, Heap, PointerRef, Ref, ValueRef } from 'allot';

import { copyOf, sameBytes, writesNothing } from './support/bytes.mjs';
import { changesNothing, places, policies, portrait, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** Kept apart from the package's own table. */
const elements = [
  ['Int8', 1, -5], ['Uint8', 1, 200], ['Uint8Clamped', 1, 255], ['Int16', 2, -3000], ['Uint16', 2, 60_000],
  ['Int32', 4, -(2 ** 31)], ['Uint32', 4, 2 ** 32 - 1], ['BigInt64', 8, -(2n ** 63n)], ['BigUint64', 8, 2n ** 64n - 1n],
  ...(can.float16 ? [['Float16', 2, 0.5]] : []), ['Float32', 4, -0], ['Float64', 8, 0.1],
  ['BigUint128', 16, 2n ** 127n + 1n], ['BigUint256', 32, 2n ** 255n + 1n],
  ['Pointer32', 4, 2 ** 31], ['Pointer53', 8, 2 ** 53 - 1], ['Pointer64', 8, 2n ** 64n - 1n],
].map(([name, bytes, sample]) => ({ name, bytes, sample, zero: typeof sample === 'bigint' ? 0n : 0 }));

const typedArrays = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array, ...(can.float16 ? [Float16Array] : []),
];

/** Runs a test on the kinds of heaps, and expects each to be sound at the end. */
function everyHeap(name, action) {
  const kinds = places.map((image) => [image, { image }]);
  if (can.shared) kinds.push(['shared', { shared: true, maximum: 200 }]);
  for (const [kind, options] of kinds) {
    test(`${name} (${kind})`, () => {
      const made = [];
      const make = (more) => {
        const heap = Heap.createSync({ ...options, ...more });
        // With the image outside, 0 is the address of a block, and no pointer can mean it.
        if (kind === 'outside') heap.malloc(16);
        made.push(heap);
        return heap;
      };
      action(make, kind);
      for (const heap of made) heap.validate();
    });
  }
}

/** Fills free memory with something, so that a block that is not zeroed is noticed. */
function soil(heap) {
  const blocks = Array.from({ length: 50 }, (_, i) => heap.malloc(16 << i % 8));
  for (const p of blocks) heap.fill(p, heap.usableSize(p), 0xa5);
  for (const p of blocks) heap.free(p);
}

// ── How they begin ──────────────────────────────────────────────────────────────────────────────

everyHeap('alloc of an array: what gives no elements is refused by the name of the parameter', (make) => {
  const heap = make();
  const arena = heap.arena();
  const scope = heap.scope();
  const rule = (what) => new RegExp(`init must be a length or an iterable, not ${what}\\b`);
  for (const [init, what] of [[undefined, 'undefined'], [null, 'null'], ['3', 'the string "3'], [3n, 'the BigInt 3n'], [{}, 'an object']]) {
    for (const giver of [heap, arena, scope]) {
      const refuse = (action) => changesNothing(heap, action, 'TypeError', 'wrong_type', rule(what));
      refuse(() => giver.alloc(Int8Array, init));
      refuse(() => giver.allocArray(Int8Array, init));
      refuse(() => giver.allocArray('Int8', init));
      refuse(() => giver.allocArray({ a: 'Int8' }, init));
      refuse(() => giver.allocArray('Int8', init, { byteStride: 3 }));
    }
  }
  changesNothing(heap, () => heap.alloc(Int8Array), 'TypeError', 'wrong_type', rule('undefined'));
  // There it is a parameter of that name.
  changesNothing(heap, () => heap.ref(Int8Array, 1024, 4).set(undefined), 'TypeError', 'wrong_type', /values must be iterable/);
});

everyHeap('alloc of a number: zero, or what was given', (make) => {
  const heap = make();
  soil(heap);
  for (const { name, bytes, sample, zero } of elements) {
    const empty = heap.alloc(name);
    assert.ok(empty instanceof ValueRef && empty instanceof Ref);
    assert.equal(empty instanceof PointerRef, name.startsWith('Pointer'));
    assert.equal(empty.value, zero, name);
    assert.equal(empty.byteLength, bytes);
    assert.ok(empty.bytes.every((byte) => byte === 0));
    assert.equal(empty.byteOffset % 16, 0);
    assert.equal(empty.heap, heap);
    assert.equal(empty.element.name, name);
    assert.equal(empty.isOwner, true);
    assert.equal(empty.isFreed, false);

    const full = heap.alloc(name, sample);
    assert.ok(Object.is(full.value, sample), name);
    assert.ok(Object.is(heap[`read${name}`](full.byteOffset), sample));
    full.value = zero;
    assert.equal(full.read(), zero);
    assert.equal(full.write(sample), full, 'chains');
    assert.ok(Object.is(full.value, sample));
    full.clear();
    assert.equal(full.value, zero);
    assert.equal(heap.alloc(name, undefined).value, zero);
  }
});

everyHeap('alloc of an array: by its length', (make) => {
  const heap = make();
  soil(heap);
  for (const array of typedArrays) {
    for (const length of [0, 1, 7, 1000]) {
      const ref = heap.alloc(array, length);
      assert.ok(ref instanceof ArrayRef);
      assert.equal(ref.length, length);
      assert.equal(ref.byteStride, array.BYTES_PER_ELEMENT);
      assert.equal(ref.byteLength, length * array.BYTES_PER_ELEMENT);
      assert.equal(Object.getPrototypeOf(ref.view), array.prototype);
      assert.equal(ref.view.length, length);
      assert.equal(ref.view.byteOffset, ref.byteOffset);
      assert.ok(ref.bytes.every((byte) => byte === 0), `${array.name} ${length}`);
      assert.ok(heap.usableSize(ref.byteOffset) >= ref.byteLength);
    }
  }
  for (const { name, bytes, zero } of elements) {
    const ref = heap.allocArray(name, 5);
    assert.equal(ref.length, 5);
    assert.equal(ref.byteLength, 5 * bytes);
    assert.deepEqual(ref.toArray(), [zero, zero, zero, zero, zero]);
    assert.equal(ref.element.name, name);
  }
});

everyHeap('alloc of an array: by its elements, from whatever gives them', (make) => {
  const heap = make();
  const numbers = [1, 2, 250, 3];
  for (const array of typedArrays) {
    const values = array.name.startsWith('Big') ? numbers.map(BigInt) : numbers;
    const expected = [...array.from(values)];
    const forms = {
      array: values,
      set: new Set(values),
      generator: (function* () { yield* values; })(),
      iterator: values[Symbol.iterator](),
      'array-like': { length: 4, ...values },
      'the same typed array': array.from(values),
      subclass: new (class extends Array {})(...values),
    };
    for (const [form, init] of Object.entries(forms)) {
      assert.deepEqual([...heap.alloc(array, init).view], expected, `${array.name} from ${form}`);
    }
    for (const other of typedArrays) {
      if (other.name.startsWith('Big') !== array.name.startsWith('Big')) continue;
      const from = other.from(values);
      assert.deepEqual([...heap.alloc(array, from).view], [...array.from(from)], `${array.name} from ${other.name}`);
    }
    assert.equal(heap.alloc(array, []).length, 0);
  }
  for (const { name, sample, zero } of elements) {
    assert.deepEqual(heap.allocArray(name, [sample, zero, sample]).toArray(), [sample, zero, sample], name);
    assert.deepEqual(heap.allocArray(name, [sample].values()).toArray(), [sample]);
    assert.deepEqual([...heap.allocArray(name, [])], []);
  }
  assert.deepEqual([...heap.allocArray(Int16Array, [1, 70_000]).view], [1, 4464]);
});

everyHeap('numbers out of range are written as a typed array writes them', (make) => {
  const heap = make();
  const values = [-1, 1.5, 2.5, 300, -300, 2 ** 40 + 1, NaN, Infinity, -0];
  const bigs = [-1n, 2n ** 70n + 5n];
  for (const array of typedArrays) {
    const given = array.name.startsWith('Big') ? bigs : values;
    const expected = [...array.from(given)];
    assert.deepEqual([...heap.alloc(array, given).view], expected, array.name);
    assert.deepEqual([...heap.alloc(array, given.length).set(given).view], expected);
    const one = heap.alloc(array, given.length);
    given.forEach((value, i) => one.write(i, value));
    assert.deepEqual([...one], expected);
    assert.deepEqual([...heap.allocArray(one.element.name, given).view], expected);
  }
});

everyHeap('alloc from a typed array on the heap’s own memory, which growing detaches', (make) => {
  const heap = make({ initial: 1 });
  const first = heap.alloc(Float64Array, 1000);
  first.view.forEach((_, i, view) => (view[i] = i + 0.5));
  const expected = [...first.view];
  let last = first;
  for (let round = 0; round < 30; round++) {
    const before = heap.buffer.byteLength;
    const next = heap.alloc(Float64Array, heap.view(Float64Array, last.byteOffset, 1000));
    assert.deepEqual([...next.view], expected);
    // Also when the conversion is to another type, and when it goes through the slow way.
    const rounded = heap.alloc(Int32Array, next.view);
    assert.deepEqual([...rounded.view], expected.map(Math.trunc));
    const spaced = heap.allocArray('Float64', last.view, { byteStride: 16 });
    assert.deepEqual(spaced.toArray(), expected);
    last = next;
    if (heap.buffer.byteLength > before && round > 10) return;
  }
  assert.fail('the memory did not grow');
});

everyHeap('generators that allocate, free and grow meanwhile', (make) => {
  const heap = make();
  const doomed = heap.malloc(1000);
  const elsewhere = [];
  function* values() {
    yield 1;
    elsewhere.push(heap.alloc(Int32Array, 100));
    heap.free(doomed);
    yield 2;
    heap.grow(1);
    elsewhere.push(heap.alloc('Float64', 0.5));
    heap.memory.grow(1);
    yield 3;
  }
  const ref = heap.alloc(Int32Array, values());
  assert.deepEqual([...ref.view], [1, 2, 3]);
  assert.equal(elsewhere[1].value, 0.5);
  // The same while a ref is set.
  function* more() {
    yield 4;
    elsewhere.push(heap.malloc(200_000));
    yield 5;
  }
  assert.deepEqual([...ref.set(more(), 1).view], [1, 4, 5]);
  // And while it is freed.
  function* frees() {
    yield 6;
    ref.free();
  }
  throwsCode(() => ref.set(frees()), 'HeapError', 'freed_ref');
});

everyHeap('a bad type, length or value: an error, and nothing is allocated', (make) => {
  const heap = make({ initial: 2 });
  const wrong = [
    // types
    [() => heap.alloc(undefined), 'TypeError'], [() => heap.alloc(null), 'TypeError'], [() => heap.alloc(5), 'TypeError'],
    [() => heap.alloc('int32'), 'TypeError'], [() => heap.alloc('__proto__'), 'TypeError'], [() => heap.alloc(''), 'TypeError'],
    [() => heap.alloc(class {}, 1), 'TypeError'], [() => heap.alloc(class { static name = 5; }, 1), 'TypeError'],
    [() => heap.alloc(DataView, 1), 'TypeError'], [() => heap.alloc(Map, 1), 'TypeError'], [() => heap.alloc(ArrayBuffer, 1), 'TypeError'],
    [() => heap.allocArray('int32', 1), 'TypeError'], [() => heap.allocArray(undefined, 1), 'TypeError'],
    // lengths
    [() => heap.alloc(Int32Array), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, undefined), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, null), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, '12'), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, 3n), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, true), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, {}), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, Symbol('3')), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, () => 3), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, -1), 'RangeError', 'invalid_number'], [() => heap.alloc(Int32Array, 1.5), 'RangeError', 'invalid_number'],
    [() => heap.alloc(Int32Array, NaN), 'RangeError', 'invalid_number'], [() => heap.alloc(Int32Array, Infinity), 'RangeError', 'invalid_number'],
    [() => heap.alloc(Int32Array, 2 ** 30), 'RangeError', 'size_too_large'], [() => heap.alloc(Float64Array, 2 ** 53), 'RangeError', 'size_too_large'],
    [() => heap.allocArray('Int32', -1), 'RangeError', 'invalid_number'], [() => heap.allocArray('Int32', '1'), 'TypeError', 'wrong_type'],
    // elements
    [() => heap.alloc(Int32Array, [1, '2']), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, [1, , 3]), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, [1, 2n]), 'TypeError', 'wrong_type'], [() => heap.alloc(BigInt64Array, [1n, , 3n]), 'TypeError', 'wrong_type'],
    [() => heap.alloc(BigInt64Array, [1]), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, [null]), 'TypeError', 'wrong_type'],
    [() => heap.alloc(BigInt64Array, new Int32Array(2)), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, new BigInt64Array(2)), 'TypeError', 'wrong_type'],
    [() => heap.alloc(Int32Array, { length: 3 }), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, [[1]]), 'TypeError', 'wrong_type'],
    [() => heap.allocArray('Int32', [1, '2']), 'TypeError', 'wrong_type'], [() => heap.allocArray('Int32', [1, , 3]), 'TypeError', 'wrong_type'],
    [() => heap.allocArray('Pointer32', [1, -2]), 'RangeError', 'invalid_number'],
    [() => heap.allocArray('Pointer53', [1, 0.5]), 'RangeError', 'invalid_number'],
    // values
    [() => heap.alloc('Int32', '1'), 'TypeError', 'wrong_type'], [() => heap.alloc('Int32', 1n), 'TypeError', 'wrong_type'],
    [() => heap.alloc('Int32', null), 'TypeError', 'wrong_type'], [() => heap.alloc('BigInt64', 1), 'TypeError', 'wrong_type'],
    [() => heap.alloc('Int32', [1]), 'TypeError', 'wrong_type'], [() => heap.alloc('Pointer32', 2 ** 32), 'RangeError', 'invalid_number'],
    [() => heap.alloc('Pointer32', NaN), 'RangeError', 'invalid_number'], [() => heap.alloc('Pointer53', -1), 'RangeError', 'invalid_number'],
    // strides and other options
    [() => heap.allocArray('Int32', 2, { byteStride: 3 }), 'TypeError', 'invalid_option'],
    [() => heap.allocArray('Int32', 2, { byteStride: -8 }), 'RangeError', 'invalid_number'],
    [() => heap.allocArray('Int32', 2, { byteStride: 4.5 }), 'RangeError', 'invalid_number'],
    [() => heap.allocArray('Int32', 2, { byteStride: '8' }), 'TypeError', 'wrong_type'],
    [() => heap.allocArray('Int32', 2 ** 40, { byteStride: 2 ** 20 }), 'RangeError', 'size_too_large'],
    [() => heap.alloc('Int32', 1, null), 'TypeError', 'wrong_type'], [() => heap.alloc('Int32', 1, 5), 'TypeError', 'wrong_type'],
    [() => heap.alloc('Int32', 1, { tag: 5 }), 'TypeError', 'wrong_type'], [() => heap.alloc(Int32Array, 1, { tag: null }), 'TypeError', 'wrong_type'],
    [() => heap.allocArray('Int32', [1], { tag: 5 }), 'TypeError', 'wrong_type'],
  ];
  for (const [action, className, code] of wrong) {
    const before = portrait(heap);
    if (code !== undefined) throwsCode(action, className, code);
    else assert.throws(action, (error) => error instanceof TypeError && ['wrong_type', 'invalid_layout'].includes(error.code), String(action));
    assert.deepEqual(portrait(heap), before, String(action));
  }
  // What the caller's own code throws comes through.
  const mine = new Error('mine');
  function* broken() {
    yield 1;
    throw mine;
  }
  const before = portrait(heap);
  for (const action of [
    () => heap.alloc(Int32Array, broken()),
    () => heap.allocArray('Int32', broken()),
    () => heap.alloc('Int32', 1, { get tag() { throw mine; } }),
    () => heap.alloc(Int32Array, { [Symbol.iterator]() { throw mine; } }),
  ]) {
    assert.throws(action, (error) => error === mine);
  }
  assert.deepEqual(portrait(heap), before);
});

everyHeap('out of memory and over the quota: nothing is left behind', (make, kind) => {
  for (const policy of policies) {
    const heap = make({ policy, initial: 1, maximum: 3 });
    const ref = heap.alloc(Int32Array, 100);
    for (const action of [
      () => heap.alloc(Int32Array, 100_000),
      () => heap.alloc(Int32Array, new Int32Array(100_000)),
      () => heap.allocArray('BigUint128', 20_000),
      () => heap.allocArray('Int8', 100, { byteStride: 4096 }),
      () => heap.allocArray('Int32', Array.from({ length: 60_000 }, () => 1)),
    ]) {
      changesNothing(heap, action, 'RangeError', 'out_of_memory');
    }
    heap.quota = heap.stat('live') + 100;
    changesNothing(heap, () => heap.alloc(Int32Array, 200), 'RangeError', 'quota_exceeded');
    changesNothing(heap, () => heap.alloc(Int32Array, new Int32Array(200)), 'RangeError', 'quota_exceeded');
    heap.quota = Infinity;
    heap.alloc(Int32Array, 100).free();
    ref.free();
    assert.equal(heap.stat('blocks'), kind === 'outside' ? 1 : 0);
  }
});

everyHeap('alignment, also of what C wants at more than the rest', (make) => {
  const heap = make();
  for (let i = 0; i < 40; i++) {
    const p = heap.malloc(1 + ((i * 13) % 60));
    assert.equal(heap.alloc('BigUint128', 2n ** 100n).byteOffset % 16, 0);
    assert.equal(heap.allocArray('BigUint256', 3).byteOffset % 8, 0);
    if (i % 3 === 0) heap.free(p);
  }
});

everyHeap('byteStride: elements apart, and what lies between is left alone', (make) => {
  const heap = make();
  soil(heap);
  for (const { name, bytes, sample, zero } of elements) {
    for (const byteStride of [bytes, bytes + 1, bytes + 16]) {
      const ref = heap.allocArray(name, [sample, zero, sample], { byteStride });
      assert.equal(ref.byteStride, byteStride);
      assert.equal(ref.byteLength, 3 * byteStride);
      assert.deepEqual(ref.toArray(), [sample, zero, sample]);
      assert.deepEqual(heap[`read${name}`](ref.byteOffset + 2 * byteStride), sample);
      const model = new Uint8Array(3 * byteStride).fill(0x77);
      ref.bytes.fill(0x77);
      ref.fill(zero);
      for (let i = 0; i < 3; i++) model.fill(0, i * byteStride, i * byteStride + bytes);
      sameBytes(ref.bytes, model, `${name} every ${byteStride} bytes, filled`);
      ref.set([sample, sample], 1);
      for (const i of [1, 2]) model.set(heap.bytes(heap.alloc(name, sample).byteOffset, bytes), i * byteStride);
      sameBytes(ref.bytes, model, `${name} every ${byteStride} bytes, set`);
      ref.write(0, sample);
      assert.deepEqual(ref.read(0), sample);
      const hasView = byteStride === bytes && !name.startsWith('BigUint1') && !name.startsWith('BigUint2');
      if (hasView) assert.equal(ref.view.length, 3);
      else throwsCode(() => ref.view, 'TypeError', 'unsupported_element', /view/);
    }
  }
});

// ── Refs to what is there already ───────────────────────────────────────────────────────────────

everyHeap('ref: any place, any type, also unaligned', (make) => {
  const heap = make();
  const p = heap.calloc(400);
  for (const { name, bytes, sample } of elements) {
    for (const at of [p, p + 3, p + 17]) {
      const ref = heap.ref(name, at);
      ref.value = sample;
      assert.ok(Object.is(heap[`read${name}`](at), sample));
      assert.equal(ref.byteOffset, at);
      const array = heap.ref(name, at, 3);
      assert.equal(array.length, 3);
      array.set([sample, sample, sample]);
      assert.ok(Object.is(array.read(2), sample));
      assert.ok(Object.is(heap[`read${name}`](at + 2 * bytes), sample));
      const apart = heap.ref(name, at, 3, { byteStride: bytes + 1 });
      apart.write(2, sample);
      assert.ok(Object.is(heap[`read${name}`](at + 2 * bytes + 2), sample));
    }
  }
  for (const array of typedArrays) {
    const ref = heap.ref(array, p + array.BYTES_PER_ELEMENT, 4);
    ref.view.fill(array.name.startsWith('Big') ? 1n : 1);
    assert.equal(ref.length, 4);
    assert.deepEqual([...ref], [...ref.view]);
    const odd = heap.ref(array, p + 1, 4);
    if (array.BYTES_PER_ELEMENT > 1) throwsCode(() => odd.view, 'RangeError', 'unaligned', new RegExp(String(p + 1)));
    // What has no view can be read, written and set all the same, from a typed array too.
    const values = array.from(array.name.startsWith('Big') ? [5n, 6n, 7n, 8n] : [5, 6, 7, 8]);
    assert.deepEqual([...odd.set(values)], [...values]);
  }
});

everyHeap('ref: bounds and bad arguments', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  assert.equal(heap.ref(Int32Array, end, 0).length, 0);
  assert.equal(heap.ref('Int32', end - 4).byteOffset, end - 4);
  for (const action of [
    () => heap.ref('Int32', end - 3), () => heap.ref('Int32', end), () => heap.ref('BigUint256', end - 31),
    () => heap.ref(Int32Array, 0, end / 4 + 1), () => heap.ref('Int8', 2, end - 1), () => heap.ref('Int32', 2 ** 32),
    () => heap.ref('Int32', 16, 2 ** 31), () => heap.ref('Int8', end - 10, 2, { byteStride: 6 }),
  ]) {
    throwsCode(action, 'RangeError', 'out_of_bounds', /ref/);
  }
  for (const bad of [-1, -16, NaN, 1.5, Infinity]) {
    throwsCode(() => heap.ref('Int32', bad), 'RangeError', 'invalid_number');
    throwsCode(() => heap.ref('Int32', 16, bad), 'RangeError', 'invalid_number');
    throwsCode(() => heap.ref(Int32Array, 16, bad), 'RangeError', 'invalid_number');
  }
  for (const bad of ['16', 16n, null, {}, [16], true]) {
    throwsCode(() => heap.ref('Int32', bad), 'TypeError', 'wrong_type');
    throwsCode(() => heap.ref(Int32Array, 16, bad), 'TypeError', 'wrong_type');
    throwsCode(() => heap.ref('Int32', 16, bad), 'TypeError', 'wrong_type');
  }
  throwsCode(() => heap.ref(Int32Array, 16), 'TypeError', 'wrong_type', /length/);
  throwsCode(() => heap.ref('Int32'), 'TypeError', 'wrong_type');
  throwsCode(() => heap.ref('Int32', 16, 2, { byteStride: 3 }), 'TypeError', 'invalid_option');
  for (const bad of [undefined, null, 'int', '__proto__', 7, DataView, class {}]) {
    assert.throws(() => heap.ref(bad, 16, 1), (error) => ['wrong_type', 'invalid_layout'].includes(error.code));
  }
});

everyHeap('as an ArrayBufferView', (make) => {
  const heap = make();
  const ref = heap.alloc(Uint16Array, [0x0201, 0x0403]);
  const view = new Uint8Array(ref.buffer, ref.byteOffset, ref.byteLength);
  assert.deepEqual([...view], [1, 2, 3, 4]);
  assert.deepEqual([...ref.bytes], [1, 2, 3, 4]);
  assert.equal(ref.bytes.buffer, heap.buffer);
  const data = new DataView(ref.buffer, ref.byteOffset, ref.byteLength);
  assert.equal(data.getUint32(0, true), 0x04030201);
  heap.grow(1);
  heap.memory.grow(1);
  assert.equal(ref.buffer, heap.buffer);
  assert.deepEqual([...new Uint8Array(ref.buffer, ref.byteOffset, ref.byteLength)], [1, 2, 3, 4]);
});

// ── Reading and writing arrays ──────────────────────────────────────────────────────────────────

everyHeap('read, write, set, fill, toArray and iteration, against an array', (make) => {
  const heap = make();
  const random = makeRandom(31);
  for (const { name, sample, zero } of elements) {
    const length = 40;
    const ref = heap.allocArray(name, length);
    const model = new Array(length).fill(zero);
    const value = () => (typeof sample === 'bigint' ? BigInt(random.below(100)) : random.below(100));
    for (let round = 0; round < 200; round++) {
      const [begin, more] = [random.below(length), random.below(length / 2)];
      const end = Math.min(length, begin + more);
      const one = value();
      switch (random.below(4)) {
        case 0:
          assert.equal(ref.write(begin, one), ref, 'chains');
          model[begin] = one;
          break;
        case 1: {
          const values = Array.from({ length: end - begin }, value);
          assert.equal(ref.set(random.percent(50) ? values : values.values(), begin), ref, 'chains');
          model.splice(begin, values.length, ...values);
          break;
        }
        case 2:
          assert.equal(ref.fill(one, begin, end), ref, 'chains');
          model.fill(one, begin, end);
          break;
        default:
          if (random.percent(10)) {
            ref.fill(one);
            model.fill(one);
          } else if (random.percent(10)) {
            ref.fill(one, begin);
            model.fill(one, begin);
          }
      }
      assert.equal(ref.read(begin), model[begin]);
    }
    assert.deepEqual(ref.toArray(), model, name);
    assert.deepEqual([...ref], model);
    let i = 0;
    for (const each of ref) assert.equal(each, model[i++]);
    assert.equal(i, length);
  }
});

everyHeap('set from typed arrays: of every type, overlapping itself', (make) => {
  const heap = make();
  for (const array of typedArrays) {
    const isBig = array.name.startsWith('Big');
    const values = isBig ? [-1n, 300n, 7n] : [-1, 300.7, NaN, 0.5];
    for (const other of typedArrays) {
      const source = other.name.startsWith('Big') === isBig ? other.from(values) : undefined;
      const ref = heap.alloc(array, 6);
      if (source === undefined) {
        writesNothing(heap, () => ref.set(other.name.startsWith('Big') ? [1n] : [1]));
        assert.equal(writesNothing(heap, () => ref.set(new other(2))).code, 'wrong_type', `${array.name} from ${other.name}`);
        continue;
      }
      ref.set(source, 1);
      const oracle = new array(6);
      oracle.set(source, 1);
      assert.deepEqual([...ref.view], [...oracle], `${array.name} from ${other.name}`);
    }
    const ref = heap.alloc(array, isBig ? [1n, 2n, 3n, 4n, 5n, 6n] : [1, 2, 3, 4, 5, 6]);
    ref.set(ref.view.subarray(0, 4), 2);
    assert.deepEqual([...ref].map(Number), [1, 2, 1, 2, 3, 4]);
    ref.set(ref.view.subarray(2), 0);
    assert.deepEqual([...ref].map(Number), [1, 2, 3, 4, 3, 4]);
  }
});

everyHeap('set: all or nothing', (make) => {
  const heap = make();
  for (const byteStride of [4, 12]) {
    const ref = heap.allocArray('Int32', [1, 2, 3, 4], { byteStride });
    const cases = [
      [[5, 6, '7'], 0, 'wrong_type'], [[5, 6n], 0, 'wrong_type'], [[5, , 6], 0, 'wrong_type'], [[5, null], 0, 'wrong_type'],
      [[5, 6, 7, 8, 9], 0, 'index_out_of_range'], [[5, 6], 3, 'index_out_of_range'], [[5], 4, 'index_out_of_range'],
      [[5], 5, 'index_out_of_range'], [[], 5, 'index_out_of_range'], [[5], -1, 'index_out_of_range'], [[5], NaN, 'index_out_of_range'],
      [[5], 0.5, 'index_out_of_range'], [[5], '1', 'index_out_of_range'], [[5], 2 ** 32, 'index_out_of_range'], [[5], 1n, 'index_out_of_range'],
      [[5], Symbol('1'), 'index_out_of_range'], [[5], { valueOf: () => 1 }, 'index_out_of_range'],
      [new Int32Array(5), 0, 'index_out_of_range'], [new Int32Array(1), -1, 'index_out_of_range'], [new Int32Array(1), 4, 'index_out_of_range'],
      ['5', 0, 'wrong_type'], [5, 0, 'wrong_type'], [null, 0, 'wrong_type'], [undefined, 0, 'wrong_type'], [{}, 0, 'wrong_type'],
    ];
    for (const [values, index, code] of cases) {
      assert.equal(writesNothing(heap, () => ref.set(values, index)).code, code, `${String(values)} at ${String(index)}`);
    }
    function* broken() {
      yield 8;
      throw new Error('mine');
    }
    assert.equal(writesNothing(heap, () => ref.set(broken())).message, 'mine');
    ref.set([], 4);
    assert.deepEqual(ref.toArray(), [1, 2, 3, 4]);
  }
  const pointers = heap.allocArray('Pointer32', 3);
  assert.equal(writesNothing(heap, () => pointers.set([16, -1])).code, 'invalid_number');
  assert.equal(writesNothing(heap, () => pointers.set(new Int32Array([16, -1]))).code, 'invalid_number');
});

everyHeap('indices that cannot be', (make) => {
  const heap = make();
  for (const ref of [heap.alloc(Int32Array, [1, 2, 3]), heap.allocArray('Int32', [1, 2, 3], { byteStride: 8 })]) {
    const calls = [
      (i) => ref.read(i), (i) => ref.write(i, 9), (i) => ref.load(i), (i) => ref.store(i, 9), (i) => ref.add(i, 9), (i) => ref.sub(i, 9),
      (i) => ref.and(i, 0), (i) => ref.or(i, 9), (i) => ref.xor(i, 9), (i) => ref.exchange(i, 9), (i) => ref.compareExchange(i, 1, 9),
      (i) => ref.wait(i, 1, 0), (i) => ref.waitAsync(i, 1, 0), (i) => ref.notify(i),
    ];
    for (const call of calls) {
      for (const bad of [-1, 3, 4, 1.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53]) {
        const error = writesNothing(heap, () => call(bad));
        assert.equal(error.code, 'index_out_of_range', `${call} ${bad}`);
        assert.match(error.message, new RegExp(`${bad}.*length is 3`));
      }
      for (const bad of ['1', 1n, null, undefined, {}, [1], true, Symbol('1'), { valueOf: () => 1 }]) {
        assert.equal(writesNothing(heap, () => call(bad)).code, 'wrong_type', `${call} ${String(bad)}`);
      }
    }
    for (const [begin, end] of [[-1, 2], [0, 4], [2, 1], [NaN, 2], [0, NaN], [0.5, 2], [0, 1.5], ['0', 2], [0, '2'], [1n, 2], [0, null], [4, 4]]) {
      assert.equal(writesNothing(heap, () => ref.fill(9, begin, end)).code, 'index_out_of_range', `${String(begin)} ${String(end)}`);
    }
    assert.equal(writesNothing(heap, () => ref.fill('9')).code, 'wrong_type');
    assert.equal(ref.read(-0), 1);
    assert.deepEqual(ref.toArray(), [1, 2, 3]);
  }
});

everyHeap('atomic operations of refs', (make) => {
  const heap = make();
  const value = heap.alloc('Float64', 1.5);
  assert.equal(value.add(2), 1.5);
  assert.equal(value.sub(0.5), 3.5);
  assert.equal(value.load(), 3);
  assert.equal(value.exchange(-0), 3);
  assert.ok(Object.is(value.compareExchange(0, 7), -0));
  assert.ok(Object.is(value.compareExchange(-0, 7), -0));
  assert.equal(value.store(8), 8);
  assert.equal(value.value, 8);
  assert.equal(value.notify(), 0);
  const bits = heap.alloc('Uint8', 0b1100);
  assert.equal(bits.and(0b0110), 0b1100);
  assert.equal(bits.or(0b0001), 0b0100);
  assert.equal(bits.xor(0b1111), 0b0101);
  assert.equal(bits.value, 0b1010);

  const array = heap.allocArray('Int32', [1, 2, 3], { byteStride: 8 });
  assert.equal(array.add(1, 10), 2);
  assert.equal(array.sub(1, 1), 12);
  assert.equal(array.load(1), 11);
  assert.equal(array.store(0, 5), 5);
  assert.equal(array.exchange(2, 9), 3);
  assert.equal(array.compareExchange(2, 9, 12), 9);
  assert.equal(array.and(2, 4), 12);
  assert.equal(array.or(2, 3), 4);
  assert.equal(array.xor(2, 1), 7);
  assert.equal(array.notify(0, 3), 0);
  assert.deepEqual(array.toArray(), [5, 11, 6]);
  for (const name of ['BigUint128', 'BigUint256']) throwsCode(() => heap.alloc(name).load(), 'TypeError', 'unsupported_element');
  throwsCode(() => heap.ref('Int32', heap.malloc(16) + 2).add(1), 'RangeError', 'unaligned');
});

// ── Growth ──────────────────────────────────────────────────────────────────────────────────────

everyHeap('nothing goes stale when the memory grows', (make) => {
  const heap = make();
  const refs = elements.map(({ name, sample }) => ({ sample, value: heap.alloc(name, sample), array: heap.allocArray(name, [sample, sample]) }));
  const grows = [() => heap.grow(1), () => heap.memory.grow(1), () => heap.malloc(300_000)];
  for (const grow of grows) {
    grow();
    for (const { value, array, sample } of refs) {
      assert.ok(Object.is(value.value, sample));
      assert.ok(Object.is(array.read(1), sample));
      assert.equal(value.buffer, heap.buffer);
      value.value = sample;
      array.write(0, sample);
      assert.ok(Object.is(array.toArray()[0], sample));
    }
  }
});

everyHeap('view: the same one until the memory grows', (make, kind) => {
  const heap = make();
  for (const length of [5, 0]) {
    const ref = heap.alloc(Float32Array, length);
    if (length > 0) ref.write(0, 0.5);
    const first = ref.view;
    if (length > 0) assert.equal(ref.view, first, 'made once');
    for (const grow of [() => heap.grow(1), () => heap.memory.grow(1)]) {
      grow();
      const { view } = ref;
      assert.equal(view.length, length);
      if (length > 0) assert.equal(view[0], 0.5);
      view.fill(0.5);
      heap.readInt8(heap.buffer.byteLength - 1); // the heap has looked
      assert.equal(ref.view.buffer, heap.buffer, 'of now');
    }
    if (kind !== 'shared' && length > 0) assert.equal(first.length, 0, 'the old one was detached');
  }
});

if (can.shared) {
  test('a shared memory that another Heap object grows', () => {
    const heap = Heap.createSync({ shared: true, maximum: 20 });
    const other = Heap.attachSync(heap.memory);
    const ref = heap.alloc(Int32Array, [1, 2, 3]);
    const { view } = ref;
    other.grow(2);
    ref.write(0, 9);
    assert.equal(view[0], 9, 'an old view on shared memory sees what is written');
    assert.equal(ref.view[0], 9);
    const at = heap.buffer.byteLength - 8;
    const high = heap.ref(Int32Array, at, 2);
    high.view[1] = 4;
    assert.equal(other.readInt32(at + 4), 4);
  });
}

// ── How they end ────────────────────────────────────────────────────────────────────────────────

/** Calls every member that a ref has, its classes' too, and gives those that do not throw `freed_ref`. */
function membersThatStillWork(ref) {
  const working = [];
  const seen = new Set();
  for (let object = ref; object !== null && object !== Object.prototype; object = Object.getPrototypeOf(object)) {
    for (const key of Reflect.ownKeys(object)) {
      if (key === 'constructor' || seen.has(key)) continue;
      seen.add(key);
      const { set } = Object.getOwnPropertyDescriptor(object, key);
      const uses = [() => {
        const value = ref[key];
        if (typeof value !== 'function') return;
        const result = value.call(ref, 0, 0, 0);
        if (typeof result?.next === 'function') result.next();
      }];
      if (set !== undefined) uses.push(() => (ref[key] = 0));
      for (const use of uses) {
        try {
          use();
          working.push(String(key));
        } catch (error) {
          if (error.code !== 'freed_ref') working.push(`${String(key)} (${error.message})`);
        }
      }
    }
  }
  return working.sort();
}

// What a ref is made of can still be asked, and what is meant for those who know that it may be freed.
// The rest are not public.
const harmless = [
  String(dispose), 'blockLife', 'byteLength', 'byteStride', 'element', 'freedError', 'heap', 'isFreed', 'isOwner', 'length', 'ownAddress',
  'Symbol(nodejs.util.inspect.custom)', 'Symbol(shape)',
];

const ways = {
  'ref.free()': (heap, ref) => ref.free(),
  'ref[Symbol.dispose]()': (heap, ref) => ref[dispose](),
  'heap.free(ref)': (heap, ref) => heap.free(ref),
  'heap.free(address)': (heap, ref) => heap.free(ref.byteOffset),
  'another ref to the same block': (heap, ref) => heap.ref('Uint8', ref.byteOffset).free(),
  'realloc that moves it': (heap, ref) => {
    heap.malloc(16); // something behind it
    const from = ref.byteOffset;
    assert.notEqual(heap.realloc(from, 100_000), from);
  },
  'somebody else frees it, and the heap hands it out again': (heap, ref) => {
    const at = ref.byteOffset;
    const other = Heap.attachSync(heap.memory, { address: heap.imageAddress });
    other.free(at);
    assert.equal(ref.isFreed, false, 'that cannot be seen');
    const blocks = [];
    while (!blocks.includes(at)) blocks.push(heap.malloc(ref.byteLength));
  },
  'freeAll()': (heap) => void heap.freeAll(),
};

const kinds = {
  ValueRef: (heap) => heap.alloc('Int32', 5),
  'ValueRef of a float': (heap) => heap.alloc('Float64', 5),
  'ValueRef of 128 bits': (heap) => heap.alloc('BigUint128', 5n),
  PointerRef: (heap) => heap.alloc('Pointer32', 16),
  ArrayRef: (heap) => heap.alloc(Int32Array, [1, 2, 3]),
  'ArrayRef of nothing': (heap) => heap.alloc(Int32Array, 0),
  'ArrayRef of pointers': (heap) => heap.allocArray('Pointer32', [1, 2]),
  'ArrayRef with a stride': (heap) => heap.allocArray('Int8', 3, { byteStride: 7 }),
};

for (const [way, end] of Object.entries(ways)) {
  for (const [kind, make] of Object.entries(kinds)) {
    test(`use after free, by ${way}: ${kind}`, () => {
      const heap = Heap.createSync({ policy: 'exact', track: way === 'freeAll()' });
      const ref = make(heap);
      const address = ref.byteOffset;
      if (kind === 'ArrayRef') assert.equal(ref.view.length, 3); // so that there is one that could be kept
      end(heap, ref);
      assert.equal(ref.isFreed, true);
      const before = copyOf(heap.buffer);
      const working = membersThatStillWork(ref);
      assert.deepEqual(working.filter((name) => !harmless.includes(name)), []);
      sameBytes(heap.buffer, before);
      const error = throwsCode(() => ref.free(), 'HeapError', 'freed_ref', new RegExp(String(address)));
      assert.equal(error.address, address);
      throwsCode(() => heap.free(ref), 'HeapError', 'freed_ref');
      ref[dispose](); // a second time does nothing
      ref[dispose]();
      heap.validate();
    });
  }
}

everyHeap('a ref that was freed gives its block back, once', (make) => {
  const heap = make();
  const before = heap.stat('live');
  for (const make of Object.values(kinds)) {
    const refs = [make(heap), make(heap), make(heap)];
    assert.ok(heap.stat('live') > before);
    refs[0].free();
    refs[1][dispose]();
    heap.free(refs[2]);
    assert.equal(heap.stat('live'), before);
  }
});

everyHeap('realloc in place: refs go on, unless it is shorter now than they are', (make) => {
  const heap = make({ policy: 'exact' });
  const ref = heap.alloc(Int32Array, [1, 2, 3, 4]);
  assert.equal(heap.realloc(ref.byteOffset, 16), ref.byteOffset);
  assert.equal(ref.isFreed, false);
  const address = ref.byteOffset;
  assert.equal(heap.realloc(address, 64), address, 'in place');
  assert.equal(ref.read(3), 4);
  assert.equal(heap.realloc(address, 16), address);
  assert.equal(ref.isFreed, true, 'for what the heap knows, the ref may be one to all of it');
  assert.equal(heap.ref(Int32Array, address, 4).read(3), 4);
  heap.free(address);
});

everyHeap('refs to one block live and die together; those to others do not', (make) => {
  const heap = make();
  const ref = heap.alloc(Int32Array, [1, 2, 3]);
  const same = heap.ref('Float32', ref.byteOffset);
  const other = heap.alloc('Int32', 7);
  assert.equal(same.isOwner, true);
  same.free();
  assert.equal(ref.isFreed, true);
  assert.equal(other.value, 7);
  const again = heap.alloc(Int32Array, 3);
  assert.equal(ref.isFreed, true, 'also when the address is used again');
  assert.equal(again.isFreed, false);
});

everyHeap('a part cannot be freed by itself', (make) => {
  const heap = make();
  const whole = heap.alloc({ number: 'Int32', list: ['Int16', 3], address: 'Pointer32' });
  const parts = [whole.list, whole.part('number'), whole.part('address')];
  for (const part of parts) {
    assert.equal(part.isOwner, false);
    changesNothing(heap, () => part.free(), 'TypeError', 'unsupported_operation', /part/);
    changesNothing(heap, () => heap.free(part), 'TypeError', 'unsupported_operation', /part/);
    part[dispose](); // `using` on a part is no error
    assert.equal(part.isFreed, false);
  }
  whole.address = heap.alloc('Int32', 1);
  changesNothing(heap, () => whole.part('address').free({ target: true }), 'TypeError', 'unsupported_operation');
  whole.list.write(1, 5);
  whole.free();
  for (const part of parts) {
    assert.equal(part.isFreed, true);
    throwsCode(() => part.free(), 'HeapError', 'freed_ref');
    throwsCode(() => part.byteOffset, 'HeapError', 'freed_ref');
  }
});

everyHeap('a ref to what is no block cannot be freed', (make, kind) => {
  const heap = make();
  const p = heap.malloc(100);
  const inside = heap.ref('Int32', p + 16);
  changesNothing(heap, () => inside.free(), 'HeapError', 'interior_address');
  assert.equal(inside.isFreed, false, 'it lives on');
  inside.value = 4;
  if (kind !== 'outside') throwsCode(() => heap.ref('Int32', 8).free(), 'HeapError', 'foreign_address');
  const guests = heap.ref(Int32Array, p, 4);
  guests.free();
  assert.equal(guests.isFreed, true);
  throwsCode(() => heap.free(p), 'HeapError', 'double_free');
});

everyHeap('a ref of another heap', (make) => {
  const [heap, other] = [make(), make()];
  const ref = other.alloc('Int32', 5);
  const pointer = heap.alloc('Pointer32', 16);
  const pointers = heap.allocArray('Pointer32', [16, 16]);
  for (const action of [
    () => heap.free(ref), () => (pointer.value = ref), () => pointer.write(ref), () => pointers.write(0, ref), () => pointers.set([16, ref]),
    () => pointers.fill(ref), () => heap.alloc('Pointer32', ref), () => heap.allocArray('Pointer32', [ref]),
  ]) {
    const error = changesNothing(heap, action, 'HeapError', 'another_heap', new RegExp(String(ref.byteOffset)));
    assert.equal(error.address, ref.byteOffset);
  }
  assert.equal(ref.value, 5);
  assert.equal(pointer.value, 16);
  assert.deepEqual(pointers.toArray(), [16, 16]);
});

// ── Pointers ────────────────────────────────────────────────────────────────────────────────────

const pointerNames = ['Pointer32', 'Pointer53', 'Pointer64'];

everyHeap('a pointer takes a ref, and leads back to it', (make) => {
  const heap = make();
  const target = heap.alloc(Int32Array, [1, 2, 3]);
  for (const name of pointerNames) {
    const address = name === 'Pointer64' ? BigInt(target.byteOffset) : target.byteOffset;
    const pointer = heap.alloc(name, target);
    assert.equal(pointer.value, address);
    pointer.value = address;
    const ref = pointer.target(Int32Array, 3);
    assert.ok(ref instanceof ArrayRef);
    assert.deepEqual([...ref], [1, 2, 3]);
    ref.write(0, 4);
    assert.equal(target.read(0), 4);
    target.write(0, 1);
    assert.equal(pointer.target('Int32').value, 1);
    assert.deepEqual([...pointer.target('Int16', 3)], [1, 0, 2]);
    assert.equal(pointer.target({ a: 'Int32', b: 'Int32' }).b, 2);
    pointer.clear();
    assert.equal(pointer.target('Int32'), undefined, '0 points to nothing');
    pointer.write(heap.ref('Int32', target.byteOffset + 4));
    assert.equal(pointer.target('Int32').value, 2);
    const list = heap.allocArray(name, [target, address, target]);
    assert.deepEqual(list.toArray(), [address, address, address]);
    list.fill(target).write(1, target).set([target], 2);
    assert.deepEqual(list.toArray(), [address, address, address]);
  }
});

everyHeap('a pointer that leads nowhere', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  const gone = heap.alloc('Int32', 1);
  gone.free();
  for (const name of pointerNames) {
    const pointer = heap.alloc(name);
    const write = (address) => pointer.write(name === 'Pointer64' ? BigInt(address) : address);
    write(end);
    throwsCode(() => pointer.target('Int32'), 'RangeError', 'out_of_bounds');
    write(end - 3);
    throwsCode(() => pointer.target('Int32'), 'RangeError', 'out_of_bounds');
    write(2 ** 32 - 1);
    throwsCode(() => pointer.target('Int8'), 'RangeError', 'out_of_bounds');
    write(64);
    for (const bad of [undefined, 'int', null]) {
      assert.throws(() => pointer.target(bad), (error) => ['wrong_type', 'invalid_layout'].includes(error.code));
    }
    assert.equal(writesNothing(heap, () => pointer.write(gone)).code, 'freed_ref');
    assert.equal(writesNothing(heap, () => (pointer.value = gone)).code, 'freed_ref');
    for (const bad of ['16', null, undefined, {}, name === 'Pointer64' ? 16 : 16n]) {
      assert.equal(writesNothing(heap, () => (pointer.value = bad)).code, 'wrong_type');
    }
    if (name === 'Pointer32') continue;
    heap.writeBigUint64(pointer.byteOffset, 2n ** 60n);
    throwsCode(() => pointer.target('Int32'), 'RangeError', 'unsafe_pointer');
    changesNothing(heap, () => pointer.free({ target: true }), 'RangeError', 'unsafe_pointer');
    pointer.free();
  }
});

everyHeap('free({ target: true }): both, or neither', (make, kind) => {
  const heap = make();
  const before = heap.stat('blocks');
  for (const name of pointerNames) {
    const target = heap.alloc('Int32', 1);
    const pointer = heap.alloc(name, target);
    pointer.free({ target: true });
    assert.ok(target.isFreed && pointer.isFreed);
    assert.equal(heap.stat('blocks'), before);

    const kept = heap.alloc('Int32', 1);
    heap.alloc(name, kept).free();
    heap.alloc(name, kept).free({});
    heap.alloc(name, kept).free({ target: false });
    assert.equal(kept.isFreed, false);
    kept.free();

    heap.alloc(name).free({ target: true }); // 0: there is no target
    assert.equal(heap.stat('blocks'), before);

    const wrong = heap.alloc(name, name === 'Pointer64' ? 1n : 1);
    for (const [address, code] of [
      [heap.buffer.byteLength, 'wild_address'], [wrong.byteOffset + 1, 'interior_address'],
      ...(kind === 'outside' ? [] : [[8, 'foreign_address'], [heap.imageAddress, 'metadata_address']]),
    ]) {
      wrong.write(name === 'Pointer64' ? BigInt(address) : address);
      changesNothing(heap, () => wrong.free({ target: true }), 'HeapError', code, new RegExp(String(address)));
      assert.equal(wrong.isFreed, false);
    }
    for (const options of [null, 5, 'target', true]) {
      changesNothing(heap, () => wrong.free(options), 'TypeError', 'wrong_type', /options/);
    }
    for (const target of [1, 0, 'yes', null]) {
      changesNothing(heap, () => wrong.free({ target }), 'TypeError', 'wrong_type', /target/);
    }
    changesNothing(heap, () => wrong.free({ targets: true }), 'TypeError', 'invalid_option', /targets/);
    // It points to itself.
    wrong.write(wrong);
    wrong.free({ target: true });
    assert.equal(wrong.isFreed, true);

    // Its own block is none: the target stays.
    const block = heap.malloc(64);
    const victim = heap.alloc('Int32', 3);
    const inside = heap.ref(name, block + 16);
    inside.write(victim);
    changesNothing(heap, () => inside.free({ target: true }), 'HeapError', 'interior_address');
    assert.equal(victim.value, 3);
    assert.equal(inside.isFreed, false);
    victim.free();
    heap.free(block);
    assert.equal(heap.stat('blocks'), before);
  }
});

everyHeap('using, as the language calls it', (make) => {
  const heap = make();
  const before = heap.stat('blocks');
  /** What `{ using ref = …; body }` comes to. */
  const using = (ref, body) => {
    try {
      return body(ref);
    } finally {
      ref[dispose]();
    }
  };
  assert.equal(using(heap.alloc('Int32', 5), (ref) => ref.value), 5);
  throwsCode(() => using(heap.alloc(Int32Array, 3), (ref) => ref.read(7)), 'RangeError', 'index_out_of_range');
  using(heap.alloc('Int32'), (ref) => ref.free());
  assert.equal(heap.stat('blocks'), before);
});

test('refs at random, against a model', () => {
  const heap = Heap.createSync({ maximum: 200 });
  const random = makeRandom(77);
  const live = new Map(); // ref → its values
  const dead = [];
  for (let round = 0; round < 4000; round++) {
    const refs = [...live.keys()];
    const ref = refs.length > 0 ? random.pick(refs) : undefined;
    const action = random.below(10);
    if (ref === undefined || (action < 4 && live.size < 60)) {
      const { name, sample } = random.pick(elements);
      const values = Array.from({ length: random.below(30) }, () => (typeof sample === 'bigint' ? BigInt(random.below(128)) : random.below(128)));
      live.set(heap.allocArray(name, values), values);
    } else if (action < 6) {
      const values = live.get(ref);
      values.forEach((value, i) => assert.equal(ref.read(i), value));
      for (let i = 0; i < values.length; i += 3) ref.write(i, (values[i] = typeof values[i] === 'bigint' ? 7n : 7));
    } else if (action < 9) {
      [() => ref.free(), () => heap.free(ref), () => heap.free(ref.byteOffset), () => ref[dispose]()][random.below(4)]();
      live.delete(ref);
      dead.push(ref);
    } else {
      for (const each of dead) assert.ok(each.isFreed);
      if (random.percent(5)) heap.grow(1);
    }
  }
  assert.equal(heap.stat('blocks'), live.size);
  for (const [ref, values] of live) {
    assert.deepEqual(ref.toArray(), values);
    ref.free();
  }
  assert.equal(heap.stat('live'), 0);
  heap.validate();
});

test('set ends with the first value too many, whatever comes behind it', () => {
  const heap = Heap.createSync();
  const ref = heap.alloc(Int32Array, [1, 2, 3]);
  function* endless() {
    for (;;) yield 7;
  }
  throwsCode(() => ref.set(endless()), 'RangeError', 'index_out_of_range');
  assert.deepEqual([...ref], [1, 2, 3]);
});

test('set with a stride leaves alone what lies between the elements', () => {
  const heap = Heap.createSync();
  const ref = heap.allocArray('Uint16', 3, { byteStride: 5 });
  heap.fill(ref.byteOffset, ref.byteLength, 0xaa);
  ref.set([0x0102, 0x0304], 1);
  assert.deepEqual([...ref.bytes], [0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 2, 1, 0xaa, 0xaa, 0xaa, 4, 3, 0xaa, 0xaa, 0xaa]);
});
