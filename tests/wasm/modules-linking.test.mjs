// Modules as clang and its linker make them, in one heap: C++ modules that are position-independent, ordinary
// ones in C, and ones with a memory of their own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeRandom } from '../../js/test/support/random.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(root, 'tests/wasm/modules');
const folder = mkdtempSync(join(tmpdir(), 'allot-modules-'));
after(() => rmSync(folder, { recursive: true }));

const { Heap } = await import(join(root, 'js/dist/index.js'));

const run = (command, ...options) => execFileSync(command, options, { stdio: ['ignore', 'pipe', 'inherit'] });
const common = ['-Wall', '-Werror', '-ffreestanding', '-nostdlib', '-mbulk-memory', '-c'];

/** A position-independent module. */
function independent(source, options = {}) {
  const { links = [], optimization = '-O2', strip = false, constructors = true, target = 'wasm32', shared = false } = options;
  const name = `${source.replace(/\.cpp$/, '')}.wasm`;
  const [object, out] = [join(folder, `${source}.o`), join(folder, name)];
  const language = ['-std=c++20', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics'];
  run('clang++-19', `--target=${target}-unknown-unknown`, optimization, ...common, ...language,
    ...(shared ? ['-matomics'] : []), join(sources, source), '-o', object);
  run('wasm-ld-19', `-m${target}`, '-shared', ...(shared ? ['--shared-memory', '--max-memory=6553600'] : []), '--experimental-pic', '--no-entry', '--import-memory', '--unresolved-symbols=import-dynamic',
    ...(constructors ? ['--export-if-defined=__wasm_call_ctors'] : []), ...(strip ? ['--strip-all'] : []),
    object, ...links.map((link) => join(folder, link)), '-o', out);
  return readFileSync(out);
}

/** An ordinary module. */
function fixed(name, letter, ...link) {
  const [object, out] = [join(folder, `${name}.o`), join(folder, name)];
  run('clang-19', '--target=wasm32-unknown-unknown', '-O1', ...common, `-DLETTER='${letter}'`, join(sources, 'fixed.c'), '-o', object);
  run('wasm-ld-19', '--no-entry', '--import-memory', '--allow-undefined', '-z', 'stack-size=8192', ...link, object, '-o', out);
  return readFileSync(out);
}

const used = ({ live, blocks, reserved }) => ({ live, blocks, reserved });

for (const optimization of ['-O0', '-O2', '-Oz']) {
  const base = independent('base.cpp', { optimization });
  const shapes = independent('shapes.cpp', { optimization });
  for (const image of ['inside', 'outside']) {
    describe(`two C++ modules, ${optimization}, image ${image}`, () => {
      const reports = [];
      const env = { report: (what) => { reports.push(what); } };
      const start = async () => {
        reports.length = 0;
        const heap = await Heap.create({ image });
        // Freed blocks full of ones, where the modules will be.
        const dirt = Array.from({ length: 200 }, () => heap.malloc(2000));
        for (const p of dirt) heap.fill(p, 2000, 255);
        for (const p of dirt) heap.free(p);
        const first = await heap.load(base, { env });
        const second = await heap.load(shapes, { env });
        return { heap, first, second, a: first.exports, b: second.exports };
      };

      test('constructors, data, zero-initialized variables', async () => {
        const { a, b, heap, first } = await start();
        assert.deepEqual(reports, [100]);
        assert.equal(b.started_with(), 144);
        assert.deepEqual([a.square_of(999), a.sum_of_zeros()], [998_001, 0]);
        assert.equal(heap.readCString(b.get_text()), 'a text in the second module');
        assert.ok(first.memoryByteLength >= 12_000);
      });

      test('functions, pointers to functions and variables across the modules', async () => {
        const { a, b, heap } = await start();
        assert.deepEqual([b.choose(0, 21), b.choose(1, 21), b.choose(2, 21)], [42, 63, 441]);
        assert.equal(b.via_current(5), -5);
        b.set_current(1);
        assert.equal(b.via_current(5), 15);
        assert.equal(b.alive_here(), 1);
        assert.equal(heap.readInt32(a.shapes_alive.value), 1);
        heap.writeInt32(a.shapes_alive.value, 50);
        assert.equal(b.alive_here(), 50);
        assert.equal(heap.table.get(heap.readUint32(a.current.value))(7), 21, 'a pointer to a function, from JavaScript');
        assert.equal(b.has_nobody(), -1);
      });

      test('a variable that both have is one', async () => {
        const { a, b } = await start();
        assert.equal(a.shared_address(), b.shared_address_here());
        assert.deepEqual([a.bump_shared(), b.bump_shared_here(), a.bump_shared()], [6, 7, 8]);
      });

      test('objects of both, by new and delete, with virtual functions', async () => {
        const { b, heap } = await start();
        const before = used(heap.stats());
        let sum = 0;
        for (let i = 0; i < 500; i++) sum += i % 2 ? i * i + 1 : 3 * i * i;
        assert.equal(b.areas(500), sum);
        assert.deepEqual(used(heap.stats()), before);
        assert.equal(b.alive_here(), 1);
        heap.validate();
      });

      test('they and JavaScript do not get in each other’s way', async () => {
        const { a, b, heap } = await start();
        const random = makeRandom(4);
        const blocks = new Map();
        for (let i = 0; i < 2000; i++) {
          if (random.percent(55)) {
            const length = 1 + random.below(3000);
            const p = heap.malloc(length);
            heap.fill(p, length, p % 251);
            blocks.set(p, length);
          } else if (blocks.size > 0) {
            const [p, length] = random.pick([...blocks]);
            assert.ok(heap.bytes(p, length).every((byte) => byte === p % 251));
            blocks.delete(p);
            heap.free(p);
          }
          if (i % 50 === 0) assert.ok(b.areas(random.below(60)) >= 0);
        }
        assert.equal(a.deep(700), 700);
        for (const [p, length] of blocks) assert.ok(heap.bytes(p, length).every((byte) => byte === p % 251));
        assert.deepEqual([a.square_of(500), a.sum_of_zeros(), b.started_with()], [250_000, 0, 144]);
        heap.validate();
      });

      test('unloading', async () => {
        const { heap, first, second } = await start();
        assert.throws(() => first.unload(), { code: 'module_in_use', message: /'base\.wasm', by 'shapes\.wasm'/ });
        second.unload();
        assert.deepEqual(reports, [100, -7], 'the destructor of the static object');
        first.unload();
        assert.deepEqual([heap.stat('live'), heap.stat('blocks'), heap.modules], [0, 0, []]);
        const again = await heap.load(base, { env });
        assert.equal(again.exports.square_of(10), 100);
        heap.validate();
      });
    });
  }
}

describe('what the linker writes into position-independent modules', () => {
  test('the modules that one needs', async () => {
    const base = independent('base.cpp');
    const shapes = independent('shapes.cpp', { links: ['base.wasm'] });
    const env = { report() {} };
    const heap = await Heap.create();
    await assert.rejects(heap.load(shapes, { env }), { code: 'missing_import', message: /'shapes\.wasm' needs 'base\.wasm'/ });
    const { exports } = await heap.load(shapes, { env }, { needed: (name) => readFileSync(join(folder, name)) });
    assert.equal(exports.choose(2, 3), 9);
    assert.deepEqual(heap.modules.map(({ name }) => name), ['base.wasm', 'shapes.wasm']);
    assert.ok(base.length > 0);
  });

  test('without names, and compiled before', async () => {
    const heap = await Heap.create();
    const base = await heap.load(new WebAssembly.Module(independent('base.cpp', { strip: true })));
    assert.equal(base.exports.square_of(30), 900);
    assert.match(base.name, /^module \d+$/);
  });

  test('constructors that are not exported are noticed', async () => {
    const heap = await Heap.create();
    const base = independent('base.cpp', { constructors: false });
    await assert.rejects(heap.load(base), { code: 'invalid_module', message: /'base\.wasm' has constructors that it does not export/ });
    const { exports } = await heap.load(base, {}, { initialize: false });
    assert.equal(exports.square_of(30), 0);
  });

  test('all that is missing is named', async () => {
    const heap = await Heap.create();
    const error = await heap.load(independent('shapes.cpp')).catch((caught) => caught);
    assert.equal(error.code, 'missing_import');
    for (const name of ['env.report', 'env.make_square', 'variable shapes_alive', 'function square_of']) {
      assert.ok(error.message.includes(name), `${name} in: ${error.message}`);
    }
    assert.ok(!error.message.includes('nobody_has_this'), 'that may be missing');
    assert.deepEqual(used(heap.stats()), { live: 0, blocks: 0, reserved: 0 });
  });
});

describe('position-independent modules for other memories', () => {
  test('a shared one', async () => {
    const source = independent('threads.cpp', { shared: true });
    const heap = await Heap.create({ shared: true, initial: 1, maximum: 100 });
    const [a, b] = [await heap.load(source), await heap.load(source)];
    assert.deepEqual([a.exports.next(), a.exports.next(), b.exports.next()], [806, 907, 806], 'each has its own');
    a.unload();
    assert.equal(b.exports.next(), 907);
    heap.validate();
    const plain = await Heap.create();
    await assert.rejects(plain.load(source), { code: 'invalid_module' });
    assert.deepEqual(used(plain.stats()), { live: 0, blocks: 0, reserved: 0 });
  });

  test('one with 64-bit addresses', async () => {
    const heap = await Heap.create();
    await assert.rejects(heap.load(independent('base.cpp', { target: 'wasm64' })), { code: 'unsupported_memory', message: /'base\.wasm' imports one with 64-bit/ });
  });
});

describe('ordinary modules', () => {
  const [base, top] = [1024, 1024 + 100 + 12_000 + 8192 + 32];

  test('two at the same addresses are refused; somewhere else the second one fits', async () => {
    const heap = await Heap.create({ begin: 65_536 });
    const a = await heap.load(fixed('a.wasm', 'a'));
    assert.equal(a.name, 'a.wasm');
    const [{ begin }] = a.ranges;
    const end = a.ranges.at(-1).end;
    assert.ok(begin === base && end > 20_000 && end <= top, `${begin}..${end}`);
    await assert.rejects(heap.load(fixed('b.wasm', 'b')), {
      name: 'HeapError', code: 'module_clash', message: /'b\.wasm' wants 1024\.\.\d+ \(data and stack\), where 'a\.wasm' has 1024\.\.\d+ \(data and stack\)/,
    });
    assert.deepEqual(heap.modules, [a]);
    const b = await heap.load(fixed('b.wasm', 'b', `--global-base=${Math.ceil(end / 16) * 16}`));
    for (const { exports } of [a, b]) assert.equal(exports.zero_sum(), 0);
    a.exports.fill(1);
    b.exports.fill(2);
    assert.deepEqual([a.exports.check(1), b.exports.check(2)], [1, 1]);
  });

  const layouts = {
    'as linked by default': [],
    'with the stack first': ['--stack-first'],
    'without names': ['--strip-all'],
    'without names, the stack first': ['--strip-all', '--stack-first'],
    'without names, with short numbers': ['--strip-all', '--compress-relocations'],
    'with __heap_base': ['--strip-all', '--export=__heap_base', '--export=__data_end'],
    'with __heap_base, the stack first': ['--strip-all', '--stack-first', '--export=__heap_base'],
  };
  for (const [title, options] of Object.entries(layouts)) {
    test(`${title}: the heap never hands out what is the module’s`, async () => {
      const heap = await Heap.create({ image: 'outside', initial: 1, policy: 'exact' });
      const dirt = heap.malloc(60_000);
      heap.fill(dirt, 60_000, 255);
      heap.free(dirt);
      const module = await heap.load(fixed('m.wasm', 'm', ...options));
      const { exports } = module;
      assert.deepEqual([exports.first(), exports.zero_sum()], [3 * 'm'.charCodeAt(0), 0], 'its variables begin as zero');
      exports.fill(77);
      const blocks = [];
      for (let i = 0; i < 400; i++) {
        const p = heap.malloc(500);
        heap.fill(p, 500, 255);
        blocks.push(p);
      }
      const made = Array.from({ length: 20 }, (_, i) => exports.make(100 + i));
      assert.equal(exports.deep(30), 30, 'most of the stack');
      assert.equal(exports.check(77), 1);
      for (const p of blocks) assert.ok(heap.bytes(p, 500).every((byte) => byte === 255), `the block at ${p}`);
      for (const [i, p] of made.entries()) {
        assert.equal(heap.readString(p, 100 + i), 'm'.repeat(100 + i));
        exports.drop(p);
      }
      assert.throws(() => exports.drop(made[0]), { code: 'double_free' });
      heap.validate();
      for (const p of blocks) heap.free(p);
      module.unload();
      assert.equal(heap.stat('blocks'), 0);
      heap.validate();
    });
  }

  test('beside position-independent ones', async () => {
    const heap = await Heap.create({ begin: 131_072 });
    const pic = await heap.load(independent('base.cpp'));
    const plain = await heap.load(fixed('m.wasm', 'm'));
    plain.exports.fill(3);
    assert.equal(pic.exports.square_of(20), 400);
    assert.equal(pic.exports.deep(500), 500);
    assert.equal(plain.exports.check(3), 1);
    const clash = fixed('n.wasm', 'n', `--global-base=${pic.memoryBase}`);
    await assert.rejects(heap.load(clash), { code: 'module_clash', message: /'n\.wasm' wants .* where 'base\.wasm' has/ });
  });
});

describe('modules with a memory of their own', () => {
  test('one that was linked with liballot is joined', async () => {
    const guest = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(root, 'build/wasm/allot-malloc.wasm'))));
    const p = guest.exports.malloc(100);
    // It exports malloc, but not where its image is: then malloc is adopted.
    const adopted = await Heap.fromInstance(guest);
    assert.ok(adopted.malloc(10) > p);
    const heap = await Heap.attach(guest.exports.memory);
    const joined = await Heap.fromInstance({ ...guest.exports, allot_image: () => heap.imageAddress });
    assert.equal(joined.imageAddress, heap.imageAddress);
    joined.free(p);
  });

  test('one without an allocator gets a heap behind its data', async () => {
    const [object, out] = [join(folder, 'own.o'), join(folder, 'own.wasm')];
    run('clang-19', '--target=wasm32-unknown-unknown', '-O1', ...common, "-DLETTER='o'", join(sources, 'fixed.c'), '-o', object);
    run('wasm-ld-19', '--no-entry', '--allow-undefined', '--export=__heap_base', object, '-o', out);
    let heap;
    const env = Object.fromEntries(['malloc', 'realloc', 'free'].map((name) => [name, (...given) => heap.imports[name](...given)]));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(out)), { env });
    heap = await Heap.fromInstance(instance);
    const { exports } = instance;
    exports.fill(5);
    const p = exports.make(1000);
    assert.ok(p >= exports.__heap_base.value);
    assert.equal(exports.deep(100), 100);
    assert.equal(exports.check(5), 1);
    exports.drop(p);
    heap.validate();
  });
});
