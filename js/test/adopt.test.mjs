// Foreign allocators: adopted, believed nothing, and lived beside.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes, writesNothing } from './support/bytes.mjs';
import { throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, readArtifact } from './support/runtime.mjs';

const pageBytes = 65536;

/** The simplest allocator there is: hands out what comes next, and only counts what it gets back. */
class Bump {
  constructor(memory, from = 64) {
    this.memory = memory;
    this.top = from;
    this.calls = [];
  }
  malloc(bytes) {
    this.calls.push(['malloc', bytes]);
    const at = this.top;
    this.top = Math.ceil((at + bytes) / 16) * 16;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    return at;
  }
  free(address) {
    this.calls.push(['free', address]);
  }
}

/** The same over a plain buffer: when it is full, a larger one takes its place. */
function makeReplacing() {
  const allocator = {
    now: new ArrayBuffer(1024),
    top: 64,
    malloc(bytes) {
      const at = allocator.top;
      allocator.top += Math.ceil(bytes / 16) * 16;
      if (allocator.top > allocator.now.byteLength) {
        const larger = new ArrayBuffer(2 * allocator.top);
        new Uint8Array(larger).set(new Uint8Array(allocator.now));
        allocator.now = larger;
      }
      return at;
    },
    free() {},
  };
  return allocator;
}

/** Whose functions take and give 64 bits: counts up from 1024, and keeps what was freed last in `freed`. */
const wideModule = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x0a, 0x02, 0x60, 0x01, 0x7e, 0x01, 0x7e, 0x60, 0x01, 0x7e, 0x00, // (i64) -> i64, (i64) -> ()
  0x03, 0x03, 0x02, 0x00, 0x01,
  0x05, 0x03, 0x01, 0x00, 0x01, // a memory of one page
  0x06, 0x0c, 0x02, 0x7e, 0x01, 0x42, 0x80, 0x08, 0x0b, 0x7e, 0x01, 0x42, 0x00, 0x0b, // two i64 globals: 1024, 0
  0x07, 0x22, 0x04,
  0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, // "memory"
  0x06, 0x6d, 0x61, 0x6c, 0x6c, 0x6f, 0x63, 0x00, 0x00, // "malloc"
  0x04, 0x66, 0x72, 0x65, 0x65, 0x00, 0x01, // "free"
  0x05, 0x66, 0x72, 0x65, 0x65, 0x64, 0x03, 0x01, // "freed": the second global
  0x0a, 0x14, 0x02,
  0x0b, 0x00, 0x23, 0x00, 0x23, 0x00, 0x20, 0x00, 0x7c, 0x24, 0x00, 0x0b, // top, and top + n is the next
  0x06, 0x00, 0x20, 0x00, 0x24, 0x01, 0x0b,
);
const makeWide = () => new WebAssembly.Instance(new WebAssembly.Module(wideModule)).exports;

// Over 4 KiB, and so too long for the main thread of a browser to compile synchronously.
const guestModule = await WebAssembly.compile(await readArtifact('build/wasm/allot-malloc.wasm'));
const makeGuest = () => new WebAssembly.Instance(guestModule).exports;

/** What every adopted heap can do. */
function useAll(heap) {
  const p = heap.malloc(100);
  heap.fill(p, 100, 0x5a);
  heap.writeInt32(p, 42);
  assert.equal(heap.readInt32(p), 42);
  assert.equal(heap.bytes(p, 1)[0], 42);
  const q = heap.calloc(10, 10);
  assert.ok(heap.bytes(q, 100).every((byte) => byte === 0));
  const array = heap.alloc(Float64Array, [1.5, 2.5]);
  assert.deepEqual([...array.view], [1.5, 2.5]);
  const value = heap.alloc('BigInt64', -7n);
  assert.equal(value.add(3n), -7n);
  assert.equal(value.value, -4n);
  const struct = heap.alloc({ x: 'Float32', list: ['Int16', 3] }, { x: 0.5, list: [1, 2, 3] });
  assert.equal(struct.list.read(2), 3);
  const text = heap.allocString('grün €');
  assert.equal(text.value, 'grün €');
  const pointer = heap.alloc('Pointer32', array);
  assert.deepEqual([...pointer.target(Float64Array, 2)], [1.5, 2.5]);
  assert.equal(heap.atomics.exchange('Int32', p, 1), 42);
  const large = heap.alloc(Int32Array, 50_000); // grows
  large.write(49_999, 3);
  assert.equal(large.view[49_999], 3);
  assert.deepEqual([...array.view], [1.5, 2.5], 'after growing');
  pointer.free({ target: true });
  for (const ref of [value, struct, text, large]) ref.free();
  assert.ok(array.isFreed);
  throwsCode(() => array.read(0), 'HeapError', 'freed_ref');
  heap.free(p);
  heap.free(q);
}

