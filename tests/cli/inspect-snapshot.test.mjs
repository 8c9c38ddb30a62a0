// `allot inspect` of a snapshot says what JavaScript says of the same heap.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { file, root, run, runJson } from './support/command.mjs';
import { Heap, kinds, policies, used } from './support/heaps.mjs';
import { closeSnapshot, openSnapshot } from './support/snapshot.mjs';

/** Where the first agent's record lies behind the image's beginning, and fields in it: docs/heap-image.md. */
const firstAgent = 736;
const field = { number: firstAgent + 10, room: firstAgent + 16, state: firstAgent + 44 };

const asJson = (value) => JSON.parse(JSON.stringify(value));

for (const [kind, options] of Object.entries(kinds)) {
  for (const policy of policies) {
    test(`${kind}, ${policy}`, () => {
      const { heap } = used({ ...options, policy });
      const found = runJson(['inspect', file('heap.snapshot', heap.snapshot())]);
      assert.equal(found.sound, true);
      assert.equal(found.policy, policy);
      assert.equal(found.image, heap.image);
      assert.equal(found.shared, options.shared === true);

      const report = asJson(heap.report());
      // No limit is null here, the largest number there.
      report.statistics.quota = null;
      assert.deepEqual(found.statistics, report.statistics);
      assert.equal(found.memory, report.memory);
      assert.deepEqual(found.histogram, report.histogram);
      for (const [name, value] of Object.entries(report.fragmentation)) {
        if (value === null) assert.equal(found.fragmentation[name], null, name);
        else assert.ok(Math.abs(found.fragmentation[name] - value) < 1e-9, name);
      }
      assert.deepEqual(found.blocks, asJson([...heap.blocks()]));
    });
  }
}

test('what a guest was refused last', async () => {
  const module = new WebAssembly.Module(readFileSync(join(root, 'build/wasm/allot-malloc.wasm')));
  const guest = new WebAssembly.Instance(module).exports;
  const p = guest.malloc(100);
  const heap = Heap.attachSync(guest.memory);
  const inspect = () => runJson(['inspect', file('heap.snapshot', heap.snapshot())]).guestError;
  assert.equal(inspect(), null);
  assert.doesNotMatch(run(['inspect', 'heap.snapshot']).stdout, /refused/);
  guest.free(p);
  assert.throws(() => guest.free(p), WebAssembly.RuntimeError);
  assert.deepEqual(inspect(), { code: 'double_free', address: p });
  assert.deepEqual(inspect(), heap.guestError);
  const line = `  a guest was refused   double_free at 0x${p.toString(16).padStart(8, '0')}: the address lies in free memory`;
  assert.ok(run(['inspect', 'heap.snapshot']).stdout.includes(line));
  heap.dataView.setUint32(heap.imageAddress + 700, 4_000_000_000, true);
  assert.equal(inspect(), null);
});

test('the agents of a heap that several use', () => {
  const { heap } = used({ shared: true });
  const others = [0, 1, 2].map(() => Heap.attachSync(structuredClone(heap.memory)));
  const blocks = others.map((other, i) => other.malloc(10_000 * (i + 1)));
  heap.free(blocks[0]);
  others[2].detach();
  for (const other of others.slice(0, 2)) other.stat('live'); // takes in what others have freed
  const found = runJson(['inspect', file('heap.snapshot', heap.snapshot())]);
  assert.equal(found.sound, true);
  assert.deepEqual(found.blocks, asJson([...heap.blocks()]));
  assert.deepEqual(found.statistics, { ...asJson(heap.stats()), quota: null });
  assert.deepEqual(found.agents.map(({ id, orphan }) => [id, orphan]), [[0, false], [1, false], [2, false], [3, true]]);
  assert.deepEqual(found.agents.filter(({ orphan }) => !orphan).map(({ id }) => id), heap.agents);
  assert.deepEqual(found.agents.slice(1).map(({ live }) => live), [0, 20_000, 30_000].map((bytes, i) => bytes && heap.usableSize(blocks[i])));
  assert.equal(found.agents.reduce((sum, { live }) => sum + live, 0), heap.stat('live'));
  assert.ok(found.agents.every(({ pages }) => Number.isInteger(pages)));
  const { status, stdout } = run(['inspect', 'heap.snapshot']);
  assert.equal(status, 0);
  assert.match(stdout, /\nIts agents\n {2}number +state +pages +live\n {7}0 {2}at work .*\n {7}1 .*\n {7}2 .*\n {7}3 {2}has ended, its blocks are here +\d+ +30\.\d KiB\n/);
  assert.equal(runJson(['inspect', file('plain.snapshot', used().heap.snapshot())]).agents, undefined);
});

