// The allocator as modules import it: malloc and its family as C declares them, over the heap that JavaScript
// has.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { drive } from './support/drive.mjs';
import { portrait, throwsCode } from './support/expect.mjs';
import { build, i32, op } from './support/modules.mjs';
import { can, setting } from './support/runtime.mjs';

const pageBytes = 65536;
const operations = Math.min(10_000, Number(setting('ALLOT_OPERATIONS', Infinity)));
const heaps = [
  ['inside', { maximum: 20 }],
  ['outside', { image: 'outside', maximum: 20 }],
  ...(can.shared ? [['shared', { shared: true, maximum: 20 }]] : []),
];

for (const [place, options] of heaps) {
  test(`${place}: each function does what C says`, async () => {
    const heap = await Heap.create(options);
    const c = heap.imports;
    assert.equal(c.memory, heap.memory);
    assert.equal(heap.imports, c);
    assert.ok(Object.isFrozen(c));

    const p = c.malloc(100);
    assert.ok(p > 0 && p % 16 === 0);
    assert.equal(c.malloc_usable_size(p), heap.usableSize(p));
    heap.fill(p, 100, 7);
    const q = c.realloc(p, 5000);
    assert.ok([...heap.bytes(q, 100)].every((byte) => byte === 7));
    const r = c.calloc(25, 200);
    assert.ok([...heap.bytes(r, 5000)].every((byte) => byte === 0));
    const s = c.realloc(0, 10);
    const t = c.reallocarray(s, 10, 20);
    assert.ok(heap.usableSize(t) >= 200);
    for (const name of ['aligned_alloc', 'memalign']) {
      const aligned = c[name](256, 10);
      assert.equal(aligned % 256, 0);
      c.free(aligned);
    }
    for (const block of [q, r, t]) c.free(block);
    c.free(0);
    assert.equal(c.malloc_usable_size(0), 0);
    assert.equal(heap.stat('blocks'), 0);
    heap.validate();
  });

  test(`${place}: out of memory is 0, and changes nothing`, async () => {
    const heap = await Heap.create(options);
    const c = heap.imports;
    const p = c.malloc(100);
    assert.notEqual(p, 0);
    heap.writeUint32(p, 99);
    const out = c.malloc(16);
    const tooMuch = () => [
      c.malloc(-1), c.malloc(21 * pageBytes), c.calloc(65536, 65536), c.calloc(2, 2 ** 31), c.realloc(p, -16),
      c.realloc(0, 30 * pageBytes), c.reallocarray(p, 65536, 65536), c.reallocarray(p, 3, 2 ** 31),
      c.aligned_alloc(3, 10), c.aligned_alloc(0, 10), c.aligned_alloc(16, 25 * pageBytes),
      c._ZnwmRKSt9nothrow_t(-1, 0), c._ZnwmSt11align_val_tRKSt9nothrow_t(-1, 32, 0),
    ];
    tooMuch(); // the memory may have grown as far as it goes
    const before = portrait(heap);
    assert.deepEqual(tooMuch(), Array.from({ length: 13 }, () => 0));
    heap.quota = heap.stat('live');
    assert.deepEqual([c.malloc(1), c.calloc(1, 1), c.realloc(0, 1), c.aligned_alloc(16, 1)], [0, 0, 0, 0]);
    heap.quota = Infinity;
    assert.deepEqual(portrait(heap), before);
    assert.equal(heap.readUint32(p), 99);

    heap.writeUint32(out, 1234);
    assert.equal(c.posix_memalign(out, 3, 10), 28, 'EINVAL');
    assert.equal(c.posix_memalign(out, 2, 10), 28, 'EINVAL: less than a pointer has');
    assert.equal(c.posix_memalign(out, 0, 10), 28, 'EINVAL');
    assert.equal(c.posix_memalign(out, 64, -1), 48, 'ENOMEM');
    assert.equal(heap.readUint32(out), 1234);
    assert.equal(c.posix_memalign(out, 64, 10), 0);
    assert.equal(heap.readUint32(out) % 64, 0);
    c.free(heap.readUint32(out));

    throwsCode(() => c._Znwm(-1), 'RangeError', 'out_of_memory', /operator new\(4294967295\)/);
    throwsCode(() => c._Znam(-1), 'RangeError', 'out_of_memory');
    throwsCode(() => c._ZnwmSt11align_val_t(-1, 64), 'RangeError', 'out_of_memory');
  });

  test(`${place}: misuse is an error that names the address`, async () => {
    const heap = await Heap.create(options);
    const c = heap.imports;
    const p = c.malloc(100);
    const freed = c.malloc(100);
    c.free(freed);
    const far = 2 ** 32 - 16;
    const cases = [
      [freed, 'double_free'], [p + 16, 'interior_address'], [p + 1, 'interior_address'], [far, 'wild_address'],
    ];
    const before = portrait(heap);
    for (const [address, code] of cases) {
      for (const [name, call] of [
        ['free', () => c.free(address)],
        ['realloc', () => c.realloc(address, 200)],
        ['realloc', () => c.reallocarray(address, 2, 100)],
        ['malloc_usable_size', () => c.malloc_usable_size(address)],
        ['free', () => c._ZdlPv(address)],
        ['free', () => c._ZdaPvm(address, 100)],
        ['free', () => c._ZdlPvmSt11align_val_t(address, 100, 64)],
      ]) {
        const error = throwsCode(call, 'HeapError', code, new RegExp(`^${name}\\(${address}\\)`));
        assert.equal(error.address, address);
      }
    }
    assert.deepEqual(portrait(heap), before);
    heap.validate();
  });

  test(`${place}: C++’s operators`, async () => {
    const heap = await Heap.create(options);
    const c = heap.imports;
    const plain = () => ['w', 'a'].flatMap((kind) => [c[`_Zn${kind}m`](40), c[`_Zn${kind}mRKSt9nothrow_t`](40, 0)]);
    const aligned = () => ['w', 'a'].flatMap((kind) => [
      c[`_Zn${kind}mSt11align_val_t`](40, 128), c[`_Zn${kind}mSt11align_val_tRKSt9nothrow_t`](40, 128, 0),
    ]);
    for (const kind of ['l', 'a']) {
      const ways = {
        Pv: [], Pvm: [40], PvRKSt9nothrow_t: [0], PvSt11align_val_t: [128],
        PvmSt11align_val_t: [40, 128], PvSt11align_val_tRKSt9nothrow_t: [128, 0],
      };
      for (const [name, more] of Object.entries(ways)) {
        const blocks = [...plain(), ...aligned()];
        assert.ok(blocks.every((p) => heap.usableSize(p) >= 40));
        assert.ok(blocks.slice(4).every((p) => p % 128 === 0));
        for (const p of blocks) c[`_Zd${kind}${name}`](p, ...more);
        c[`_Zd${kind}${name}`](0, ...more);
        assert.equal(heap.stat('blocks'), 0);
      }
    }
  });

  test(`${place}: a guest and JavaScript at random, against the model`, async () => {
    const heap = await Heap.create({ ...options, maximum: options.shared ? 200 : undefined, begin: 16 });
    const c = heap.imports;
    let turns = 0;
    const isTurn = () => turns++ % 2 === 0;
    const fromGuest = (result) => (result === 0 ? undefined : result >>> 0);
    const isLive = (p) => {
      try {
        return heap.usableSize(p) > 0;
      } catch {
        return false;
      }
    };
    const half = {
      malloc: (length) => (isTurn() ? fromGuest(c.malloc(length)) : undefined) ?? heap.malloc(length),
      calloc: (count, each) => (isTurn() ? fromGuest(c.calloc(count, each)) : undefined) ?? heap.calloc(count, each),
      realloc: (p, length) =>
        (isTurn() && isLive(p) && length > 0 ? fromGuest(c.realloc(p, length)) : undefined) ?? heap.realloc(p, length),
      alignedAlloc: (alignment, length) =>
        (isTurn() ? fromGuest(c.aligned_alloc(alignment, length)) : undefined) ?? heap.alignedAlloc(alignment, length),
      free: (p) => (isTurn() && isLive(p) && p !== 0 ? c.free(p) : heap.free(p)),
    };
    const both = new Proxy(heap, {
      get: (_, name) => half[name] ?? (typeof heap[name] === 'function' ? heap[name].bind(heap) : heap[name]),
      set: (_, name, value) => Reflect.set(heap, name, value, heap),
    });
    drive(both, { seed: 7, operations });
  });
}

