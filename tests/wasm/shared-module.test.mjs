// The module for shared heaps: several instances over one memory, each of which is an agent, in one thread.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readEntries } from '../../tools/definitions.mjs';
import { readExports, readImports, readSections } from '../../tools/wasm-sections.mjs';

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const bytes = readFileSync(path('build/wasm/allot-shared.wasm'));
const module = new WebAssembly.Module(bytes);

const errors = Object.fromEntries(
  readEntries(path('core/allot/base/errors.def'), 'ALLOT_ERROR', 4).map(([number, name]) => [name, Number(number)]),
);
const live = 1;
const free = 0;

function instantiate(memory) {
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

/** A new heap from address 0 on and its first agent. */
function create({ policy = 2, flags = 0, pages = 1 } = {}) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 1000, shared: true });
  const first = instantiate(memory);
  const heap = first.allot_create(0, 16, 0, 0, policy, flags);
  assert.equal(heap, 16);
  return { memory, first, heap };
}

/** A further agent. */
function join({ memory, heap }) {
  const agent = instantiate(memory);
  const number = agent.allot_attach(heap, 0);
  assert.ok(number > 0, `attach returns ${number}`);
  return agent;
}

describe('allot-shared.wasm', () => {
  test('exports what both lists say and nothing else', () => {
    const listed = ['abi/exports.def', 'abi/shared-exports.def'].flatMap((file) =>
      readEntries(path(file), 'ALLOT_EXPORT', 3).map(([, name]) => `function ${name}`),
    );
    assert.deepEqual(
      readExports(bytes)
        .map(({ kind, name }) => `${kind} ${name}`)
        .sort(),
      listed.sort(),
    );
  });

  test('imports a shared memory and has neither data, nor a stack, nor a start function', () => {
    const [memory, ...others] = readImports(bytes);
    assert.deepEqual(others, []);
    const { at, ...limits } = memory.limits;
    assert.deepEqual(limits, { minimum: 0, maximum: 65536, shared: true, address: 'i32' });
    const sections = readSections(bytes).map(({ name }) => name);
    assert.deepEqual(sections, ['type', 'import', 'function', 'global', 'export', 'code']);
  });

  test('a block of one agent is freed by another, once', () => {
    const place = create();
    const { first, heap } = place;
    const second = join(place);
    assert.equal(first.allot_agent(heap), 0);
    assert.equal(second.allot_agent(heap), 1);
    const block = first.allot_malloc(heap, 100);
    assert.equal(second.allot_usable_size(heap, block) >= 100, true);
    assert.equal(second.allot_free(heap, block), 0);
    assert.equal(second.allot_free(heap, block), errors.double_free);
    assert.equal(first.allot_free(heap, block), errors.double_free);
    assert.equal(first.allot_block_kind(heap, block), live);
    assert.equal(first.allot_collect(heap), 1);
    assert.equal(first.allot_block_kind(heap, block), free);
    assert.equal(first.allot_validate(heap), 0);
  });

  test('a realloc of another agent’s block keeps the contents', () => {
    const place = create();
    const { first, heap, memory } = place;
    const second = join(place);
    const block = first.allot_malloc(heap, 64);
    new Uint8Array(memory.buffer, block, 64).fill(7);
    const moved = second.allot_realloc(heap, block, 100_000);
    assert.notEqual(moved, block);
    assert.deepEqual([...new Uint8Array(memory.buffer, moved, 64)], Array(64).fill(7));
    assert.equal(first.allot_collect(heap), 1);
    assert.equal(first.allot_free(heap, moved), 0);
    assert.equal(second.allot_validate(heap), 0);
  });

  test('growth by one is seen by the other', () => {
    const place = create();
    const { first, heap } = place;
    const second = join(place);
    const top = 10;
    const before = first.allot_stat(heap, top);
    const block = second.allot_malloc(heap, 1 << 20);
    assert.ok(first.allot_stat(heap, top) >= before + (1 << 20));
    assert.equal(first.allot_free(heap, block), 0);
    assert.equal(first.allot_validate(heap), 0);
  });

  test('who is no agent is refused', () => {
    const { memory, heap } = create();
    const stranger = instantiate(memory);
    const result = (error) => (errors[error] << 4) | 15;
    assert.equal(stranger.allot_agent(heap), -errors.not_attached);
    assert.equal(stranger.allot_malloc(heap, 10), result('not_attached'));
    assert.equal(stranger.allot_realloc(heap, 1 << 15, 10), result('not_attached'));
    assert.equal(stranger.allot_aligned_alloc(heap, 64, 10), result('not_attached'));
    assert.equal(stranger.allot_detach(heap), errors.not_attached);
    assert.equal(stranger.allot_reap(heap, 0), -errors.not_attached);
    assert.equal(stranger.allot_set_quota(heap, 10), errors.not_attached);
    assert.equal(stranger.allot_check(heap), 0);
    assert.equal(stranger.allot_validate(heap), 0);
  });

  test('an agent’s blocks outlive it, detached or reaped', () => {
    const place = create();
    const { first, heap } = place;
    const second = join(place);
    const third = join(place);
    const kept = [second.allot_malloc(heap, 50), third.allot_malloc(heap, 5000)];
    assert.equal(second.allot_detach(heap), 0);
    assert.equal(first.allot_reap(heap, 2), 0);
    assert.equal(first.allot_reap(heap, 2), -errors.no_such_agent);
    assert.equal(first.allot_validate(heap), 0);
    for (const block of kept) {
      assert.equal(first.allot_block_kind(heap, block), live);
      assert.equal(first.allot_free(heap, block), 0);
    }
    const fourth = join(place);
    const secondLife = 128;
    assert.equal(fourth.allot_agent(heap), 1 + secondLife); // the first orphan’s record
    assert.equal(first.allot_agent_at(heap, 1), 1 + secondLife);
    assert.equal(first.allot_agent_at(heap, 2) >>> 0, 2 ** 32 - 1, 'an orphan is nobody');
    assert.equal(first.allot_reap(heap, 1), -errors.no_such_agent);
    assert.equal(fourth.allot_collect(heap), 1);
    assert.equal(first.allot_validate(heap), 0);
  });

  test('an image of one kind is refused by the module of the other', () => {
    const { memory, heap } = create();
    const single = new WebAssembly.Module(readFileSync(path('build/wasm/allot-inside.wasm')));
    const plain = new WebAssembly.Memory({ initial: 2, maximum: 10 });
    const inside = new WebAssembly.Instance(single, { env: { memory: plain } }).exports;
    new Uint8Array(plain.buffer).set(new Uint8Array(memory.buffer).subarray(0, 65536));
    assert.equal(inside.allot_check(heap), errors.wrong_address_type);

    inside.allot_create(0, 65536, 0, 0, 2, 0);
    const shared = new WebAssembly.Memory({ initial: 2, maximum: 10, shared: true });
    new Uint8Array(shared.buffer).set(new Uint8Array(plain.buffer).subarray(0, 131072));
    const other = instantiate(shared);
    assert.equal(other.allot_check(65536), errors.wrong_address_type);
    assert.equal(other.allot_attach(65536, 0), -errors.wrong_address_type);
  });
});

// In Node 20 one local of such a function may be 0 afterwards (core/allot/placement/lock.hpp).
for (const name of ['allot-shared', 'allot-malloc-threads']) {
  test(`a function of ${name}.wasm that waits does nothing after that`, () => {
    const text = execFileSync('wasm-objdump', ['-d', path(`build/wasm/${name}.wasm`)], {
      encoding: 'utf8', maxBuffer: 64 * 1024 * 1024,
    });
    const after = text.split('memory.atomic.wait32').slice(1);
    assert.ok(after.length > 0);
    for (const rest of after) {
      const lines = rest.split(/^\S+ func\[/m)[0].split('\n').filter((line) => line.includes('|'));
      const instructions = lines.map((line) => line.split('|').at(-1).trim());
      assert.ok(instructions.every((one) => ['drop', 'end'].includes(one)), instructions.join('; '));
    }
  });
}
