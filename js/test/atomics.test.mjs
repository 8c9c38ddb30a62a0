// Atomic operations: every operation on every element, against a model that works on bits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes, writesNothing } from './support/bytes.mjs';
import { throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, startAgent } from './support/runtime.mjs';

const pageBytes = 65536;

/** Kept apart from the package's own table. `most`: what an address must not exceed. */
const allElements = [
  { name: 'Int8', bytes: 1, kind: 'integer', isSigned: true },
  { name: 'Uint8', bytes: 1, kind: 'integer' },
  { name: 'Uint8Clamped', bytes: 1, kind: 'clamped' },
  { name: 'Int16', bytes: 2, kind: 'integer', isSigned: true },
  { name: 'Uint16', bytes: 2, kind: 'integer' },
  { name: 'Int32', bytes: 4, kind: 'integer', isSigned: true },
  { name: 'Uint32', bytes: 4, kind: 'integer' },
  { name: 'BigInt64', bytes: 8, kind: 'integer', isSigned: true, isBig: true },
  { name: 'BigUint64', bytes: 8, kind: 'integer', isBig: true },
  { name: 'Float16', bytes: 2, kind: 'float' },
  { name: 'Float32', bytes: 4, kind: 'float' },
  { name: 'Float64', bytes: 8, kind: 'float' },
  { name: 'Pointer32', bytes: 4, kind: 'address', most: 2n ** 32n - 1n },
  { name: 'Pointer53', bytes: 8, kind: 'address', most: 2n ** 53n - 1n },
  { name: 'Pointer64', bytes: 8, kind: 'integer', isBig: true },
];
const elements = allElements.filter(({ name }) => name !== 'Float16' || can.float16);
const wide = ['BigUint128', 'BigUint256'];

/** The bits of a value of an element, as an unsigned BigInt, and the value of bits. */
const bitsOf = ({ name, bytes, kind }, value) => {
  const view = new DataView(new ArrayBuffer(8));
  if (kind === 'float') view[`set${name}`](0, value, true);
  else if (kind === 'clamped') view.setUint8(0, Uint8ClampedArray.of(value)[0]);
  else return BigInt.asUintN(8 * bytes, BigInt(typeof value === 'number' ? Math.trunc(value) || 0 : value));
  return view.getBigUint64(0, true);
};
const valueOf = ({ name, bytes, kind, isSigned, isBig }, bits) => {
  if (kind === 'float') {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, bits, true);
    return view[`get${name}`](0, true);
  }
  const integer = isSigned ? BigInt.asIntN(8 * bytes, bits) : bits;
  return isBig ? integer : Number(integer);
};

/** The bits that an operation leaves; `undefined` when it must be refused. */
function result(element, operation, before, operand) {
  const operandBits = bitsOf(element, operand);
  switch (operation) {
    case 'and':
      return before & operandBits;
    case 'or':
      return before | operandBits;
    case 'xor':
      return before ^ operandBits;
    case 'store':
    case 'exchange':
      return operandBits;
    case 'load':
      return before;
  }
  const sign = operation === 'add' ? 1 : -1;
  if (element.kind === 'float' || element.kind === 'clamped') {
    return bitsOf(element, valueOf(element, before) + sign * operand);
  }
  const sum = before + BigInt(sign) * BigInt(operand);
  if (element.kind === 'address' && (sum < 0n || sum > element.most)) return undefined;
  return BigInt.asUintN(8 * element.bytes, sum);
}

function randomOperand(random, { name, kind, isBig, most }) {
  if (kind === 'float') {
    return random.pick([0, -0, 1, -1.5, 0.1, 1e-7, 65504, 1e30, NaN, Infinity, -Infinity, random.word() / 1000]);
  }
  if (kind === 'clamped') return random.pick([0, 1, -1, 0.5, 1.5, 100, 300, -300, NaN, Infinity, random.below(256)]);
  if (kind === 'address') {
    const large = BigInt(random.word()) * 2n ** 21n;
    return Number(random.pick([0n, 16n, 1000n, most, large > most ? BigInt(random.word()) : large]));
  }
  if (isBig) {
    const large = (BigInt(random.word()) << 32n) | BigInt(random.word());
    const operand = random.pick([0n, 1n, -1n, 2n ** 63n, 2n ** 64n, large, -large]);
    // An address has 64 bits, whether it is read as signed or not.
    return name === 'Pointer64' ? BigInt.asIntN(64, operand) : operand;
  }
  return random.pick([0, 1, -1, 127, 128, 255, 256, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 40 + 3, random.word(), -random.word()]);
}