test('a heap of several agents that is damaged', () => {
  const { heap } = used({ shared: true });
  const image = heap.imageAddress;
  const room = heap.readUint32(image + field.room);
  heap.writeUint32(image + field.room, room + 1);
  const found = runJson(['inspect', file('damaged.snapshot', heap.snapshot())], 1);
  assert.equal(found.violation.rule, 22);
  assert.ok(found.blocks.length > 100 && found.agents.length === 1);
  heap.writeUint32(image + field.room, room);
  // Where the list of free pages begins: outside of the heap.
  const run0 = heap.readUint32(image + 724);
  heap.writeUint32(image + 724, 0xffffffff);
  assert.equal(runJson(['inspect', file('damaged.snapshot', heap.snapshot())], 1).violation.rule, 29);
  heap.writeUint32(image + 724, run0);
  // An agent that owns a page and is none.
  heap.writeUint32(image + field.state, 0);
  const strange = runJson(['inspect', file('damaged.snapshot', heap.snapshot())], 1);
  assert.ok(strange.violation.rule === 9 && strange.blocks === undefined);
  assert.equal(run(['map', 'damaged.snapshot', '-o', '-']).status, 1);
});

test('limits, gaps and reserved spans', () => {
  const { heap } = used();
  heap.quota = 1_234_567;
  heap.softMaximum = 50 * 65536;
  heap.memory.grow(3);
  const late = heap.malloc(100_000);
  heap.free(late);
  heap.reserve(late + 1024, late + 4096);
  const found = runJson(['inspect', file('heap.snapshot', heap.snapshot())]);
  assert.deepEqual(found.statistics, asJson(heap.stats()));
  assert.deepEqual(found.blocks, asJson([...heap.blocks()]));
  assert.ok(found.blocks.some(({ kind }) => kind === 'reserved'));
});

test('an empty heap', () => {
  const found = runJson(['inspect', file('heap.snapshot', Heap.createSync().snapshot())]);
  assert.equal(found.statistics.blocks, 0);
  assert.equal(run(['inspect', 'heap.snapshot']).status, 0);
});

test('in words: aligned, with units, without colours', () => {
  const { heap } = used();
  const { status, stdout } = run(['inspect', file('heap.snapshot', heap.snapshot())]);
  assert.equal(status, 0);
  assert.match(stdout, /^heap\.snapshot: a snapshot of a memory of \d+\.\d KiB and the heap in it, /);
  assert.match(stdout, /The heap is sound/);
  assert.match(stdout, new RegExp(`  live +\\d+\\.\\d KiB +[\\d,]+ +\\d+\\.\\d %  ${heap.stat('blocks')} blocks\n`));
  assert.match(stdout, /\.\.\. and [\d,]+ more; --all lists them\n/);
  assert.ok(!stdout.includes('\u001b'));
  assert.ok(stdout.split('\n').every((line) => line.length <= 110 && line === line.trimEnd()));
  const rows = run(['inspect', 'heap.snapshot', '--all']).stdout.match(/^ {2}0x[0-9a-f]{8} +[\d,]+ /gm);
  assert.equal(rows.length, [...heap.blocks()].length);
});

