// docs/heap-image.md describes the header that core/allot/image/layout.hpp defines, field for field.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readHeaderLayout } from '../../js/test/node/support/layout.mjs';

const page = readFileSync(new URL('../../docs/heap-image.md', import.meta.url), 'utf8');

test('the header in the document is the header in the code', () => {
  const { bytes, fields } = readHeaderLayout();
  const section = /## Header \((\d+) bytes\)\n(.*?)\n## /s.exec(page);
  assert.equal(Number(section[1]), bytes);
  const rows = [...section[2].matchAll(/^\| (\d+) \| (\d+) \| `(\w+)` \|/gm)].map(([, offset, size, name]) => ({
    name,
    offset: Number(offset),
    bytes: Number(size),
  }));
  assert.deepEqual(rows, fields);
});

test('the document states the sizes that the code asserts', () => {
  const layout = readFileSync(new URL('../../core/allot/image/layout.hpp', import.meta.url), 'utf8');
  const agent = Number(/sizeof\(Agent\) == (\d+)/.exec(layout)[1]);
  const record = Number(/base_bytes = (\d+)/.exec(layout)[1]);
  assert.match(page, new RegExp(`## Agent record \\(${agent} bytes\\)`));
  assert.match(page, new RegExp(`## Page record \\(${record} bytes, ${record + 2048} with`));
});