/** Waits for a promise; Node does not stay for one that only Atomics.waitAsync is to keep. */
async function settled(promise) {
  const stay = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(stay);
  }
}

const operations = ['load', 'store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'];

function everyMemory(name, action) {
  test(name, () => action((options) => Heap.createSync({ maximum: 40, ...options })));
  if (can.shared) test(`${name} (shared)`, () => action((options) => Heap.createSync({ shared: true, maximum: 40, ...options })));
}

for (const [i, element] of elements.entries()) {
  const { name, bytes } = element;

  everyMemory(`${name}: every operation, against the model`, (make) => {
    const heap = make();
    const random = makeRandom(100 + i);
    const slots = 6;
    const p = heap.calloc((slots + 2) * bytes);
    const first = p + bytes; // so that something lies before and behind
    const model = new Array(slots).fill(0n);
    const expected = new Uint8Array((slots + 2) * bytes);
    for (let round = 0; round < 1500; round++) {
      const slot = random.below(slots);
      const at = first + slot * bytes;
      const operation = random.pick(operations);
      const operand = randomOperand(random, element);
      const before = model[slot];
      const told = `${operation} ${String(operand)} to ${String(valueOf(element, before))} (round ${round})`;
      let answer;
      if (operation === 'compareExchange') {
        const guess = random.percent(60) ? valueOf(element, before) : randomOperand(random, element);
        answer = heap.atomics.compareExchange(name, at, guess, operand);
        if (bitsOf(element, guess) === before) model[slot] = bitsOf(element, operand);
      } else {
        const after = result(element, operation, before, operand);
        if (after === undefined) {
          throwsCode(() => heap.atomics[operation](name, at, operand), 'RangeError', 'invalid_number', new RegExp(operation));
          sameBytes(heap.bytes(p, expected.length), expected, told);
          continue;
        }
        answer = heap.atomics[operation](name, at, operand);
        model[slot] = after;
      }
      assert.ok(Object.is(answer, operation === 'store' ? operand : valueOf(element, before)), `${told} gave ${String(answer)}`);
      if (element.kind === 'float' && Number.isNaN(valueOf(element, model[slot]))) {
        // Which bits a NaN has is the engine's affair. Here it goes on with those of a 0.
        assert.ok(Number.isNaN(heap[`read${name}`](at)), told);
        heap[`write${name}`](at, 0);
        model[slot] = 0n;
      }
      for (let b = 0; b < bytes; b++) expected[(slot + 1) * bytes + b] = Number((model[slot] >> BigInt(8 * b)) & 255n);
      sameBytes(heap.bytes(p, expected.length), expected, told);
      assert.ok(Object.is(heap.atomics.load(name, at), heap[`read${name}`](at)));
    }
  });

  everyMemory(`${name}: unaligned, out of bounds, no address`, (make) => {
    const heap = make();
    const end = heap.buffer.byteLength;
    const one = element.isBig ? 1n : 1;
    heap.fill(end - 64, 64, 1);
    if (element.kind === 'address') heap.fill(end - 64, 64);
    assert.equal(heap.atomics.exchange(name, end - bytes, one), heap.atomics.exchange(name, end - 2 * bytes, one));
    const calls = [
      ...['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange'].map((operation) => (at) => heap.atomics[operation](name, at, one)),
      (at) => heap.atomics.load(name, at),
      (at) => heap.atomics.compareExchange(name, at, one, one),
    ];
    for (const call of calls) {
      for (const at of [end, end + bytes, 2 ** 31, 2 ** 32, 2 ** 40]) {
        assert.equal(writesNothing(heap, () => call(at)).code, 'out_of_bounds', `${call} at ${at}`);
      }
      for (let off = 1; off < bytes; off++) {
        const error = writesNothing(heap, () => call(end - 64 + off));
        assert.equal(error.code, 'unaligned');
        assert.match(error.message, new RegExp(String(end - 64 + off)));
      }
      for (const at of [-bytes, -1, NaN, 0.5, Infinity]) {
        assert.equal(writesNothing(heap, () => call(at)).code, 'invalid_number', `${call} at ${at}`);
      }
      for (const at of ['16', 16n, null, undefined, {}, true, Symbol('16')]) {
        assert.equal(writesNothing(heap, () => call(at)).code, 'wrong_type', String(call));
      }
    }
  });

  everyMemory(`${name}: refuses what is no value`, (make) => {
    const heap = make();
    const p = heap.calloc(16);
    const others = ['1', null, undefined, {}, true, Symbol('1'), element.isBig ? 1 : 1n];
    const fine = element.isBig ? 1n : 1;
    for (const operation of ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange']) {
      for (const value of others) {
        const error = writesNothing(heap, () => heap.atomics[operation](name, p, value));
        assert.equal(error.code, 'wrong_type', `${operation} ${String(value)}`);
        assert.match(error.message, new RegExp(operation));
      }
    }
    for (const value of others) {
      assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, value, fine)).code, 'wrong_type');
      assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, fine, value)).code, 'wrong_type');
    }
    if (name === 'Pointer64') {
      for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
        for (const operation of ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange']) {
          assert.equal(writesNothing(heap, () => heap.atomics[operation](name, p, value)).code, 'invalid_number');
        }
        assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, value, 0n)).code, 'invalid_number');
        assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, 0n, value)).code, 'invalid_number');
      }
    }
    if (element.kind !== 'address') return;
    for (const value of [-1, 0.5, NaN, Infinity, Number(element.most) + 1]) {
      for (const operation of ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange']) {
        assert.equal(writesNothing(heap, () => heap.atomics[operation](name, p, value)).code, 'invalid_number');
      }
      assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, value, 0)).code, 'invalid_number');
      assert.equal(writesNothing(heap, () => heap.atomics.compareExchange(name, p, 0, value)).code, 'invalid_number');
    }
  });

  everyMemory(`${name}: growth between two calls`, (make) => {
    const heap = make();
    const one = element.isBig ? 1n : 1;
    const p = heap.calloc(16);
    for (const grow of [() => heap.memory.grow(1), () => heap.grow(1), () => heap.malloc(3 * pageBytes)]) {
      heap.atomics.store(name, p, one);
      const end = heap.buffer.byteLength;
      throwsCode(() => heap.atomics.load(name, end), 'RangeError', 'out_of_bounds', /load/);
      grow();
      assert.equal(heap.atomics.load(name, p), one, 'an old place');
      heap.atomics.store(name, heap.buffer.byteLength - bytes, one);
      assert.equal(heap.atomics.exchange(name, heap.buffer.byteLength - bytes, one), one, 'a new place');
    }
  });
}

