// A heap for people: the map, the report, the leaks as a text.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatLeaks, Heap } from 'allot';

import { drive } from './support/drive.mjs';
import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';

/** The characters of a map, without addresses and legend, its stars written out. */
function picture(map) {
  const lines = map.split('\n').map((line) => /^([0-9a-f]{8,})  (.*)$|^\*$/.exec(line)?.slice(1));
  assert.ok(lines.every(Boolean), map);
  const last = lines.pop();
  const scale = Number(/^(\d+) bytes a character/.exec(last[1])[1]);
  const addresses = lines.map(([address]) => (address === undefined ? undefined : parseInt(address, 16)));
  let text = '';
  const step = (lines[0]?.[1] ?? '').length * scale;
  lines.forEach(([, line], i) => {
    if (line !== undefined) {
      text += line;
      return;
    }
    const next = addresses[i + 1] ?? parseInt(last[0], 16);
    const missing = (next - addresses[i - 1]) / step - 1;
    text += lines[i - 1][1].repeat(Math.ceil(missing)).slice(0, Math.ceil((next - addresses[i - 1] - step) / scale));
  });
  return { text, scale, end: parseInt(last[0], 16), legend: last[1], addresses: addresses.filter((at) => at !== undefined) };
}

/** The same, one character for each 16 bytes, drawn from the walk alone. */
function drawn(heap) {
  const signs = { live: '#', free: '.', metadata: 'm', reserved: 'r' };
  const all = Array(heap.buffer.byteLength / 16).fill('-');
  for (const { byteOffset, byteLength, kind } of heap.blocks()) {
    all.fill(signs[kind], byteOffset / 16, (byteOffset + byteLength) / 16);
  }
  return all.join('');
}

test('a map, line by line', () => {
  const heap = Heap.createSync({ image: 'outside', begin: 1024, policy: 'exact' });
  heap.malloc(2048);
  heap.malloc(100);
  heap.reserve(40_000, 41_000);
  assert.deepEqual(heap.map({ width: 16, bytesPerCharacter: 1024 }).split('\n'), [
    '00000000  -##+............',
    '00004000  ................',
    '00008000  .......r........',
    '0000c000  ................',
    '00010000  1024 bytes a character: # live, + partly live, . free, r reserved, - not the heap\'s',
  ]);
  assert.deepEqual(heap.map({ width: 8, bytesPerCharacter: 1024, begin: 8192 }).split('\n').slice(0, 5), [
    '00002000  ........',
    '*',
    '00008000  .......r',
    '0000a000  ........',
    '*',
  ]);
  const inside = Heap.createSync().map({ width: 4096, bytesPerCharacter: 16 });
  assert.match(inside, /^00000000 {2}-m+\.+\n00010000 {2}16 bytes a character: \. free, m the heap's records, - not/);
});

for (const image of places) {
  for (const policy of policies) {
    test(`every character is what the walk says, at every scale (${image}, ${policy})`, () => {
      const heap = Heap.createSync({ image, policy, begin: 48, initial: 3 });
      const blocks = Array.from({ length: 300 }, (_, i) => heap.malloc((i * 71) % 1500));
      for (let i = 0; i < 300; i += 2) heap.free(blocks[i]);
      const truth = drawn(heap);
      for (const width of [1, 7, 64, 1000]) {
        const { text, end } = picture(heap.map({ width, bytesPerCharacter: 16 }));
        assert.equal(text, truth);
        assert.equal(end, heap.buffer.byteLength);
      }
      for (const scale of [32, 48, 4096, 65536, 100_000_000 - (100_000_000 % 16)]) {
        const { text } = picture(heap.map({ bytesPerCharacter: scale }));
        const cells = [];
        for (let at = 0; at < truth.length; at += scale / 16) {
          const cell = truth.slice(at, at + scale / 16);
          const kinds = [...new Set(cell)];
          if (kinds.includes('#')) cells.push(kinds.length > 1 ? '+' : '#');
          else cells.push(kinds.sort((a, b) => cell.split(b).length - cell.split(a).length)[0]);
        }
        assert.equal(text.length, cells.length);
        for (let i = 0; i < cells.length; i++) {
          const isTie = cells[i] !== text[i] && !'#+'.includes(cells[i] + text[i]);
          assert.ok(cells[i] === text[i] || isTie, `${scale}: character ${i} is ${text[i]}, not ${cells[i]}`);
        }
      }
      const { text } = picture(heap.map({ bytesPerCharacter: 16, begin: 1024, end: 5000 }));
      assert.equal(text, truth.slice(64, Math.ceil(5000 / 16)));
      assert.ok(heap.map().split('\n').length <= 34);
    });
  }
}

test('what others grew is not the heap’s; reserved spans are told from it', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image, initial: 1, maximum: 10 });
    heap.malloc(40_000);
    heap.memory.grow(2);
    heap.malloc(60_000);
    const shown = () => picture(heap.map({ bytesPerCharacter: 65536 })).text.slice(1, 3);
    assert.equal(shown(), '--');
    const freeFrom = (byteLength) => {
      const run = [...heap.blocks()].find((block) => block.kind === 'free' && block.byteLength >= byteLength);
      return run.byteOffset;
    };
    const begin = freeFrom(2048);
    heap.reserve(begin, begin + 2048);
    assert.equal(shown(), '--');
    assert.match(heap.map({ bytesPerCharacter: 1024 }), /r/);
    // A span that looks like a page of others': then none of them can be told any more.
    heap.free(heap.malloc(150_000));
    const page = Math.ceil(freeFrom(140_000) / 65536) * 65536;
    heap.reserve(page, page + 65536);
    assert.equal(shown(), 'rr');
  }
});

