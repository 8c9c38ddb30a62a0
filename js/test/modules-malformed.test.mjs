// Modules that are none: cut short, full of numbers that cannot be, or with bits flipped at random. Each is
// refused with a clear error, in little time, and leaves nothing behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { rejectsCode, throwsCode } from './support/expect.mjs';
import { build, bytesOf, custom, globalAt, i32, memoryImport, op, placeImports, section, text, unsigned, vector } from './support/modules.mjs';
import { makeRandom } from './support/random.mjs';
import { setting } from './support/runtime.mjs';

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const used = ({ live, blocks, reserved }) => ({ live, blocks, reserved });

async function refuses(source, message = /./, code = 'invalid_module') {
  const bytes = Uint8Array.from(source.flat(Infinity));
  const heap = await Heap.create({ image: 'outside', initial: 1, maximum: 4 });
  const before = used(heap.stats());
  await rejectsCode(heap.load(bytes), 'TypeError', code, message);
  throwsCode(() => heap.loadSync(bytes), 'TypeError', code, message);
  assert.deepEqual([used(heap.stats()), heap.modules], [before, []]);
}

/** As long as a number gets in LEB128, and one byte more. */
const tooLong = [0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
const tooLarge = [0xff, 0xff, 0xff, 0xff, 0x1f];
const most = [0xff, 0xff, 0xff, 0xff, 0x0f];
const dylink = (...content) => [...preamble, custom('dylink.0', content.flat(Infinity))];
const imports = (...content) => [...preamble, section(2, content.flat(Infinity))];
const data = (...content) => [...preamble, section(2, vector([[...text('env'), ...text('memory'), 2, 0, 0]])), section(11, content.flat(Infinity))];
const entry = [...text('env'), ...text('x')];

const malformed = {
  'no bytes': [[], /not a WebAssembly module/],
  'half of the beginning': [preamble.slice(0, 4), /not a WebAssembly module/],
  'another version': [[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00], /not a WebAssembly module/],
  'text': [[...bytesOf('(module)')], /not a WebAssembly module/],
  'a section without a length': [[...preamble, 1], /ends too early/],
  'a section that is cut short': [[...preamble, 1, 5, 0], /5 bytes should follow, and 1 do/],
  'a section as long as can be': [[...preamble, 1, ...most], /4294967295 bytes should follow/],
  'a length of more than 32 bits': [[...preamble, 1, ...tooLarge], /longer than 32 bits/],
  'a length that does not end': [[...preamble, 1, ...tooLong], /longer than 32 bits/],
  'a custom section without a name': [[...preamble, 0, 0], /ends too early/],
  'a name that is longer than its section': [[...preamble, 0, 2, 9, 65], /9 bytes should follow/],
  'a name that is no text': [[...preamble, 0, 3, 2, 0xc3, 0x28], /not UTF-8/],
  'a section of a kind that there is not': [[...preamble, 99, 0]],
  'sections in the wrong order': [[...preamble, ...section(3, [0]), ...section(1, [0])]],

  'imports: many': [imports(most), /4294967295 entries follow, in 0 bytes/],
  'imports: none of those that it says': [imports(2, 0, 0), /ends too early|entries/],
  'imports: of a kind that there is not': [imports(1, entry, 77), /imports of kind 77/],
  'imports: a memory of a kind that there is not': [imports(1, entry, 2, 0x77), /limits of kind/],
  'imports: a memory without limits': [imports(1, entry, 2), /ends too early/],
  'imports: bytes that are too many': [imports(1, entry, 2, 0, 0, 7), /1 bytes are too many/],
  'imports: a minimum that does not end': [imports(1, entry, 2, 0, new Array(11).fill(0x80)), /longer than 64 bits/],
  'imports: a minimum beyond all memories': [imports(1, entry, 2, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)],

  'data: many': [data(most), /entries follow/],
  'data: of a kind that there is not': [data(1, 9), /data of kind 9/],
  'data: without an offset': [data(1, 0), /ends too early/],
  'data: with an offset that does not end': [data(1, 0, 0x41, 0), /ends too early/],
  'data: with an offset of more than 32 bits': [data(1, 0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x0b, 0), /longer than 32 bits/],
  'data: with an instruction that there is not': [data(1, 0, 0xff, 0x0b, 0), /does not know the instruction 0xff/],
  'data: with an offset that is not constant': [data(1, 0, 0x10, 0x00, 0x0b, 0), /does not know the instruction 0x10/],
  'data: with nothing for an offset': [data(1, 0, 0x0b, 0)],
  'data: with two offsets': [data(1, 0, op.i32(1), op.i32(2), 0x0b, 0)],
  'data: with an addition of nothing': [data(1, 0, op.add, 0x0b, 0)],
  'data: at a global that there is not': [data(1, 0, op.globalGet(5), 0x0b, 1, 0)],
  'data: cut short': [data(1, 0, op.i32(0), 0x0b, 9, 0), /9 bytes should follow/],
  'data: at a negative address': [data(1, 0, op.i32(-1), 0x0b, 2, 0, 0), /beyond 4 GiB/],
  'data: for a memory that there is not': [data(1, 2, 7, op.i32(0), 0x0b, 1, 0)],

  'dylink.0: nothing behind a number': [dylink(1), /ends too early/],
  'dylink.0: a part that is cut short': [dylink(1, 9, 0), /9 bytes should follow/],
  'dylink.0: a part that is longer than it says': [dylink(1, 1, 8, 2, 0, 0), /longer than it says/],
  'dylink.0: a size of more than 32 bits': [dylink(1, 8, tooLarge, 0, 0, 0), /longer than 32 bits/],
  'dylink.0: an alignment that is none': [dylink(1, 4, 8, 32, 0, 0), /alignment of 2\^32/],
  'dylink.0: an alignment of the table that is none': [dylink(1, 5, 8, 2, 1, unsigned(200)), /alignment of 2\^200/],
  'dylink.0: it needs many': [dylink(2, 5, most), /entries follow/],
  'dylink.0: it needs what is no text': [dylink(2, 3, 1, 1, 0xff), /not UTF-8/],
  'dylink.0: many imports': [dylink(4, 5, most), /entries follow/],
  'dylink.0: many exports': [dylink(3, 5, most), /entries follow/],
};

for (const [title, [source, message]] of Object.entries(malformed)) {
  test(`malformed: ${title}`, () => refuses([source], message));
}

test('what a later version may add to dylink.0 is passed over', async () => {
  const heap = await Heap.create();
  const parts = [1, 4, 8, 2, 0, 0, 5, 3, 1, 1, 65, 77, 2, 1, 2];
  const module = await heap.load(Uint8Array.from([...preamble, ...custom('dylink.0', parts)]));
  assert.equal(module.memoryByteLength, 8);
});

test('malformed names take nothing from a module', async () => {
  const heap = await Heap.create();
  for (const names of [[0], [0, 200, 1], [0, 2, 9, 9], [0, 3, 2, 0xc3, 0x28], [1, 5, ...most], [7, 2, 1, 0]]) {
    const bytes = Uint8Array.from([...preamble, ...custom('name', names)]);
    const module = await heap.load(bytes);
    assert.match(module.name, /^module \d+$/);
  }
});

test('a chain of globals that would take forever to follow', async () => {
  // Each is the sum of the one before and itself: followed back one by one, 2^2000 steps.
  const globals = [{ value: 1 }];
  for (let i = 1; i < 2000; i++) globals.push({ value: [...op.globalGet(i - 1), ...op.globalGet(i - 1), op.add] });
  const bytes = build({
    imports: [memoryImport()],
    globals,
    data: [{ offset: op.globalGet(1999), bytes: [1] }],
    exports: { __heap_base: ['global', 1999] },
  });
  const heap = await Heap.create({ image: 'outside' });
  // Only some engines take globals that are calculated from others.
  await heap.load(bytes).catch((error) => assert.equal(error.code, 'invalid_module'));
  heap.validate();
});

test('many segments', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 8 });
  // In pairs, the pairs far from each other, and not in their order.
  const offsets = Array.from({ length: 2000 }, (_, index) => Math.floor(index / 2) * 400 + (index % 2) * 20);
  const segments = offsets.reverse().map((offset) => ({ offset, bytes: [1] }));
  const module = await heap.load(build({ imports: [memoryImport()], data: segments }));
  const { ranges } = module;
  assert.equal(ranges.length, 1000, 'each pair is taken together');
  assert.ok(segments.every(({ offset }) => ranges.some(({ begin, end }) => begin <= offset && offset < end)));
  heap.validate();
  module.unload();
  assert.equal(heap.stat('reserved'), 0);
});