// ── What can be adopted ─────────────────────────────────────────────────────────────────────────

test('an allocator over a WebAssembly.Memory, whose malloc grows it', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 20 });
  const allocator = new Bump(memory);
  const heap = Heap.adopt(allocator);
  useAll(heap);
  assert.equal(heap.memory, memory);
  assert.equal(heap.buffer, memory.buffer);
  assert.equal(heap.image, undefined);
  assert.equal(heap.imageAddress, undefined);
  const [asked, freed] = ['malloc', 'free'].map((name) => allocator.calls.filter(([called]) => called === name));
  assert.equal(asked.length, freed.length, 'all was given back');
});

if (can.shared) {
  test('an allocator over a shared memory', () => {
    const heap = Heap.adopt(new Bump(new WebAssembly.Memory({ initial: 1, maximum: 20, shared: true })));
    useAll(heap);
    const ref = heap.alloc('Int32', 1);
    assert.equal(heap.atomics.notify('Int32', ref.byteOffset), 0);
  });
}

for (const [name, adopt] of [
  ['a function', (allocator) => ({ ...allocator, buffer: () => allocator.now })],
  ['a method', (allocator) => ({ ...allocator, allocator, buffer() { return this.allocator.now; } })],
  ['a getter', (allocator) => ({ malloc: allocator.malloc, free: allocator.free, get buffer() { return allocator.now; } })],
  ['a memory that is none', (allocator) => ({ ...allocator, memory: { get buffer() { return allocator.now; } } })],
]) {
  test(`a buffer that malloc replaces while the old one stays alive, told by ${name}`, () => {
    const allocator = makeReplacing();
    const heap = Heap.adopt(adopt(allocator));
    useAll(heap);
    const p = heap.malloc(64);
    heap.writeInt32(p, 1);
    const value = heap.ref('Int32', p);
    const array = heap.ref(Int32Array, p, 2);
    const { view } = array;
    heap.atomics.store('Int32', p + 4, 2);
    const old = allocator.now;
    while (allocator.now === old) heap.malloc(5000);
    assert.equal(heap.buffer, allocator.now);
    heap.writeInt32(p, 3);
    heap.atomics.store('Int32', p + 4, 4);
    const now = new Int32Array(allocator.now, p, 2);
    assert.deepEqual([...now], [3, 4], 'the new buffer is written to');
    assert.deepEqual([...new Int32Array(old, p, 2)], [1, 2], 'and the old one is not');
    assert.equal(value.value, 3);
    assert.notEqual(array.view, view);
    assert.deepEqual([...array.view], [3, 4]);
    throwsCode(() => heap.memory, 'TypeError', 'unsupported_operation', /memory.*buffer/);
  });
}

test('a buffer that never changes', () => {
  const buffer = new ArrayBuffer(pageBytes * 8);
  const { malloc, free } = makeReplacing();
  const heap = Heap.adopt({ buffer, malloc, free });
  const ref = heap.alloc(Int32Array, [1, 2]);
  assert.deepEqual([...new Int32Array(buffer, ref.byteOffset, 2)], [1, 2]);
});

/** An Emscripten module without JavaScript around it: the properties, and the getters of a debug build. */
function makeEmscripten({ isDebug = false, showsMemory = false } = {}) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 20 });
  const bump = new Bump(memory);
  const module = {
    HEAPU8: new Uint8Array(memory.buffer),
    aborted: undefined,
    bump,
    _malloc(bytes) {
      const at = bump.malloc(bytes);
      if (module.HEAPU8.length === 0) module.HEAPU8 = new Uint8Array(memory.buffer); // as its updateMemoryViews
      return at | 0;
    },
    _free: (address) => bump.free(address),
  };
  if (showsMemory) module.wasmMemory = memory;
  else if (isDebug) {
    for (const name of ['wasmMemory', 'buffer', 'HEAP8', 'wasmExports']) {
      Object.defineProperty(module, name, {
        configurable: true,
        get() {
          module.aborted = name;
          throw new WebAssembly.RuntimeError(`Aborted('${name}' was not exported)`);
        },
      });
    }
  }
  return module;
}

