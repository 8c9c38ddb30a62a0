// The tests of the JavaScript package that run everywhere ask for no more than there is everywhere; what the
// runner makes of a file for a browser keeps its lines.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { packageEntries, place } from '../runtimes/place.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = [...Object.keys(packageEntries(root)), 'node:test', 'node:assert/strict'];
const addresses = Object.fromEntries(names.map((name) => [name, `/at/${name}`]));

const folders = ['js/test', 'js/test/support'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith('.mjs')).map((name) => `${folder}/${name}`),
);

test('each file imports only what there is everywhere', () => {
  assert.ok(files.length > 10);
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const placed = place(text, addresses, file);
    assert.equal(placed.split('\n').length, text.split('\n').length, file);
    assert.doesNotMatch(placed, /^import\b.*['"]node:/m, file);
  }
});

test('no file takes a test context or skips', () => {
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.doesNotMatch(text, /\b(?:context|t)\.(?:skip|todo|test)\(|\btest\.(?:skip|todo|only)\(/, file);
  }
});

test('each way of importing a name is placed', () => {
  const cases = [
    [`import { Heap } from 'allot';`, `import { Heap } from '/at/allot';`],
    [`import assert from "node:assert/strict";`, `import assert from "/at/node:assert/strict";`],
    [`import {\n  Heap,\n} from 'allot';`, `import {\n  Heap,\n} from '/at/allot';`],
    [`export { Heap } from 'allot';`, `export { Heap } from '/at/allot';`],
    [`const { Heap } = await import('allot');`, `const { Heap } = await import('/at/allot');`],
    [`import { drive } from './support/drive.mjs';`, `import { drive } from './support/drive.mjs';`],
    [`export const places = ['inside', 'outside'];`, `export const places = ['inside', 'outside'];`],
    [`const text = "a word from 'a book'";`, `const text = "a word from 'a book'";`],
  ];
  for (const [written, placed] of cases) assert.equal(place(written, addresses, 'a file'), placed);
});

test('a name that is not everywhere is refused', () => {
  for (const written of [`import fs from 'node:fs';`, `import 'mocha';`, `import {\n  x,\n} from 'node:path';`]) {
    assert.throws(() => place(written, addresses, 'a file'), /a file imports .* a universal test imports only allot,/);
  }
});