// ── At random ─────────────────────────────────────────────────────────────────────────────────────

/** No branches in the code: no flip of a bit makes it run for ever. */
const whole = {
  'an ordinary module': build({
    types: [[[], []], [[], [i32]]],
    imports: [memoryImport(1), { kind: 'table', name: '__indirect_function_table', minimum: 4 }, { module: 'here', name: 'at', kind: 'global' }],
    functions: [{ body: [op.globalGet(1), op.i32(16), op.sub, op.drop] }, { type: 1, body: [op.i32(7)] }],
    globals: [{ mutable: true, value: 9000 }, { value: 10_000 }],
    exports: { __heap_base: ['global', 2], _initialize: ['function', 0], seven: ['function', 1] },
    elements: [{ offset: 1, functions: [0, 1] }],
    data: [{ offset: 5000, bytes: bytesOf('some data') }, { offset: op.globalGet(0), bytes: [1, 2, 3] }, { bytes: [4] }],
    names: { module: 'ordinary', functions: { _initialize: 0 }, globals: { __stack_pointer: 1 } },
  }),
  'a position-independent module': build({
    dylink: { size: 64, alignment: 4, tableSize: 2, tableAlignment: 1, weak: ['maybe'], threadLocal: ['none'] },
    types: [[[], []], [[], [i32]]],
    imports: [...placeImports, { module: 'GOT.mem', name: 'own', kind: 'global', mutable: true },
      { module: 'GOT.func', name: 'seven', kind: 'global', mutable: true }, { kind: 'function', name: 'maybe' }],
    functions: [
      { body: [op.globalGet(globalAt.memoryBase), op.globalGet(globalAt.first + 1), op.store] },
      { type: 1, body: [op.i32(7)] },
    ],
    globals: [{ value: 4 }],
    exports: { own: ['global', globalAt.first + 2], seven: ['function', 2], __wasm_apply_data_relocs: ['function', 1] },
    elements: [{ offset: op.globalGet(globalAt.tableBase), functions: [1, 2] }],
    data: [{ offset: op.globalGet(globalAt.memoryBase), bytes: bytesOf('some data') }],
    names: { module: 'independent', functions: { __wasm_call_ctors: 1 } },
  }),
};