test('a buffer that is detached, and stays it', () => {
  const [first, second] = [new ArrayBuffer(1024), new ArrayBuffer(1024)];
  let shown = first;
  const heap = Heap.adopt({ buffer: () => shown, malloc: () => 64, free() {} });
  structuredClone([first, second], { transfer: [first, second] });
  shown = second;
  const uses = [
    () => heap.readInt32(64),
    () => heap.writeInt32(64, 1),
    () => heap.view(Uint8Array, 0, 0),
    () => heap.bytes(0, 0),
    () => heap.fill(0, 0),
    () => heap.copy(0, 0, 0),
    () => heap.readString(64, 4),
    () => heap.writeString(64, 'text'),
    () => heap.readCString(64),
    () => heap.atomics.load('Int32', 64),
    () => heap.refresh(),
    () => heap.alloc('Int32', 1),
  ];
  for (const use of uses) throwsCode(use, 'RangeError', 'out_of_bounds');
});

test('an Emscripten module', () => {
  for (const kind of [{}, { isDebug: true }, { showsMemory: true }]) {
    const module = makeEmscripten(kind);
    const heap = Heap.adopt(module);
    useAll(heap);
    assert.equal(module.aborted, undefined);
    assert.equal(heap.buffer, module.HEAPU8.buffer);
    if (kind.showsMemory) assert.equal(heap.memory, module.wasmMemory);
    else throwsCode(() => heap.memory, 'TypeError', 'unsupported_operation');
  }
});

test('the exports of a module: its own malloc, free, calloc, realloc and aligned_alloc', () => {
  const guest = makeGuest();
  const heap = Heap.adopt(guest);
  useAll(heap);
  assert.equal(heap.memory, guest.memory);
  const p = heap.alignedAlloc(4096, 100);
  assert.equal(p % 4096, 0);
  heap.writeInt32(p, 5);
  const q = heap.realloc(p, 100_000);
  assert.equal(heap.readInt32(q), 5);
  heap.free(q);
  assert.equal(heap.alloc('BigUint128').byteOffset % 16, 0);
  // It really was the guest's allocator.
  const own = Heap.attachSync(guest.memory);
  own.validate();
  assert.equal(own.stat('blocks'), 1);
});

test('a guest’s memory above 2 GiB: addresses that arrive negative', () => {
  if (!can.bigMemory) return;
  const memory = new WebAssembly.Memory({ initial: 40_000, maximum: 65536 });
  const bump = new Bump(memory, 2 ** 31 + 64);
  const heap = Heap.adopt({ memory, malloc: (bytes) => bump.malloc(bytes) | 0, free: (address) => bump.free(address) });
  const ref = heap.alloc(Int32Array, [1, 2, 3]);
  assert.equal(ref.byteOffset, 2 ** 31 + 64);
  assert.deepEqual([...ref], [1, 2, 3]);
  ref.free();
  assert.deepEqual(bump.calls.at(-1), ['free', 2 ** 31 + 64]);
});