test('an address that is no safe number is refused before anything is changed', () => {
  const heap = Heap.createSync();
  const p = heap.calloc(16);
  heap.writeBigUint64(p, 2n ** 60n);
  const { atomics } = heap;
  const calls = [
    () => atomics.load('Pointer53', p),
    ...['add', 'sub', 'and', 'or', 'xor', 'exchange'].map((operation) => () => atomics[operation]('Pointer53', p, 16)),
    () => atomics.compareExchange('Pointer53', p, 0, 16),
  ];
  for (const call of calls) assert.equal(writesNothing(heap, call).code, 'unsafe_pointer', String(call));
  assert.equal(atomics.store('Pointer53', p, 16), 16);
  assert.equal(atomics.load('Pointer53', p), 16);
});

test('every NaN is equal to every other, whatever its bits', () => {
  const heap = Heap.createSync();
  const p = heap.calloc(16);
  const { atomics } = heap;
  const cases = [['Float32', 'writeUint32', [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff]], ['Float64', 'writeBigUint64', [0x7ff8n << 48n, 0xfff8n << 48n, 2n ** 64n - 1n]]];
  if (can.float16) cases.push(['Float16', 'writeUint16', [0x7e00, 0xfe00, 0x7c01]]);
  for (const [name, write, patterns] of cases) {
    for (const bits of patterns) {
      heap[write](p, bits);
      assert.ok(Number.isNaN(atomics.compareExchange(name, p, 1, 2)));
      assert.ok(Number.isNaN(atomics.load(name, p)), 'it is not 1');
      assert.ok(Number.isNaN(atomics.compareExchange(name, p, NaN, 3)));
      assert.equal(atomics.load(name, p), 3, `${name} ${bits.toString(16)}`);
      assert.equal(atomics.compareExchange(name, p, NaN, 4), 3);
      assert.equal(atomics.load(name, p), 3);
    }
  }
});

