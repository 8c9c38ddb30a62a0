// What is published: its files, its manifest, and that each entry can be imported where it is installed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { consumer, entries, exported, installed, manifest, packed, root } from './places.mjs';

const { tarball, paths } = JSON.parse(readFileSync(packed, 'utf8'));
const sources = readdirSync(join(root, 'js/src'), { recursive: true }).filter((name) => name.endsWith('.ts'));

test('what is packed: of each source a module and its declarations, and nothing else', () => {
  const modules = new Set(sources.map((name) => name.replace(/(?:\.d)?\.ts$/, '')));
  const expected = [...modules].flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
  assert.deepEqual(paths, [...expected, 'LICENSE', 'README.md', 'package.json'].sort());
});

test('nothing of this machine is in it, nor a pointer to what is not in it', () => {
  for (const path of paths) {
    const text = readFileSync(join(installed, path), 'utf8');
    assert.ok(!text.includes(root), `${path} names the folder it was built in`);
    assert.doesNotMatch(text, /sourceMappingURL/, path);
  }
  assert.equal(readFileSync(join(installed, 'LICENSE'), 'utf8'), readFileSync(join(root, 'LICENSE'), 'utf8'));
});

test('it depends on nothing, runs nothing when installed, and has no side effects', () => {
  const { dependencies, peerDependencies, optionalDependencies, sideEffects, scripts } = manifest;
  assert.deepEqual({ dependencies, peerDependencies, optionalDependencies }, {
    dependencies: undefined, peerDependencies: undefined, optionalDependencies: undefined,
  });
  assert.equal(sideEffects, false);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(scripts[name], undefined, name);
});

test('who looks at no exports finds the main entry all the same', () => {
  const { main, types, exports } = manifest;
  assert.deepEqual({ types, default: main }, exports['.']);
});

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('Are the types wrong? They are not, for all who can import ES modules', async () => {
  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  // Node 10's way of looking knows no exports map; from CommonJS the package is an ES module, as it should be.
  const meant = ({ kind, resolutionKind }) => resolutionKind === 'node10' || kind === 'CJSResolvesToESM';
  const real = problems.filter((problem) => !meant(problem));
  assert.deepEqual(real, []);
});

const nodes = ['node', join(root, 'tests/runtimes/node_modules/n24/bin/node')].filter(
  (program) => program === 'node' || existsSync(program),
);

for (const program of nodes) {
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  const run = (code, ...options) =>
    JSON.parse(execFileSync(program, [...options, '--eval', code], { cwd: consumer, encoding: 'utf8' }));

  test(`every entry is entered in exports.json (Node ${version})`, () => {
    assert.deepEqual(Object.keys(exported).sort(), [...entries].sort());
  });

  for (const entry of entries) {
    test(`import of ${entry} gives what exports.json says (Node ${version})`, () => {
      const code = `import * as entry from '${entry}'; console.log(JSON.stringify(Object.keys(entry)));`;
      assert.deepEqual(run(code, '--input-type=module').sort(), exported[entry]);
    });
  }

  test(`the installed heap works (Node ${version})`, () => {
    const code = `import { Heap } from 'allot';
      const heap = await Heap.create();
      const p = heap.malloc(4);
      heap.writeInt32(p, 42);
      console.log(heap.readInt32(p));`;
    assert.equal(run(code, '--input-type=module'), 42);
  });

  if (Number(version.slice(1).split('.')[0]) >= 22) {
    test(`require of an ES module finds it, too (Node ${version})`, () => {
      const code = `console.log(JSON.stringify(typeof require('allot').Heap));`;
      assert.equal(run(code, '--input-type=commonjs'), 'function');
    });
  }

  test(`what is not exported cannot be imported (Node ${version})`, () => {
    const code = `import('allot/dist/heap.js').catch(({ code }) => console.log(JSON.stringify(code)));`;
    assert.equal(run(code, '--input-type=module'), 'ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
}