test('functions are called as methods, with what they were asked for', () => {
  const calls = [];
  class Allocator {
    #top = 64;
    buffer = new ArrayBuffer(100_000);
    #give(name, parameters, bytes) {
      calls.push([name, ...parameters]);
      const at = this.#top;
      this.#top += Math.ceil(bytes / 4096 + 1) * 4096;
      return name === 'alignedAlloc' ? Math.ceil(at / parameters[0]) * parameters[0] : at;
    }
    malloc(...parameters) { return this.#give('malloc', parameters, parameters[0]); }
    calloc(...parameters) { return this.#give('calloc', parameters, parameters[0] * parameters[1]); }
    realloc(...parameters) { return this.#give('realloc', parameters, parameters[1]); }
    alignedAlloc(...parameters) { return this.#give('alignedAlloc', parameters, parameters[1]); }
    free(...parameters) { calls.push(['free', ...parameters]); }
  }
  const heap = Heap.adopt(new Allocator());
  const p = heap.malloc(10);
  heap.calloc(3, 5);
  heap.calloc(7);
  heap.realloc(p, 20);
  heap.alignedAlloc(256, 40);
  heap.alignedAlloc(1, 5);
  heap.free(p);
  // Asked for nothing, C's functions may give nothing, or free: so they are asked for a byte.
  heap.malloc(0);
  heap.calloc(0, 8);
  heap.calloc(8, 0);
  heap.realloc(p, 0);
  heap.alignedAlloc(64, 0);
  assert.deepEqual(calls, [
    ['malloc', 10], ['calloc', 3, 5], ['calloc', 7, 1], ['realloc', 64, 20], ['alignedAlloc', 256, 256], ['alignedAlloc', 16, 16],
    ['free', 64], ['malloc', 1], ['calloc', 1, 1], ['calloc', 1, 1], ['realloc', 64, 1], ['alignedAlloc', 64, 64],
  ]);
});

test('what cannot be adopted', () => {
  const buffer = new ArrayBuffer(1024);
  const [malloc, free] = [() => 16, () => {}];
  for (const bad of [
    undefined, null, 5, 'malloc', Symbol('malloc'), {}, [], { malloc, free }, { buffer, malloc }, { buffer, free }, { buffer, malloc: 16, free },
    { buffer, malloc, free: null }, { buffer, malloc, free, calloc: 5 }, { buffer, malloc, free, realloc: {} }, { buffer, malloc, free, alignedAlloc: 'x' },
    { buffer: () => undefined, malloc, free }, { buffer: () => 5, malloc, free }, { buffer: new Uint8Array(5), malloc, free },
    { memory: {}, malloc, free }, { memory: 5, malloc, free }, { HEAPU8: undefined, _malloc: malloc, _free: free },
    { HEAPU8: {}, _malloc: malloc, _free: free }, new WebAssembly.Memory({ initial: 1 }), buffer,
  ]) {
    throwsCode(() => Heap.adopt(bad), 'TypeError', 'wrong_type', /Heap\.adopt/);
  }
  const good = { buffer, malloc, free };
  for (const options of [null, 5, 'i32']) throwsCode(() => Heap.adopt(good, options), 'TypeError', 'wrong_type', /options/);
  for (const address of ['i16', 32, true, null]) throwsCode(() => Heap.adopt(good, { address }), 'TypeError', 'invalid_option', /address/);
  throwsCode(() => Heap.adopt(good, { track: 'all' }), 'TypeError', 'invalid_option', /track/);
  Heap.adopt(good, { address: undefined, track: undefined });
});

test('what only allot’s own allocator knows', () => {
  const heap = Heap.adopt(new Bump(new WebAssembly.Memory({ initial: 1 })));
  const p = heap.malloc(16);
  for (const action of [
    () => heap.sizeof(p), () => heap.usableSize(p), () => heap.requestedSize(p), () => heap.blocks(), () => heap.stats(),
    () => heap.stat('live'), () => heap.validate(), () => heap.merge(), () => heap.grow(1), () => heap.reserve(1024, 2048),
    () => heap.unreserve(1024), () => heap.quota, () => (heap.quota = 5), () => heap.softMaximum, () => (heap.softMaximum = 5),
  ]) {
    throwsCode(action, 'TypeError', 'unsupported_operation', /adopted/);
  }
});

// ── 64-bit addresses ────────────────────────────────────────────────────────────────────────────

test('i64: found out by the first call, whichever it is', () => {
  const guest = makeWide();
  const heap = Heap.adopt(guest);
  assert.equal(heap.malloc(40), 1024);
  const ref = heap.alloc(Int32Array, [1, 2]);
  assert.equal(ref.byteOffset, 1064);
  assert.deepEqual([...ref], [1, 2]);
  ref.free();
  assert.equal(guest.freed.value, 1064n);

  const other = makeWide();
  Heap.adopt(other).free(2048);
  assert.equal(other.freed.value, 2048n);
});

test('i64: told', () => {
  const calls = [];
  const allocator = {
    buffer: new ArrayBuffer(4096),
    malloc(bytes) { calls.push(bytes); return 64n; },
    calloc(count, bytes) { calls.push(count, bytes); return 128n; },
    realloc(address, bytes) { calls.push(address, bytes); return 192n; },
    alignedAlloc(alignment, bytes) { calls.push(alignment, bytes); return 256n; },
    free(address) { calls.push(address); },
  };
  const heap = Heap.adopt(allocator, { address: 'i64' });
  assert.deepEqual([heap.malloc(8), heap.calloc(2, 3), heap.realloc(64, 5), heap.alignedAlloc(32, 64)], [64, 128, 192, 256]);
  heap.free(64);
  assert.deepEqual(calls, [8n, 2n, 3n, 64n, 5n, 32n, 64n, 64n]);
  // Told wrongly, the engine's own refusal comes through.
  assert.throws(() => Heap.adopt(makeWide(), { address: 'i32' }).malloc(8), TypeError);
  assert.throws(() => Heap.adopt(makeGuest(), { address: 'i64' }).malloc(8), TypeError);
});

test('i64: JavaScript around it that takes numbers and gives BigInts, or only for some functions', () => {
  const guest = makeWide();
  const heap = Heap.adopt({ memory: guest.memory, malloc: (bytes) => guest.malloc(BigInt(bytes)), free: guest.free });
  const p = heap.malloc(16);
  assert.equal(p, 1024);
  heap.free(p);
  assert.equal(guest.freed.value, 1024n);
});

test('BigInts that are no addresses', () => {
  let answer;
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: () => answer, free() {} });
  for (answer of [-1n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 63n, 4096n, 4090n]) {
    throwsCode(() => heap.malloc(16), 'HeapError', 'bad_allocator', /malloc\(16\)/);
  }
  answer = 0n;
  throwsCode(() => heap.malloc(16), 'RangeError', 'out_of_memory');
  answer = 4080n;
  assert.equal(heap.malloc(16), 4080);
});

test('a length beyond 32 bits is not cut off', () => {
  for (const guest of [makeGuest(), makeGuest()]) {
    const heap = Heap.adopt(guest);
    for (const known of [false, true]) {
      if (known) heap.free(heap.malloc(16));
      for (const bytes of [2 ** 32, 2 ** 32 + 16, 2 ** 40 + 16]) {
        throwsCode(() => heap.malloc(bytes), 'RangeError', 'size_too_large', new RegExp(String(bytes)));
        throwsCode(() => heap.calloc(bytes), 'RangeError', 'size_too_large');
        throwsCode(() => heap.calloc(2 ** 20, bytes / 2 ** 20), 'RangeError', Number.isInteger(bytes / 2 ** 20) ? 'size_too_large' : 'invalid_number');
        throwsCode(() => heap.alignedAlloc(16, bytes), 'RangeError', 'size_too_large');
      }
    }
    const p = heap.malloc(16);
    throwsCode(() => heap.realloc(p, 2 ** 32 + 16), 'RangeError', 'size_too_large');
    heap.free(p);
  }
  throwsCode(() => Heap.adopt(makeGuest()).malloc(2 ** 53), 'RangeError', 'size_too_large');
  // With 64 bits it arrives, and what comes back cannot hold it.
  throwsCode(() => Heap.adopt(makeWide()).malloc(2 ** 32), 'HeapError', 'bad_allocator');
});

test('an address beyond the memory is not cut off', () => {
  const guest = makeGuest();
  const heap = Heap.adopt(guest);
  const p = heap.malloc(100);
  for (const address of [p + 2 ** 32, heap.buffer.byteLength, 2 ** 31, 2 ** 53]) {
    for (const action of [() => heap.free(address), () => heap.realloc(address, 50)]) {
      const error = throwsCode(action, 'HeapError', 'wild_address', new RegExp(String(address)));
      assert.equal(error.address, address);
    }
  }
  for (const bad of [-1, NaN, 0.5]) throwsCode(() => heap.free(bad), 'RangeError', 'invalid_number');
  for (const bad of ['16', 16n, null, undefined]) throwsCode(() => heap.free(bad), 'TypeError', 'wrong_type');
  heap.free(p);
  Heap.attachSync(guest.memory).validate();
});

if (can.bigMemory && can.memory64) {
  test('blocks above 4 GiB', () => {
    const memory = new WebAssembly.Memory({ address: 'i64', initial: 65536n + 2n });
    const freed = [];
    let top = 2n ** 32n - 16n;
    const allocator = {
      memory,
      malloc(bytes) {
        const at = top;
        top += BigInt(Math.ceil(Number(bytes) / 16) * 16);
        return at;
      },
      free: (address) => void freed.push(address),
    };
    const heap = Heap.adopt(allocator, { address: 'i64' });
    const across = heap.alloc(Int32Array, [1, 2, 3, 4, 5]);
    assert.equal(across.byteOffset, 2 ** 32 - 16);
    const high = heap.alloc('Float64', 0.5);
    assert.equal(high.byteOffset, 2 ** 32 + 16);
    assert.deepEqual([...across], [1, 2, 3, 4, 5]);
    assert.deepEqual([...across.view], [1, 2, 3, 4, 5]);
    assert.equal(heap.view(Float64Array, high.byteOffset, 1)[0], 0.5);
    assert.equal(high.add(1), 0.5);
    const pointer = heap.alloc('Pointer64', high);
    assert.equal(pointer.value, 2n ** 32n + 16n);
    assert.equal(pointer.target('Float64').value, 1.5);
    assert.equal(heap.alloc('Pointer53', high).target('Float64').value, 1.5);
    throwsCode(() => heap.alloc('Pointer32', high), 'RangeError', 'invalid_number');
    heap.copy(high.byteOffset + 64, high.byteOffset, 8);
    assert.equal(heap.readFloat64(high.byteOffset + 64), 1.5);
    heap.fill(high.byteOffset + 64, 8);
    const text = heap.allocString('oben');
    assert.equal(text.value, 'oben');
    pointer.free({ target: true });
    assert.ok(high.isFreed);
    assert.deepEqual(freed, [2n ** 32n + 16n, BigInt(pointer.isFreed ? 2 ** 32 + 32 : 0)]);
    assert.ok(heap.bytes(0, 4096).every((byte) => byte === 0), 'nothing was written where the address is cut off');
  });
}

// ── Allocators that lie, throw and re-enter ─────────────────────────────────────────────────────

/** The calls that ask for a block, each for 64 bytes. */
const requests = {
  malloc: (heap) => heap.malloc(64),
  calloc: (heap) => heap.calloc(8, 8),
  realloc: (heap) => heap.realloc(16, 64),
  alignedAlloc: (heap) => heap.alignedAlloc(32, 64),
  'alloc of a number': (heap) => heap.alloc('BigUint256', 5n),
  'alloc of an array': (heap) => heap.alloc(Int32Array, new Int32Array(16).fill(7)),
  allocArray: (heap) => heap.allocArray('Int16', 32),
  allocString: (heap) => heap.allocString('a text of some length that is long enough for all of this, surely'),
};

test('answers that cannot be addresses: an error, and not one byte is written', () => {
  const end = 4096;
  let answer;
  const give = () => answer;
  for (const parts of [{ malloc: give }, { malloc: give, calloc: give, realloc: give, alignedAlloc: give }]) {
    const heap = Heap.adopt({ buffer: new ArrayBuffer(end), free() {}, ...parts });
    heap.fill(0, end, 0x5a);
    for (answer of [
      NaN, 0.5, 17.25, -1, -64, -(2 ** 31), -(2 ** 40), Infinity, -Infinity, '64', '', true, false, {}, [64], Symbol('64'), () => 64,
      end, end - 8, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 60, end * 16,
    ]) {
      for (const [name, request] of Object.entries(requests)) {
        if (name === 'realloc' && parts.realloc === undefined) continue; // refused before it is asked
        const error = writesNothing(heap, () => request(heap));
        assert.equal(error.code, 'bad_allocator', `${name} was given ${String(answer)}: ${error.message}`);
        assert.equal(error.name, 'HeapError');
      }
    }
    for (answer of [0, -0, 0n, null, undefined]) {
      for (const [name, request] of Object.entries(requests)) {
        if (name === 'realloc' && parts.realloc === undefined) continue;
        const error = writesNothing(heap, () => request(heap));
        assert.equal(error.code, 'out_of_memory', `${name} was given ${String(answer)}`);
        assert.equal(error.name, 'RangeError');
      }
    }
  }
});

test('blocks that are not aligned as C’s are', () => {
  let answer;
  const freed = [];
  const give = () => answer;
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: give, alignedAlloc: give, free: (address) => void freed.push(address) });
  answer = 20;
  assert.equal(heap.alloc('Int32', 5).byteOffset, 20);
  throwsCode(() => heap.alloc('Float64', 5), 'HeapError', 'bad_allocator', /20/);
  throwsCode(() => heap.alloc(Float64Array, [5]), 'HeapError', 'bad_allocator', /20/);
  throwsCode(() => heap.alloc('BigUint128', 5n), 'HeapError', 'bad_allocator', /20/);
  throwsCode(() => heap.alignedAlloc(64, 5), 'HeapError', 'bad_allocator', /20/);
  assert.deepEqual(freed, [20, 20, 20, 20], 'they were given back');
  answer = 21;
  assert.equal(heap.malloc(5), 21, 'bytes may lie anywhere');
  assert.equal(heap.alloc(Uint8Array, [7]).read(0), 7);
});

