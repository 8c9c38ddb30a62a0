// `allot map`: a picture that shows what is where.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { file, read, run } from './support/command.mjs';
import { Heap, used } from './support/heaps.mjs';

/** Well-formed as far as this picture goes: every element is closed, and text is escaped. */
function requireWellFormed(svg) {
  const open = [];
  for (const [, slash, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (slash) assert.equal(open.pop(), name);
    else if (!self) open.push(name);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg.replace(/<[^<>]*>/g, ''), /[<>]/);
}

/** The rectangles of the drawing: [x, y, width, fill, what it is]. */
const rectangles = (svg) => [...svg.matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="\d+" fill="([^"]+)">(?:<title>([^<]*)<\/title>)?<\/rect>/g)]
  .map(([, x, y, width, fill, title]) => ({ x: Number(x), y: Number(y), width: Number(width), fill, title }));

test('a small heap to scale', () => {
  const heap = Heap.createSync({ image: 'outside', policy: 'exact' });
  const p = heap.malloc(4096);
  heap.free(heap.malloc(1024));
  assert.equal(p, 0);
  heap.malloc(65536 - 8192);
  const { status } = run(['map', file('heap.snapshot', heap.snapshot()), '-o', 'heap.svg']);
  assert.equal(status, 0);
  const svg = read('heap.svg');
  requireWellFormed(svg);
  for (const label of ['heap.snapshot', 'live: 2 blocks', 'free: 1 piece', 'page 0', '0x00000000', '0x0000f000', '0x00010000', 'The heap is sound']) {
    assert.ok(svg.includes(label), label);
  }
  const drawn = rectangles(svg);
  assert.equal(drawn.length, 16); // a line for each 4 KiB
  assert.deepEqual(drawn[0], { ...drawn[0], x: 150, width: 1024, title: 'live block, 4.0 KiB at 0x00000000' });
  const [last] = drawn.slice(-1);
  assert.equal(last.title, 'free, 4.0 KiB at 0x0000f000');
  assert.notEqual(last.fill, drawn[0].fill);
});

test('all that is drawn covers the memory once', () => {
  for (const options of [{}, { image: 'outside' }, { begin: 100_000, end: 900_000 }, { shared: true }]) {
    const { heap } = used(options);
    run(['map', file('heap.snapshot', heap.snapshot()), '-o', 'heap.svg']);
    const svg = read('heap.svg');
    requireWellFormed(svg);
    const lines = new Map();
    for (const part of rectangles(svg)) lines.set(part.y, [...(lines.get(part.y) ?? []), part]);
    assert.ok(lines.size >= 20);
    for (const parts of lines.values()) {
      let x = 150;
      for (const part of parts) {
        assert.ok(Math.abs(part.x - x) < 0.01);
        x += part.width;
      }
      assert.ok(Math.abs(x - 1174) < 0.01 || parts === [...lines.values()].at(-1));
    }
    // Live blocks that are as wide as a column are seen one by one, or mixed with free memory.
    assert.ok(rectangles(svg).filter(({ title }) => title?.startsWith('live block')).length > 20);
    assert.ok(svg.includes("the heap's records") === (options.image !== 'outside'));
  }
});

test('as a page', () => {
  run(['map', file('a<b>&"c.snapshot', used().heap.snapshot()), '-o', 'heap.html']);
  const html = read('heap.html');
  assert.match(html, /^<!doctype html>\n<html lang="en">/);
  assert.ok(html.includes('<title>The heap of a&lt;b&gt;&amp;&quot;c.snapshot</title>'));
  requireWellFormed(html.slice(html.indexOf('<svg'), html.indexOf('</body>')));
});

test('a part, and to standard output', () => {
  file('heap.snapshot', used().heap.snapshot());
  const { stdout } = run(['map', 'heap.snapshot', '-o', '-', '--from', '0x10000', '--to', '0x14000']);
  assert.ok(stdout.includes('Only 0x00010000 to 0x00014000 is drawn'));
  assert.ok(stdout.includes('0x00013000') && !stdout.includes('>0x00000000<'));
  assert.equal(new Set(rectangles(stdout).map(({ y }) => y)).size, 4);
});

test('addresses in both ways of writing them, and the largest', () => {
  file('heap.snapshot', used().heap.snapshot());
  const part = (from, to) => run(['map', 'heap.snapshot', '-o', '-', '--from', from, '--to', to]);
  const wanted = part('0x10000', '0x14000');
  assert.equal(wanted.status, 0);
  assert.deepEqual(part('65536', '81920'), wanted);
  assert.deepEqual(part('0X10000', '0x00014000'), wanted);
  assert.equal(part('0', '0xffffffffffffffff').status, 0);
});

test('large and cut up: a picture of bounded size', () => {
  const heap = Heap.createSync({ initial: 900 });
  const blocks = Array.from({ length: 50_000 }, (_, i) => heap.malloc(i % 1000));
  for (let i = 0; i < blocks.length; i += 2) heap.free(blocks[i]);
  heap.grow(500);
  run(['map', file('heap.snapshot', heap.snapshot()), '-o', 'heap.svg']);
  const svg = read('heap.svg');
  requireWellFormed(svg);
  assert.ok(svg.length < 4_000_000);
  assert.ok(svg.includes('some of both'));
});