test('an empty part, a memory of many gigabytes in few lines, and what cannot be drawn', () => {
  const heap = Heap.createSync();
  assert.match(heap.map({ begin: 4096, end: 4096 }), /^00001000 {2}16 bytes a character: $/);
  assert.match(heap.map({ begin: 65536 }), /^00010000 {2}16 bytes/);
  const cases = [
    [null, 'TypeError', 'wrong_type'],
    [{ width: 0 }, 'TypeError', 'invalid_option'],
    [{ width: '64' }, 'TypeError', 'wrong_type'],
    [{ width: -1 }, 'RangeError', 'invalid_number'],
    [{ bytesPerCharacter: 24 }, 'TypeError', 'invalid_option'],
    [{ bytesPerCharacter: 0 }, 'TypeError', 'invalid_option'],
    [{ bytesPerLine: 16 }, 'TypeError', 'invalid_option'],
    [{ begin: 65536 + 16 }, 'RangeError', 'invalid_span'],
    [{ begin: 100, end: 50 }, 'RangeError', 'invalid_span'],
  ];
  for (const [options, className, code] of cases) changesNothing(heap, () => heap.map(options), className, code);
  const large = Heap.createSync({ initial: 1000, maximum: 1000 });
  assert.ok(large.map().split('\n').length < 36);
  throwsCode(() => large.map({ bytesPerCharacter: 16 }), 'RangeError', 'size_too_large');
});

test('guards in front and what is held back are drawn as the heap’s own', () => {
  const heap = Heap.createSync({ image: 'outside' });
  heap.debug = { canaries: 'both', quarantine: true };
  const p = heap.malloc(100);
  heap.free(heap.malloc(64));
  assert.equal(p, 16);
  assert.match(heap.map({ bytesPerCharacter: 16 }), /^00000000 {2}m########?m{6,7}\.+\n/);
});

test('the report is the figures, how cut up they are, and the sizes; JSON takes it', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image, policy: 'exact' });
    const empty = heap.report();
    assert.deepEqual(empty.statistics, heap.stats());
    assert.deepEqual(empty.fragmentation, {
      external: 0,
      freeRuns: 1,
      largestFree: heap.stat('free'),
      meanFreeRun: heap.stat('free'),
      internal: null,
    });
    assert.deepEqual(empty.histogram.live, []);
    const blocks = [16, 16, 32, 48, 100, 1000, 1024, 5000].map((byteLength) => heap.malloc(byteLength));
    heap.free(blocks[1]);
    heap.free(blocks[3]);
    const { memory, statistics, fragmentation, histogram } = heap.report();
    assert.equal(memory, 65536);
    assert.deepEqual(histogram.live, [
      { from: 16, below: 32, blocks: 1, byteLength: 16 },
      { from: 32, below: 64, blocks: 1, byteLength: 32 },
      { from: 64, below: 128, blocks: 1, byteLength: 112 },
      { from: 512, below: 1024, blocks: 1, byteLength: 1008 },
      { from: 1024, below: 2048, blocks: 1, byteLength: 1024 },
      { from: 4096, below: 8192, blocks: 1, byteLength: 5008 },
    ]);
    assert.deepEqual(histogram.free.slice(0, 2), [
      { from: 16, below: 32, blocks: 1, byteLength: 16 },
      { from: 32, below: 64, blocks: 1, byteLength: 48 },
    ]);
    assert.equal(fragmentation.internal, null, 'nobody has recorded it');
    assert.equal(fragmentation.freeRuns, 3);
    assert.equal(fragmentation.largestFree, statistics.free - 64);
    assert.equal(fragmentation.external, 1 - (statistics.free - 64) / statistics.free);
    assert.equal(fragmentation.meanFreeRun, statistics.free / 3);
    assert.deepEqual(JSON.parse(JSON.stringify(heap.report())), heap.report());
  }
});

