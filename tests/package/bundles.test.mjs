// What bundlers make of the package: nothing of what is not used.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';

import { consumer, entries, exported, root } from './places.mjs';

/** What the embedded wasm is written with. No bundler may write it otherwise. */
const { alphabet: wasm } = await import(pathToFileURL(join(root, 'js/dist/generated/modules.js')));

const bundlers = {
  async esbuild(code) {
    const { outputFiles, warnings } = await build({
      stdin: { contents: code, resolveDir: consumer },
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      minify: true,
      write: false,
    });
    assert.deepEqual(warnings.filter(({ id }) => id !== 'ignored-bare-import'), []);
    return outputFiles[0].text.trim();
  },

  async rollup(code) {
    const entry = join(consumer, 'entry.mjs');
    const given = {
      name: 'given',
      resolveId: (id) => (id === entry ? id : null),
      load: (id) => (id === entry ? code : null),
    };
    const warnings = [];
    const onwarn = (warning) => warnings.push(warning);
    const bundle = await rollup({ input: entry, plugins: [given, nodeResolve()], onwarn });
    const { output } = await bundle.generate({ format: 'es' });
    const serious = warnings.filter(({ code }) => !['EMPTY_BUNDLE', 'CIRCULAR_DEPENDENCY'].includes(code));
    assert.deepEqual(serious.map(({ message }) => message), []);
    return output[0].code.trim();
  },
};

/**
 * Expects of each name what is true of all of them in one bundle. Bundling is monotonous: what is left of an import
 * is left, too, when there are more of them, so what all are without, each is without. Where all together fail, or
 * with the time for it, each is asked by itself, and an error names it.
 */
async function expectOfEach(names, bundleOf, holds) {
  const isTrueOfAll = holds(await bundleOf(names));
  if (isTrueOfAll && process.env.ALLOT_TEST_ALL !== 'yes') return;
  for (const it of names) assert.ok(holds(await bundleOf([it])), it);
  assert.ok(isTrueOfAll, 'true of each, but not of all together');
}

const listed = (names) => names.map((it, i) => `${it} as it${i}`).join(', ');

for (const [name, bundle] of Object.entries(bundlers)) {
  for (const entry of entries) {
    test(`${name}: an import of ${entry} that is not used vanishes`, async () => {
      assert.equal(await bundle(`import '${entry}';`), '');
      assert.equal(await bundle(`import * as all from '${entry}';`), '');
      const bundleOf = (names) => bundle(`import { ${listed(names)} } from '${entry}';`);
      await expectOfEach(exported[entry], bundleOf, (code) => code === '');
    });
  }

  test(`${name}: Heap brings the wasm with it, which shows that the next tests look for the right thing`, async () => {
    assert.ok((await bundle(`import { Heap } from 'allot'; export { Heap };`)).includes(wasm));
  });

  for (const it of exported.allot.filter((it) => it !== 'Heap')) {
    test(`${name}: ${it} comes without the wasm`, async () => {
      const code = await bundle(`import { ${it} } from 'allot'; export { ${it} };`);
      assert.ok(code.length > 0);
      assert.ok(!code.includes(wasm));
    });
  }

  test(`${name}: a library on LEWD that allocates and binds when it is loaded vanishes, if it says that this is pure`, async () => {
    const code = readFileSync(join(root, 'examples/prng/my-prng.mjs'), 'utf8').replaceAll(/^export (?:\{.*\};)?/gm, '');
    assert.equal(await bundle(code), '');
    const used = await bundle(`${code}\nexport { MyPRNG };`);
    assert.ok(used.includes(wasm) && used.includes('WebAssembly.Module'), 'and stays, if it is used');
    // No such annotation, and nothing vanishes.
    assert.ok((await bundle(code.replaceAll('/*#__PURE__*/', ''))).includes(wasm));
  });

  test(`${name}: nothing evaluates text, which a page may forbid`, async () => {
    const all = entries.map((entry, i) => `export * as entry${i} from '${entry}';`).join('\n');
    assert.doesNotMatch(await bundle(all), /\beval\(|\bnew Function\(/);
  });
}

test('a bundle works, in whatever encoding it is read', async () => {
  const code = await bundlers.rollup(`import { Heap } from 'allot'; import 'allot/sync'; export { Heap };`);
  // As a page does that names no encoding, with a classic script.
  const misread = Buffer.from(code, 'utf8').toString('latin1');
  const { Heap } = await import(`data:text/javascript;base64,${Buffer.from(misread).toString('base64')}`);
  const heap = Heap.createSync();
  assert.equal(heap.alloc('Int32', 42).value, 42);
});