test('colours on request, and never against NO_COLOR', () => {
  file('heap.snapshot', used().heap.snapshot());
  assert.ok(run(['inspect', 'heap.snapshot', '--color', 'always']).stdout.includes('\u001b['));
  assert.ok(run(['--color=always', 'inspect', 'heap.snapshot'], { NO_COLOR: '1' }).stdout.includes('\u001b['));
  assert.ok(!run(['inspect', 'heap.snapshot', '--color', 'never']).stdout.includes('\u001b'));
  assert.ok(!run(['inspect', 'heap.snapshot'], { TERM: 'xterm' }).stdout.includes('\u001b'));
});

test('a damaged heap: the rule, the address, and exit code 1', () => {
  const { heap } = used();
  const [block] = [...heap.blocks()].filter(({ kind }) => kind === 'live');
  // What the guest could have overwritten: how much room the agent has left, by one granule.
  const image = 16;
  heap.writeUint32(image + field.room, heap.readUint32(image + field.room) + 1);
  const found = runJson(['inspect', file('damaged.snapshot', heap.snapshot())], 1);
  assert.equal(found.sound, false);
  assert.equal(found.violation.rule, 22);
  assert.equal(found.violation.code, 'corrupt_image');
  assert.throws(() => heap.validate(), (error) => error.message.includes(found.violation.text));
  assert.ok(found.blocks.some(({ byteOffset }) => byteOffset === block.byteOffset));
  const { status, stdout } = run(['inspect', 'damaged.snapshot']);
  assert.equal(status, 1);
  assert.match(stdout, /The heap is damaged: at address 0x[0-9a-f]{8} it breaks rule 22:\n {2}the agent's room/);
});

test('damaged so that its blocks cannot be told', () => {
  const { heap } = used();
  heap.writeUint8(16 + field.number, 7);
  const found = runJson(['inspect', file('damaged.snapshot', heap.snapshot())], 1);
  assert.equal(found.violation.rule, 11);
  assert.equal(found.blocks, undefined);
  assert.equal(found.statistics.largestFree, undefined);
  assert.match(run(['inspect', 'damaged.snapshot']).stdout, /cannot be trusted as far as to list its blocks/);
  assert.equal(run(['map', 'damaged.snapshot', '-o', '-']).status, 1);
});

test('no heap at all where the image should be', () => {
  const { heap } = used();
  const snapshot = heap.snapshot();
  heap.writeUint32(16, 0);
  const found = runJson(['inspect', file('none.snapshot', heap.snapshot())], 1);
  assert.equal(found.violation.code, 'not_a_heap');
  assert.notDeepEqual(snapshot, heap.snapshot());
  assert.match(run(['inspect', 'none.snapshot']).stdout, /No heap can be opened in it: not_a_heap: /);
});

test('records that lead out of the memory', () => {
  // 16 pages fill the map of pages; what lies behind it is a hint's granule, here as large as it can be. A mark in the
  // last granule of the heap makes whoever believes it look for the record of a page 16.
  const heap = Heap.createSync({ image: 'outside', policy: 'exact', initial: 16, maximum: 16 });
  for (let i = 0; i < 32; i++) heap.malloc(16);
  heap.malloc(16 * 65536 - 32 * 16 - 32);
  const parts = openSnapshot(heap.snapshot());
  const records = new DataView(parts.records.buffer);
  const pageMap = records.getUint32(parts.image + 104, true);
  records.setUint32(pageMap + 64, 0xffffffff, true);
  parts.records[records.getUint32(pageMap + 60, true) + 520 + 511] |= 0x80;
  const found = runJson(['inspect', file('hostile.snapshot', closeSnapshot(parts))], 1);
  assert.equal(found.sound, false);
  run(['map', 'hostile.snapshot', '-o', '-']);
});

test('a snapshot may say that it has much more memory than bytes', () => {
  const parts = openSnapshot(Heap.createSync({ image: 'outside' }).snapshot());
  const bytes = closeSnapshot({ ...parts, pages: 65536 });
  assert.ok(bytes.length < 70_000);
  const found = runJson(['inspect', file('wide.snapshot', bytes)]);
  assert.equal(found.memory, 2 ** 32);
  assert.equal(run(['map', 'wide.snapshot', '-o', 'wide.svg']).status, 0);
});