for (const [place, options] of heaps) {
  test(`${place}: a guest that runs out of memory has the hook asked before its malloc gives 0`, async () => {
    const heap = await Heap.create({ ...options, maximum: 3 });
    const c = heap.imports;
    const told = [];
    heap.on('oom', ({ info }) => told.push(info.byteLength));
    const ways = [
      [() => c.malloc(60000), 60000],
      [() => c.calloc(3, 20000), 60000],
      [() => c.realloc(0, 60000), 60000],
      [() => c.realloc(c.malloc(16), 60000), 60000],
      [() => c.reallocarray(0, 2, 30000), 60000],
      [() => c.aligned_alloc(64, 60000), 60000],
      [() => c._Znwm(60000), 60000],
      [() => c._ZnwmSt11align_val_t(60000, 64), 60000],
    ];
    for (const [way, bytes] of ways) {
      const filler = [];
      heap.onoom = undefined;
      for (const size of [30000, 1000, 16]) for (let p = c.malloc(size); p !== 0; p = c.malloc(size)) filler.push(p);
      c.free(filler.pop()); // for the small block that one of them begins with
      const asked = [];
      told.length = 0;
      heap.onoom = ({ code, byteLength, attempt }) => {
        asked.push([code, byteLength, attempt]);
        if (filler.length > 20) for (const p of filler.splice(20)) heap.free(p);
        else for (const p of filler.splice(0)) heap.free(p);
        return asked.length <= 2;
      };
      const p = way();
      assert.ok(p > 0);
      assert.equal(asked[0][0], 'out_of_memory');
      assert.deepEqual(asked.map(([, byteLength]) => byteLength), asked.map(() => bytes));
      assert.deepEqual(asked.map(([, , attempt]) => attempt), asked.map((_, i) => i + 1));
      assert.deepEqual(told, []);
      c.free(p);
      for (const left of filler) heap.free(left);
      assert.equal(heap.stat('blocks'), 0);
    }
    heap.quota = 100;
    heap.onoom = ({ code }) => {
      assert.equal(code, 'quota_exceeded');
      heap.quota = Infinity;
      return true;
    };
    const p = c.malloc(200);
    assert.ok(p > 0);
    heap.onoom = () => false;
    assert.equal(c.realloc(p, 400000), 0);
    assert.deepEqual(told, [400000]);
    assert.ok(heap.usableSize(p) >= 200);
    throwsCode(() => c.realloc(p + 16, 10), 'HeapError', 'interior_address');
    heap.validate();
  });
}

