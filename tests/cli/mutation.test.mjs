// Damaged files by the thousand, under ASan and UBSan: each is read or refused.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';

import { build, memoryImport, placeImports } from '../../js/test/support/modules.mjs';
import { file, folder, programs } from './support/command.mjs';
import { small } from './support/heaps.mjs';

const seconds = Number(process.env.ALLOT_MUTATE_SECONDS ?? 20);
const seed = Number(process.env.ALLOT_SEED ?? randomInt(2 ** 31));

test(`${seconds} s of damaged files (ALLOT_SEED=${seed})`, () => {
  const files = Object.entries({ a: {}, b: { image: 'outside' }, c: { policy: 'exact', recordSizes: true }, d: { shared: true } }).flatMap(([name, options]) => {
    const { heap, trace } = small(options);
    return [file(`${name}.snapshot`, heap.snapshot()), file(`${name}.trace`, trace)];
  });
  files.push(
    file('program.wasm', build({
      imports: [memoryImport(1)],
      functions: [{}],
      globals: [{ mutable: true, value: 5000 }, { mutable: false, value: 5000 }],
      exports: { __heap_base: ['global', 1], run: ['function', 0] },
      data: [{ offset: 1024, bytes: [1, 2, 3] }, { bytes: [4] }],
      names: { module: 'm', globals: { __stack_pointer: 0 } },
    })),
    file('pic.wasm', build({ dylink: { size: 48, alignment: 4, needed: ['a'], weak: ['b'], threadLocal: ['c'] }, imports: placeImports })),
  );
  const { status, signal, stdout, stderr } = spawnSync(programs.mutateFiles, [String(seed), String(seconds), ...files], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' },
  });
  assert.deepEqual([status, signal, stderr], [0, null, '']);
  const [, read, refused, damaged] = /^(\d+) read, (\d+) refused, (\d+) damaged heaps\n$/.exec(stdout).map(Number);
  assert.ok(read > 50 && refused > 50 && damaged > 20, stdout);
});