test('floats are compared by their bits', () => {
  const heap = Heap.createSync();
  const p = heap.calloc(16);
  const { atomics } = heap;
  for (const name of ['Float32', 'Float64', ...(can.float16 ? ['Float16'] : [])]) {
    atomics.store(name, p, NaN);
    assert.ok(Number.isNaN(atomics.compareExchange(name, p, NaN, 1)));
    assert.equal(atomics.load(name, p), 1, 'NaN is NaN');
    atomics.store(name, p, -0);
    assert.ok(Object.is(atomics.compareExchange(name, p, 0, 1), -0));
    assert.ok(Object.is(atomics.load(name, p), -0), '-0 is not 0');
    assert.ok(Object.is(atomics.compareExchange(name, p, -0, 2), -0));
    assert.equal(atomics.load(name, p), 2);
  }
});

test('fractions are cut off, as Atomics does', () => {
  const heap = Heap.createSync();
  const p = heap.calloc(16);
  assert.equal(heap.atomics.store('Int32', p, 2), 2);
  heap.atomics.add('Int32', p, -1.5);
  assert.equal(heap.readInt32(p), 1);
  heap.atomics.exchange('Uint8', p, NaN);
  assert.equal(heap.readInt32(p), 0);
});

if (!can.float16) {
  test('Float16 is refused where the engine has none', () => {
    const heap = Heap.createSync();
    const p = heap.calloc(16);
    for (const call of [
      () => heap.atomics.load('Float16', p),
      () => heap.atomics.store('Float16', p, 1),
      () => heap.atomics.add('Float16', p, 1),
      () => heap.atomics.exchange('Float16', p, 1),
      () => heap.atomics.compareExchange('Float16', p, 0, 1),
    ]) {
      assert.equal(writesNothing(heap, call).code, 'unsupported_element');
    }
  });
}

