// What is put around a heap's allocator, and that all of it is gone when it is not wanted: of the inside of the
// package, as no call can show it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readTrace } from 'allot';

// What a build makes is not there when the sources are checked.
const part = (name) => import(new URL(`../../dist/debug/${name}.js`, import.meta.url).href);
const { checksumOf } = await part('checksum');
const { DebugLayers } = await part('layers');
const { ByteReader, ByteWriter, numberLength, unzigzag, zigzag } = await part('varint');

/** An allocator of which only `malloc`, `free` and `usableSize` are asked. */
function allocator() {
  const live = new Map();
  let top = 16;
  return {
    malloc(byteLength) {
      const address = top;
      const usable = Math.ceil(Math.max(byteLength, 1) / 16) * 16;
      live.set(address, usable);
      top += usable;
      return address;
    },
    free: (address) => assert.ok(live.delete(address)),
    usableSize: (address) => live.get(address),
    requestedSize() {
      throw Object.assign(new Error(), { code: 'not_recorded' });
    },
    blocks: () => [].values(),
  };
}

function layered() {
  const base = allocator();
  let front = base;
  const layers = new DebugLayers(base, { buffer: new ArrayBuffer(65536) }, true, (next) => (front = next));
  return { base, layers, front: () => front };
}

test('the heap calls its own allocator until something is on, and as soon as nothing is', () => {
  const { base, layers, front } = layered();
  layers.configure('debug', false);
  assert.equal(front(), base);
  for (const wish of [true, { poison: true }, { quarantine: true }, { canaries: true }]) {
    layers.configure('debug', wish);
    assert.notEqual(front(), base);
    const p = front().malloc(40); // left behind
    front().free(front().malloc(40));
    layers.configure('debug', false);
    assert.equal(front(), base, JSON.stringify(wish));
    front().free(p);
  }
  const trace = layers.trace('trace', {});
  assert.notEqual(front(), base);
  trace.stop();
  assert.equal(front(), base);
});

test('blocks with a guard in front keep the layer until the last of them is gone, whatever is on meanwhile', () => {
  const { base, layers, front } = layered();
  layers.configure('debug', { canaries: 'both' });
  const [p, q] = [front().malloc(8), front().malloc(8)];
  layers.configure('debug', false);
  const draining = front();
  assert.notEqual(draining, base);
  const trace = layers.trace('trace', {});
  front().free(p);
  assert.equal(trace.records, 1);
  layers.configure('debug', true);
  layers.configure('debug', false);
  trace.stop();
  assert.equal(front(), draining, 'the same layer still');
  front().free(q);
  assert.equal(front(), base);
  layers.configure('debug', true);
  assert.notEqual(front(), draining);
});

test('traces are around everything, and may end in any order', () => {
  const { base, layers, front } = layered();
  const traces = [layers.trace('trace', {}), layers.trace('trace', {}), layers.trace('trace', {})];
  layers.configure('debug', true);
  traces[1].stop();
  traces[2].stop();
  front().malloc(5);
  assert.deepEqual(traces.map(({ records }) => records), [1, 0, 0]);
  layers.configure('debug', false);
  assert.notEqual(front(), base);
  traces[0].stop();
  assert.equal(front(), base);
});

test('another allocator underneath, as when the heap moves', () => {
  const { layers, front } = layered();
  layers.configure('debug', { canaries: true });
  const trace = layers.trace('trace', {});
  const other = allocator();
  other.malloc(100);
  layers.rebase(other);
  const p = front().malloc(5);
  assert.equal(p, 128);
  assert.equal(other.usableSize(p), 32);
  trace.stop();
  layers.configure('debug', false);
  assert.equal(front(), other);
});

test('numbers of any size come back, in as many bytes as was said', () => {
  const numbers = [0, 1, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 49, 2 ** 53 - 1];
  const writer = new ByteWriter(1);
  for (const number of numbers) {
    const before = writer.length;
    writer.number(number);
    assert.equal(writer.length - before, numberLength(number));
    assert.equal(numberLength(number), Math.ceil(number.toString(2).length / 7), String(number));
  }
  writer.word(0xdeadbeef);
  const reader = new ByteReader(writer.written(), 0, assert.fail);
  for (const number of numbers) assert.equal(reader.number(), number);
  assert.equal(reader.word(), 0xdeadbeef);
  assert.ok(reader.isAtEnd);
  for (const number of [0, -1, 1, -2, 2, 2 ** 40, -(2 ** 40), 2 ** 49, -(2 ** 49)]) {
    assert.equal(unzigzag(zigzag(number)), number);
    assert.ok(zigzag(number) >= 0);
  }
  assert.deepEqual([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
});

test('the checksum is that of zlib', async () => {
  const { crc32 } = await import('node:zlib');
  const bytes = Buffer.from('123456789');
  assert.equal(checksumOf(bytes), 0xcbf43926);
  if (crc32 !== undefined) assert.equal(checksumOf(Buffer.alloc(1000, 'allot')), crc32(Buffer.alloc(1000, 'allot')));
});

test('the example in the documents is a trace', () => {
  const text = readFileSync(new URL('../../../docs/trace-format.md', import.meta.url), 'utf8');
  const lines = text.split('\n## An example\n')[1].split('\n## ')[0].trim().split('\n');
  const bytes = lines.flatMap((line) => line.trim().split('     ')[0].trim().split(/ +/).map((byte) => parseInt(byte, 16)));
  assert.deepEqual([...readTrace(Uint8Array.from(bytes))].map(({ operation }) => operation), [
    'live', 'malloc', 'calloc', 'free', 'free', 'mark',
  ]);
});
