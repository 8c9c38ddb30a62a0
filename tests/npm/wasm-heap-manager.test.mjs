// The drop-in for wasm-heap-manager beside the package itself: its names and types, random programs that must
// give the same on both, and the tests of what is mended, which must fail on the package.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as original from 'wasm-heap-manager';

import * as dropIn from '../../js/dist/compat/wasm-heap-manager.js';
import { makePrograms } from './support/wasm-heap-manager-programs.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What the package keeps to itself, by its declarations. */
const isPrivate = (name) =>
  /^(alloc|registerHeapRefIfNeeded|unregisterHeapRefIfNeeded|updateCacheIfNeeded|setCachedHeap)$/.test(name);

/** All names on an object and what it inherits from, but for Object's. */
function namesOf(object) {
  const names = new Set();
  for (let at = object; at && at !== Object.prototype && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return names;
}

test('every export of the package is there, and every member of each class', () => {
  for (const [name, value] of Object.entries(original)) {
    assert.equal(typeof dropIn[name], typeof value, name);
    if (typeof value !== 'function' || value.prototype === undefined) continue;
    const found = namesOf(dropIn[name].prototype);
    for (const member of namesOf(value.prototype))
      assert.ok(found.has(member) || isPrivate(member), `${name}.${member}`);
    const [above, aboveHere] = [value, dropIn[name]].map((each) => Object.getPrototypeOf(each).name);
    if (above === '') continue;
    assert.ok(dropIn[name].prototype instanceof dropIn[above], `${name}, which extends ${aboveHere}, is a ${above}`);
  }
  assert.deepEqual(dropIn.DataType, original.DataType);
  assert.deepEqual(dropIn.defaultWasmHeapManagerOptions, original.defaultWasmHeapManagerOptions);
});

test('its types are those of the package', () => {
  const tsc = here('../../js/node_modules/.bin/tsc');
  const { status, stdout } = spawnSync(tsc, ['--project', here('tsconfig.json')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

// ── The same programs on both ─────────────────────────────────────────────────────────────────────

for (const { title, run } of makePrograms(Number(process.env.ALLOT_SEED ?? 20261121))) {
  test(title, () => {
    const [here, there] = [run(dropIn), run(original)];
    // Step by step: the first difference is the one to look at.
    here.steps.forEach((step, index) => assert.deepEqual(step, there.steps[index], `step ${index}: ${step.said}`));
    assert.deepEqual(here.bytes, there.bytes);
  });
}

// ── What is mended ────────────────────────────────────────────────────────────────────────────────

const mended = here('../../js/test/compat-wasm-heap-manager-mended.test.mjs');

for (const [release, entry] of [
  ['0.5.1', 'node_modules/wasm-heap-manager/dist/exports/Exports.js'],
  ['0.2.2', 'node_modules/wasm-heap-manager-0.2.2/dist/WasmHeapManager.js'],
]) {
  test(`the tests of what is mended fail on ${release} where they say so, and nowhere else`, () => {
    const allocators = `node_modules/${entry.split('/')[1]}/dist/allocators`;
    const modules = [entry, `${allocators}/ArrayBufferArenaAllocator.js`, `${allocators}/WasmMemoryArenaAllocator.js`];
    const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', mended], {
      encoding: 'utf8',
      // Without NODE_TEST_CONTEXT: it would make the tests in there report to this one.
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: process.env.NODE_OPTIONS,
        ALLOT_WASM_HEAP_MANAGER: modules.map((path) => new URL(path, import.meta.url).href).join(' '),
      },
    });
    const results = [...stdout.matchAll(/^ *(not ok|ok) \d+ - (.*\[(.*)\])$/gm)];
    assert.ok(results.length > 40, stdout);
    for (const [, result, title, releases] of results) {
      assert.equal(result, releases.includes(release) ? 'not ok' : 'ok', title);
    }
  });
}