test('alignedAlloc without an alignedAlloc: what malloc gives, if it will do', () => {
  let answer = 64;
  const freed = [];
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: () => answer, free: (address) => void freed.push(address) });
  assert.equal(heap.alignedAlloc(64, 10), 64);
  answer = 80;
  throwsCode(() => heap.alignedAlloc(64, 10), 'TypeError', 'unsupported_operation', /64/);
  assert.deepEqual(freed, [80]);
  for (const alignment of [0, 3, 48, 2 ** 40 + 1, 2 ** 52 + 1]) {
    throwsCode(() => heap.alignedAlloc(alignment, 10), 'RangeError', 'invalid_alignment');
  }
  throwsCode(() => heap.alignedAlloc(-16, 10), 'RangeError', 'invalid_number');
  throwsCode(() => heap.alignedAlloc('16', 10), 'TypeError', 'wrong_type');
});

test('sizes that are no sizes never reach it', () => {
  const calls = [];
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: (bytes) => (calls.push(bytes), 64), free() {} }, { track: true });
  const p = heap.malloc(1);
  const count = calls.length;
  for (const call of [(bad) => heap.malloc(bad), (bad) => heap.calloc(bad), (bad) => heap.calloc(2, bad), (bad) => heap.realloc(p, bad), (bad) => heap.alignedAlloc(16, bad)]) {
    for (const bad of [-1, NaN, 1.5, Infinity]) throwsCode(() => call(bad), 'RangeError', 'invalid_number');
    for (const bad of ['16', 16n, null, {}]) throwsCode(() => call(bad), 'TypeError', 'wrong_type');
    throwsCode(() => call(2 ** 53), 'RangeError', 'size_too_large');
  }
  throwsCode(() => heap.calloc(2 ** 30, 2 ** 30), 'RangeError', 'size_too_large');
  assert.equal(calls.length, count);
});