everyMemory('elements that cannot be: too long, or no such name', (make) => {
  const heap = make();
  const p = heap.alignedAlloc(64, 64);
  const bad = [...wide, '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'int32', 'Int32Array', 'Float8', 5, 5n, null, undefined, {}, Object.create(null), ['Int32'], Symbol('Int32')];
  for (const name of bad) {
    const calls = [
      ...['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange'].map((operation) => () => heap.atomics[operation](name, p, 1)),
      () => heap.atomics.load(name, p),
      () => heap.atomics.compareExchange(name, p, 0, 1),
      () => heap.atomics.wait(name, p, 0, 0),
      () => heap.atomics.waitAsync(name, p, 0, 0),
      () => heap.atomics.notify(name, p),
    ];
    for (const call of calls) {
      const error = throwsCode(call, 'TypeError', 'unsupported_element');
      if (typeof name === 'string') assert.match(error.message, new RegExp(`"${name}"`));
    }
  }
  assert.ok(heap.bytes(p, 64).every((byte) => byte === 0));
});

test('isLockFree is the engine’s', () => {
  const { atomics } = Heap.createSync();
  for (const bytes of [0, 1, 2, 3, 4, 8, 16]) assert.equal(atomics.isLockFree(bytes), Atomics.isLockFree(bytes));
  for (const bad of [-1, 1.5, NaN]) throwsCode(() => atomics.isLockFree(bad), 'RangeError', 'invalid_number');
  throwsCode(() => atomics.isLockFree('4'), 'TypeError', 'wrong_type');
});

test('an adopted buffer of any kind', () => {
  const heap = Heap.adopt({ buffer: new ArrayBuffer(64), malloc: () => 16, free() {} });
  heap.atomics.add('Float64', 16, 0.5);
  assert.equal(heap.readFloat64(16), 0.5);
  assert.equal(heap.atomics.notify('Int32', 16), 0);
});

// ── Waiting ─────────────────────────────────────────────────────────────────────────────────────

/** Every element that can be waited for, with its zero. */
const waitable = elements.filter(({ bytes }) => bytes >= 4).map((element) => ({ ...element, zero: element.isBig ? 0n : 0 }));
const short = elements.filter(({ bytes }) => bytes < 4);

test('in a memory that is not shared nobody can wait, and notify wakes nobody', () => {
  const heap = Heap.createSync();
  const p = heap.calloc(16);
  for (const { name, zero } of waitable) {
    throwsCode(() => heap.atomics.wait(name, p, zero, 0), 'TypeError', 'cannot_wait', /wait.*shared/);
    throwsCode(() => heap.atomics.waitAsync(name, p, zero, 0), 'TypeError', 'cannot_wait', /waitAsync/);
    assert.equal(heap.atomics.notify(name, p), 0);
  }
});

everyMemory('what cannot be waited for: short elements, bad addresses, bad times and counts', (make) => {
  const heap = make();
  const p = heap.calloc(16);
  const end = heap.buffer.byteLength;
  for (const { name } of short) {
    for (const call of [
      () => heap.atomics.wait(name, p, 0, 0),
      () => heap.atomics.waitAsync(name, p, 0, 0),
      () => heap.atomics.notify(name, p),
    ]) {
      throwsCode(call, 'TypeError', 'unsupported_element', new RegExp(name));
    }
  }
  for (const { name, bytes, zero } of waitable) {
    for (const ask of ['wait', 'waitAsync']) {
      throwsCode(() => heap.atomics[ask](name, p + 1, zero, 0), 'RangeError', 'unaligned');
      throwsCode(() => heap.atomics[ask](name, end, zero, 0), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.atomics[ask](name, -bytes, zero, 0), 'RangeError', 'invalid_number');
      throwsCode(() => heap.atomics[ask](name, p, '0', 0), 'TypeError', 'wrong_type');
      for (const time of ['1', 1n, null, {}]) throwsCode(() => heap.atomics[ask](name, p, zero, time), 'TypeError', 'wrong_type');
      throwsCode(() => heap.atomics[ask](name, p, zero, NaN), 'RangeError', 'invalid_number', /NaN/);
    }
    throwsCode(() => heap.atomics.notify(name, p + 1), 'RangeError', 'unaligned');
    throwsCode(() => heap.atomics.notify(name, end), 'RangeError', 'out_of_bounds');
    for (const count of [-1, 1.5, NaN]) throwsCode(() => heap.atomics.notify(name, p, count), 'RangeError', 'invalid_number');
    throwsCode(() => heap.atomics.notify(name, p, '1'), 'TypeError', 'wrong_type');
  }
});

if (can.shared) {
  test('wait: not equal, timed out, or refused on this thread', () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    const p = heap.calloc(16);
    for (const { name, zero, isBig } of waitable) {
      const one = isBig ? 1n : 1;
      if (!can.waitOnThisThread) {
        throwsCode(() => heap.atomics.wait(name, p, zero, 0), 'TypeError', 'cannot_wait', /waitAsync/);
        continue;
      }
      assert.equal(heap.atomics.wait(name, p, zero, 0), 'timed-out', name);
      assert.equal(heap.atomics.wait(name, p, zero, -5), 'timed-out', name);
      assert.equal(heap.atomics.wait(name, p, one), 'not-equal', name);
      heap[`write${name}`](p, one);
      assert.equal(heap.atomics.wait(name, p, zero), 'not-equal', name);
      assert.equal(heap.atomics.wait(name, p, one, 1), 'timed-out', name);
      heap.fill(p, 16);
    }
  });

  test('unsigned values are waited for by their bits', () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    const p = heap.calloc(16);
    if (!can.waitOnThisThread) return;
    for (const [name, value] of [['Uint32', 2 ** 32 - 1], ['Pointer32', 2 ** 31], ['BigUint64', 2n ** 64n - 1n], ['Pointer64', 2n ** 63n], ['Float32', -0], ['Float64', NaN]]) {
      heap[`write${name}`](p, value);
      assert.equal(heap.atomics.wait(name, p, value, 0), 'timed-out', name);
    }
    heap.writeUint32(p, 0xffc00001);
    assert.equal(heap.atomics.wait('Float32', p, NaN, 0), 'timed-out', 'another NaN');
    assert.equal(heap.atomics.wait('Float32', p, 0, 0), 'not-equal');
  });
}

if (can.shared && can.waitAsync) {
  test('waitAsync: not equal, timed out, woken', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    const p = heap.calloc(16);
    for (const { name, zero, isBig } of waitable) {
      const one = isBig ? 1n : 1;
      assert.deepEqual(heap.atomics.waitAsync(name, p, one), { async: false, value: 'not-equal' });
      assert.deepEqual(heap.atomics.waitAsync(name, p, zero, 0), { async: false, value: 'timed-out' });
      const waits = [heap.atomics.waitAsync(name, p, zero), heap.atomics.waitAsync(name, p, zero)];
      for (const { async } of waits) assert.equal(async, true);
      assert.equal(heap.atomics.notify(name, p, 1), 1);
      assert.equal(await settled(waits[0].value), 'ok');
      assert.equal(heap.atomics.notify(name, p), 1);
      assert.equal(await settled(waits[1].value), 'ok');
      assert.equal(heap.atomics.notify(name, p), 0);
      const short = heap.atomics.waitAsync(name, p, zero, 1);
      assert.equal(await settled(short.value), 'timed-out');
    }
  });

  test('waiting in a place that the memory has grown by', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    heap.atomics.load('Int32', 0);
    const end = heap.buffer.byteLength;
    Heap.attachSync(heap.memory).grow(1);
    const wait = heap.atomics.waitAsync('Int32', end, 0);
    assert.equal(heap.atomics.notify('Int32', end), 1);
    assert.equal(await settled(wait.value), 'ok');
  });
}

