// The layer rule must be able to fail: each fixture is a small house with one bad include.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { checkLayers } from '../../tools/check-layers.mjs';

const script = fileURLToPath(new URL('../../tools/check-layers.mjs', import.meta.url));

/** Calls `use` with a temporary folder that holds these files. */
function withHouse(files, use) {
  const root = mkdtempSync(join(tmpdir(), 'allot-layers-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const house = {
  'core/allot/base/bits.hpp': '#include <stdint.h>\n',
  'core/allot/heap/heap.hpp': '#include <allot/base/bits.hpp>\n#include "walk.hpp"\n',
  'core/allot/heap/walk.hpp': '',
  'abi/exports.def': '',
  'abi/allot/abi.h': '#include "../exports.def"\n',
  'abi/modules/inside.cpp': '#include <allot/heap/heap.hpp>\n#include <allot/abi.h>\n',
  'guest/malloc.cpp': '#include <allot/heap/heap.hpp>\n',
  'js/src/index.ts': "export { Heap } from './heap.js';\n",
  'js/src/heap.ts': "import { inside } from './generated/modules.js';\n",
  'js/src/compat/lewd.ts': "import { Heap } from '../index.js';\n",
  'tests/native/model.cpp': '#include <allot/heap/heap.hpp>\n#include "../../guest/malloc.cpp"\n',
};

test('a house that keeps the rule passes', () => {
  withHouse(house, (root) => assert.deepEqual(checkLayers(root), { problems: [], files: 10 }));
});

const broken = [
  ['an upward include', 'core/allot/base/bits.hpp', '\n#include <allot/heap/heap.hpp>\n', 2, /lower floor/],
  ['an upward include by a relative path', 'core/allot/base/bits.hpp', '#include "../heap/heap.hpp"', 1, /lower floor/],
  ['spaces and a comment around it', 'core/allot/base/bits.hpp', '  #  include  "../heap/heap.hpp" // x', 1, /lower floor/],
  ['the core including the boundary', 'core/allot/heap/heap.hpp', '#include <allot/abi.h>', 1, /lower floor/],
  ['a door including another door', 'guest/malloc.cpp', '#include "../abi/modules/inside.cpp"', 1, /another door/],
  ['the boundary including a door', 'abi/allot/abi.h', '#include "../modules/inside.cpp"', 1, /lower floor/],
  ['the house including the yard', 'guest/malloc.cpp', '#include "../tests/native/model.cpp"', 1, /yard/],
  ['a script importing the yard', 'js/src/heap.ts', "import x from '../../tools/x.mjs';", 1, /does not exist/],
  ['a path that leads nowhere', 'core/allot/heap/heap.hpp', '#include <allot/bsae/bits.hpp>', 1, /does not exist/],
  ['a folder that nobody knows', 'core/allot/attic/old.hpp', '', 1, /no folder that the rule knows/],
  ['compat behind the public API', 'js/src/compat/lewd.ts', "import { Heap } from '../heap.js';", 1, /only/],
  ['an import in a later line', 'js/src/heap.ts', "\n\nawait import('../test/x.ts')", 3, /does not exist/],
];

for (const [name, file, text, line, expected] of broken) {
  test(`refused: ${name}`, () => {
    withHouse({ ...house, [file]: text }, (root) => {
      const { problems } = checkLayers(root);
      assert.equal(problems.length, 1, JSON.stringify(problems));
      assert.equal(problems[0].file, file);
      assert.equal(problems[0].line, line);
      assert.match(problems[0].text, expected);
    });
  });
}

test('the program exits 1 and names file and line', () => {
  withHouse({ ...house, 'core/allot/base/bits.hpp': '#include <allot/heap/heap.hpp>' }, (root) => {
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^core\/allot\/base\/bits\.hpp:1: .*lower floor/);
  });
});

test('the program exits 0 when the rule is kept', () => {
  withHouse(house, (root) => {
    const { status, stdout } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /10 files/);
  });
});

test('the program exits 1 when there is nothing to check', () => {
  withHouse({}, (root) => assert.equal(spawnSync(process.execPath, [script, root]).status, 1));
});