test('what it throws comes through, and it was called once', () => {
  const mine = new TypeError('mine');
  let calls = 0;
  const broken = () => {
    calls++;
    throw mine;
  };
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: broken, calloc: broken, realloc: broken, alignedAlloc: broken, free: broken });
  for (const [name, request] of Object.entries(requests)) {
    calls = 0;
    assert.equal(writesNothing(heap, () => request(heap)), mine, name);
    assert.equal(calls, 1, name);
  }
  calls = 0;
  assert.throws(() => heap.free(16), (error) => error === mine);
  assert.equal(calls, 1);
  // A free that failed has not freed.
  const ref = heap.ref('Int32', 16);
  assert.throws(() => ref.free(), (error) => error === mine);
  assert.equal(ref.isFreed, false);
});

test('a wasm function that traps', () => {
  const guest = makeGuest();
  const heap = Heap.adopt(guest);
  const p = heap.malloc(16);
  heap.free(p);
  assert.throws(() => heap.free(p), WebAssembly.RuntimeError, 'the guest traps on a double free');
});

test('an allocator that uses the heap meanwhile', () => {
  const bump = new Bump(new WebAssembly.Memory({ initial: 1, maximum: 20 }));
  let depth = 0;
  const log = [];
  const heap = Heap.adopt({
    memory: bump.memory,
    malloc(bytes) {
      if (depth++ === 0) log.push(heap.alloc('Int32', 7), heap.alloc(Int32Array, 30_000));
      depth--;
      return bump.malloc(bytes);
    },
    free(address) {
      bump.free(address);
      heap.writeInt8(64, 1);
    },
  }, { track: true });
  const ref = heap.alloc(Int32Array, [1, 2, 3]);
  assert.deepEqual([...ref], [1, 2, 3]);
  assert.equal(log[0].value, 7);
  assert.equal(heap.tracked().length, 3);
  ref.free();
  assert.equal(heap.tracked().length, 2);
});