test('outside: no block is at address 0, which C takes for a failure', async () => {
  for (const make of [
    (c) => c.malloc(10),
    (c) => c.calloc(1, 10),
    (c) => c.aligned_alloc(16, 10),
    (c) => c.realloc(0, 10),
    (c) => c._Znwm(10),
  ]) {
    const heap = await Heap.create({ image: 'outside' });
    const p = make(heap.imports);
    assert.ok(p > 0);
    assert.equal(heap.stat('blocks'), 1);
    for (let i = 0; i < 10; i++) assert.notEqual(make(heap.imports), 0);
    assert.deepEqual([...heap.blocks()][0], { byteOffset: 0, byteLength: 48, kind: 'reserved' });
    heap.validate();
  }
});

test('outside: a block that would move to address 0 keeps its bytes', async () => {
  // With room for a span there, and without.
  for (const [before, after] of [[4000, 3000], [32, 32]]) {
    const heap = await Heap.create({ image: 'outside', policy: 'exact' });
    const zero = heap.malloc(before);
    assert.equal(zero, 0);
    const p = heap.malloc(16);
    heap.malloc(16); // so that it cannot grow where it is
    heap.free(0);
    heap.fill(p, 16, 9);
    const q = heap.imports.realloc(p, after);
    assert.ok(q > 0);
    assert.ok([...heap.bytes(q, 16)].every((byte) => byte === 9));
    assert.equal(heap.stat('blocks'), 2);
    assert.notEqual(heap.imports.malloc(32), 0);
    assert.throws(() => heap.free(p), { name: 'HeapError' });
    heap.free(q);
    heap.validate();
  }
});

test('an error goes through the guest to whoever called it', async () => {
  const heap = await Heap.create();
  // (module (import "env" "free" (func (param i32))) (func (export "drop") (param i32) (call 0 (local.get 0))))
  const guest = build({
    types: [[[i32], []]],
    imports: [{ name: 'free', kind: 'function' }],
    functions: [{ body: [op.get(0), op.call(0)] }],
    exports: { drop: ['function', 1] },
  });
  const { exports } = await heap.load(guest);
  const plain = new WebAssembly.Instance(new WebAssembly.Module(guest), { env: heap.imports }).exports;
  for (const { drop } of [exports, plain]) {
    const p = heap.malloc(10);
    drop(p);
    throwsCode(() => drop(p), 'HeapError', 'double_free', new RegExp(`^free\\(${p}\\)`));
    heap.validate();
  }
});

if (can.bigMemory) {
  test('addresses above 2 GiB', async () => {
    const heap = await Heap.create({ begin: 2 ** 32 - 4 * pageBytes, initial: 65536, maximum: 65536 });
    const c = heap.imports;
    const p = c.malloc(100);
    assert.ok(p < 0, 'C has no signs; JavaScript sees one');
    assert.ok(heap.usableSize(p >>> 0) >= 100);
    assert.ok(c.malloc_usable_size(p) >= 100);
    const q = c.realloc(p, 10_000);
    c.free(q);
    const error = throwsCode(() => c.free(q), 'HeapError', 'double_free');
    assert.equal(error.address, q >>> 0);
  });
}

test('an adopted allocator is not allot’s to give', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const heap = Heap.adopt({ memory, malloc: () => 16, free() {} });
  throwsCode(() => heap.imports, 'TypeError', 'unsupported_operation');
});
