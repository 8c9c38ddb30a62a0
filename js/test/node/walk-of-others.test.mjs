// A walk over a heap that others change: what is seen only in part is looked at again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from '../support/expect.mjs';

// What a build makes is not there when the sources are checked.
const part = (name) => import(new URL(`../../dist/${name}.js`, import.meta.url).href);
const { walk } = await part('blocks');
const { statisticNumbers } = await part('generated/statistics');

/** Four blocks of 16 bytes, of which nobody sees the last but one for so many looks. */
function changing(looks, shared) {
  return {
    ...(shared ? { allot_agent() {} } : {}),
    allot_stat: (_, which) => (which === statisticNumbers.top ? 64 : 0),
    allot_block_size: (_, address) => (address === 32 && looks-- > 0 ? 0 : 16),
    allot_block_kind: () => 1,
  };
}

test('what another agent is about to change is looked at until it has', () => {
  for (const looks of [0, 1, 2, 10, 100]) {
    const blocks = [...walk(changing(looks, true), 0)];
    assert.deepEqual(blocks.map(({ byteOffset }) => byteOffset), [0, 16, 32, 48], `${looks}`);
  }
});

test('what nobody changes is damaged', () => {
  throwsCode(() => [...walk(changing(1000, true), 0)], 'HeapError', 'corrupt_image');
  throwsCode(() => [...walk(changing(10, false), 0)], 'HeapError', 'corrupt_image');
});