// ── realloc and calloc without theirs ───────────────────────────────────────────────────────────

test('realloc without a realloc: copies what is known to be there', () => {
  const bump = new Bump(new WebAssembly.Memory({ initial: 1, maximum: 20 }));
  const untracked = Heap.adopt(bump);
  const p = untracked.malloc(16);
  const calls = bump.calls.length;
  throwsCode(() => untracked.realloc(p, 100), 'TypeError', 'unsupported_operation', /length is unknown/);
  assert.equal(bump.calls.length, calls, 'nothing was tried');
  assert.ok(untracked.realloc(0, 10) > 0, 'of no block it is malloc');

  // The length of a ref is known.
  const ref = untracked.alloc(Uint8Array, [1, 2, 3, 4]);
  const from = ref.byteOffset;
  const grown = untracked.realloc(from, 100_000);
  assert.notEqual(grown, from);
  assert.deepEqual([...untracked.bytes(grown, 4)], [1, 2, 3, 4]);
  assert.equal(ref.isFreed, true);
  assert.deepEqual(bump.calls.slice(-2), [['malloc', 100_000], ['free', from]]);

  const tracked = Heap.adopt(new Bump(new WebAssembly.Memory({ initial: 1, maximum: 20 })), { track: true });
  let q = tracked.malloc(8);
  tracked.bytes(q, 8).set([1, 2, 3, 4, 5, 6, 7, 8]);
  tracked.fill(q + 8, 8, 9); // behind it
  for (const [length, kept] of [[100, 8], [3, 3], [70_000, 3]]) {
    q = tracked.realloc(q, length);
    assert.deepEqual([...tracked.bytes(q, kept)], [1, 2, 3, 4, 5, 6, 7, 8].slice(0, kept));
    assert.equal(tracked.tracked()[0].byteLength, length);
  }
  assert.equal(tracked.tracked().length, 1);
});

test('realloc without a realloc: out of memory leaves the block as it was', () => {
  let left = 1;
  const freed = [];
  const heap = Heap.adopt({ buffer: new ArrayBuffer(4096), malloc: () => (left-- > 0 ? 64 : 0), free: (address) => void freed.push(address) });
  const ref = heap.alloc(Int32Array, [1, 2]);
  assert.equal(writesNothing(heap, () => heap.realloc(64, 200)).code, 'out_of_memory');
  assert.deepEqual([...ref], [1, 2]);
  assert.deepEqual(freed, []);
});