const given = { here: { at: 20_000 } };
const rounds = Math.min(1500, Number(setting('ALLOT_OPERATIONS', Infinity)));

for (const [title, source] of Object.entries(whole)) {
  test(`${title} with bits flipped, bytes changed, cut out and cut off`, async () => {
    const seed = Number(setting('ALLOT_SEED', 20261121));
    const random = makeRandom(seed);
    let [heap, loaded] = [undefined, 0];
    for (let round = 0; round < rounds; round++) {
      // A heap that has grown stays so: from time to time a small one.
      if (round % 100 === 0) heap = await Heap.create({ image: 'outside', initial: 2, maximum: 4 });
      const before = used(heap.stats());
      const bytes = damaged(source, random);
      let module;
      try {
        module = heap.loadSync(bytes, given);
      } catch (error) {
        const isOurs = typeof error.code === 'string';
        const isGuests = error instanceof WebAssembly.RuntimeError;
        assert.ok(isOurs || isGuests, `seed ${seed}, round ${round}: ${error.stack}`);
      }
      if (module !== undefined) {
        loaded++;
        heap.validate();
        try {
          module.unload();
        } catch (error) {
          assert.fail(`seed ${seed}, round ${round}: ${error.stack}`);
        }
      }
      assert.deepEqual([used(heap.stats()), heap.modules], [before, []], `seed ${seed}, round ${round}`);
    }
    heap.validate();
    assert.ok(loaded > rounds / 50, `${loaded} of ${rounds} could be loaded all the same`);
    assert.ok(loaded < rounds, 'and some not');
  });
}

function damaged(source, random) {
  const bytes = source.slice();
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0:
    case 1:
      bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 2:
      bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)];
      return bytes;
    case 3:
      return bytes.slice(0, at);
    default: {
      const length = 1 + random.below(4);
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + length)]);
    }
  }
}