test('a report of a heap that has been through much adds up', () => {
  for (const policy of policies) {
    const heap = Heap.createSync({ policy, maximum: 24 });
    const kept = Array.from({ length: 100 }, (_, i) => heap.malloc(i * 17));
    for (let i = 0; i < 100; i += 3) heap.free(kept[i]);
    const { statistics, histogram, fragmentation } = heap.report();
    const sum = (classes, name) => classes.reduce((total, one) => total + one[name], 0);
    assert.equal(sum(histogram.live, 'byteLength'), statistics.live);
    assert.equal(sum(histogram.live, 'blocks'), statistics.blocks);
    assert.equal(sum(histogram.free, 'byteLength'), statistics.free);
    assert.equal(sum(histogram.free, 'blocks'), statistics.freeBlocks);
    assert.ok(fragmentation.external > 0 && fragmentation.external < 1);
    for (const { from, below, blocks, byteLength } of [...histogram.live, ...histogram.free]) {
      assert.ok(below === 2 * from && byteLength >= from * blocks && byteLength < below * blocks);
    }
    drive(Heap.createSync({ policy }), { seed: 2, operations: 10 });
  }
});

test('what nobody asked for is told where it is recorded', () => {
  const heap = Heap.createSync({ recordSizes: true });
  heap.malloc(10);
  heap.malloc(23);
  const { statistics, fragmentation } = heap.report();
  assert.equal(fragmentation.internal, 1 - 33 / statistics.live);
  assert.ok(fragmentation.internal > 0);
  assert.equal(Heap.createSync({ recordSizes: true }).report().fragmentation.internal, null);
});

test('leaks as a text', () => {
  const heap = Heap.createSync({ track: true });
  assert.equal(formatLeaks(heap.leaks()), 'no leaks');
  heap.malloc(100, { tag: 'textures' });
  heap.malloc(200, { tag: 'textures' });
  heap.malloc(1);
  assert.equal(formatLeaks(heap.leaks()), '3 blocks, 301 bytes\n  2 blocks, 300 bytes, textures\n  1 block, 1 byte');
  heap.track = 'sites';
  heap.malloc(5000, { tag: 'here' });
  const [, first, ...sites] = formatLeaks(heap.leaks()).split('\n');
  assert.equal(first, '  1 block, 5000 bytes, here');
  assert.match(sites[0], /^ {4}.*debug-report/);
  throwsCode(() => formatLeaks(), 'TypeError', 'wrong_type');
});

test('leaks are the same with debugging on; what is held back is none', () => {
  for (const debug of [true, { canaries: 'both' }, false]) {
    const heap = Heap.createSync({ track: 'sites' });
    heap.debug = debug;
    const blocks = [];
    for (let i = 0; i < 10; i++) blocks.push(heap.malloc(100 + i, { tag: i < 4 ? 'early' : 'late' }));
    for (const p of blocks.splice(0, 8)) heap.free(p);
    const [first, ...others] = heap.leaks();
    assert.deepEqual([first.tag, first.blocks, first.byteLength, others.length], ['late', 2, 217, 0]);
    assert.match(first.site.split('\n')[0], /debug-report/, 'the place in the program, not one in the package');
    const moved = heap.realloc(blocks[0], 5000);
    assert.deepEqual(heap.tracked().map(({ byteOffset }) => byteOffset).sort(), [moved, blocks[1]].sort());
    assert.match(formatLeaks(heap.leaks()), /^2 blocks, 5109 bytes\n/);
    assert.equal(heap.freeAll(), 2);
    assert.equal(formatLeaks(heap.leaks()), 'no leaks');
  }
});