test('their realloc is used where there is one', () => {
  const heap = Heap.adopt(makeGuest());
  const random = makeRandom(9);
  let [p, length] = [heap.malloc(10), 10];
  heap.bytes(p, 10).forEach((_, i, bytes) => (bytes[i] = i + 1));
  for (let round = 0; round < 100; round++) {
    const next = 10 + random.below(round % 10 === 0 ? 50_000 : 500);
    p = heap.realloc(p, next);
    length = next;
    assert.deepEqual([...heap.bytes(p, 10)], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    heap.fill(p + 10, length - 10, round);
  }
});

test('calloc without a calloc clears, and refs do', () => {
  const memory = new WebAssembly.Memory({ initial: 4 });
  new Uint8Array(memory.buffer).fill(0xa5);
  const heap = Heap.adopt(new Bump(memory));
  for (const [count, each] of [[1, 1], [3, 7], [100, 8], [1, 5000]]) {
    const p = heap.calloc(count, each);
    assert.ok(heap.bytes(p, count * each).every((byte) => byte === 0));
    assert.equal(heap.readUint8(p + count * each), 0xa5, 'and no more than that');
  }
  assert.ok(heap.alloc(Float64Array, 100).bytes.every((byte) => byte === 0));
  assert.equal(heap.alloc('BigUint256').value, 0n);
  assert.equal(heap.readUint8(Math.ceil(heap.buffer.byteLength / 2)), 0xa5);
});

// ── Beside another allocator ────────────────────────────────────────────────────────────────────

test('a heap in a block of another allocator never leaves it', () => {
  for (const policy of ['exact', 'compact', 'balanced', 'fast']) {
    for (const image of ['inside', 'outside']) {
      const guest = makeGuest();
      const theirs = Heap.adopt(guest);
      const blocks = Array.from({ length: 20 }, (_, i) => theirs.malloc(100 + i * 50));
      const begin = theirs.malloc(100_000);
      const end = begin + 100_000;
      const behind = theirs.malloc(500);
      for (const p of [...blocks, behind]) theirs.fill(p, 100, 0xcd);
      const before = copyOf(guest.memory.buffer);

      const ours = Heap.createSync({ memory: guest.memory, begin, end, policy, image });
      const random = makeRandom(3);
      const live = [];
      for (let round = 0; round < 2000; round++) {
        if (live.length > 0 && random.percent(45)) {
          ours.free(live.splice(random.below(live.length), 1)[0]);
          continue;
        }
        const length = random.below(random.percent(5) ? 20_000 : 500);
        try {
          const p = ours.malloc(length);
          assert.ok(p >= begin && p + ours.usableSize(p) <= end);
          ours.fill(p, ours.usableSize(p), 0xff);
          live.push(p);
        } catch (error) {
          assert.equal(error.code, 'out_of_memory');
        }
      }
      ours.validate();
      const after = copyOf(guest.memory.buffer);
      sameBytes(after.subarray(0, begin), before.subarray(0, begin), `${image} ${policy}: before it`);
      sameBytes(after.subarray(end), before.subarray(end), `${image} ${policy}: behind it`);
      if (image === 'inside') {
        assert.equal(Heap.attachSync(guest.memory, { address: ours.imageAddress }).stat('blocks'), live.length);
      }
      // And theirs goes on as if nothing had been.
      for (const p of [...blocks, behind, begin]) theirs.free(p);
      Heap.attachSync(guest.memory).validate();
    }
  }
});

test('the memory that a module exports, behind what the module uses', () => {
  const { memory, malloc } = makeWide();
  malloc(3000n); // up to 4024
  new Uint8Array(memory.buffer, 0, 4096).fill(0xcd);
  const heap = Heap.createSync({ memory, begin: 4096 });
  for (let i = 0; i < 2000; i++) assert.ok(heap.malloc(100) >= 4096);
  assert.ok(new Uint8Array(memory.buffer, 0, 4096).every((byte) => byte === 0xcd));
  heap.validate();
  assert.equal(Heap.attachSync(memory).stat('blocks'), 2000);
});

test('two that adopt one allocator do not know of each other, and share its blocks', () => {
  const guest = makeGuest();
  const [a, b] = [Heap.adopt(guest), Heap.adopt(guest)];
  const ref = a.alloc(Int32Array, [1, 2]);
  const same = b.ref(Int32Array, ref.byteOffset, 2);
  same.write(0, 9);
  assert.equal(ref.read(0), 9);
  throwsCode(() => b.free(ref), 'HeapError', 'another_heap');
  throwsCode(() => b.alloc('Pointer32', ref), 'HeapError', 'another_heap');
  same.free();
  assert.equal(ref.isFreed, false, 'that cannot be seen');
});