if (!can.waitAsync && can.shared) {
  test('waitAsync is refused where the engine has none', () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    throwsCode(() => heap.atomics.waitAsync('Int32', heap.calloc(16), 0), 'TypeError', 'cannot_wait', /Atomics\.waitAsync/);
  });
}

// ── Several agents ──────────────────────────────────────────────────────────────────────────────

if (can.sendShared) {
  test('another agent waits, and is woken', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    const p = heap.calloc(16);
    const agent = startAgent(({ memory, p }, allot) => {
      const heap = allot.Heap.attachSync(memory);
      return [heap.atomics.wait('Int32', p, 0), heap.atomics.wait('Float64', p + 8, 0)];
    }, { memory: heap.memory, p });
    for (const [name, at] of [['Int32', p], ['Float64', p + 8]]) {
      while (heap.atomics.notify(name, at) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(await agent.result, ['ok', 'ok']);
  });

  test('two agents add at once, and no update is lost', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    // Sums that the element holds exactly.
    const sums = [
      ['Int8', 50, 1], ['Uint8Clamped', 100, 1], ['Int16', 5000, 1], ['Int32', 20_000, 3], ['BigInt64', 20_000, -3n],
      ['Float32', 20_000, 0.5], ['Float64', 20_000, 0.25], ['Pointer32', 20_000, 16], ['Pointer53', 20_000, 2 ** 33],
      ['Pointer64', 20_000, 16n], ...(can.float16 ? [['Float16', 500, 1]] : []),
    ].map(([name, times, value]) => ({ name, times, value, at: heap.calloc(16) }));
    const gate = heap.calloc(16);
    const work = ({ memory, sums, gate, agents }, allot) => {
      const heap = allot.Heap.attachSync(memory);
      heap.atomics.add('Int32', gate, 1);
      while (heap.atomics.load('Int32', gate) < agents) heap.atomics.wait('Int32', gate + 4, 0, 1); // begin together
      for (const { name, times, value, at } of sums) for (let i = 0; i < times; i++) heap.atomics.add(name, at, value);
    };
    const agents = 2;
    await Promise.all(Array.from({ length: agents }, () => startAgent(work, { memory: heap.memory, sums, gate, agents }).result));
    for (const { name, times, value, at } of sums) {
      const expected = typeof value === 'bigint' ? value * BigInt(agents * times) : value * agents * times;
      assert.equal(heap.atomics.load(name, at), expected, name);
    }
  });

  test('two agents set and clear bits of floats at once, each its own', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    const at = heap.calloc(16);
    const work = ({ memory, at, bit }, allot) => {
      const heap = allot.Heap.attachSync(memory);
      // A number that has this one bit.
      const scratch = new DataView(new ArrayBuffer(4));
      scratch.setInt32(0, 1 << bit, true);
      const value = scratch.getFloat32(0, true);
      for (let i = 0; i < 20_000; i++) heap.atomics.xor('Float32', at, value);
      heap.atomics.or('Float32', at, value);
    };
    await Promise.all([3, 17].map((bit) => startAgent(work, { memory: heap.memory, at, bit }).result));
    assert.equal(heap.readInt32(at), (1 << 3) | (1 << 17));
  });

  test('a place that another agent has grown the memory by', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    const end = heap.buffer.byteLength;
    for (const { name } of elements) throwsCode(() => heap.atomics.load(name, end), 'RangeError', 'out_of_bounds');
    await startAgent((memory, allot) => void allot.Heap.attachSync(memory).grow(1), heap.memory).result;
    for (const { name, isBig } of elements) {
      const one = isBig ? 1n : 1;
      heap.atomics.store(name, end + 64, one);
      assert.equal(heap.atomics.load(name, end + 64), one);
    }
  });
}

test('an operation that fails leaves the rest of the memory as it was', () => {
  const heap = Heap.createSync();
  const before = copyOf(heap.buffer);
  assert.throws(() => heap.atomics.add('Int32', 18, 1));
  assert.throws(() => heap.atomics.add('Pointer32', 16, -1));
  sameBytes(heap.buffer, before);
});
