// Every sample of both documents of LocalSharedMemory, as written there. Where a sample cannot run as it
// stands, a comment beside it says what was mended. `console` is the test's own, so that it can be asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// Mended: in the samples it is the file LocalSharedMemory.js beside them.
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { can } from './support/runtime.mjs';

function makeConsole() {
  const logged = [];
  return { logged, log: (value) => logged.push(value), table: (value) => logged.push(value) };
}

// The samples make the memory without arguments: 1000 pages, shared.
if (can.shared) {
  test('first document: the totals are the first two unsigned integers', () => {
    const memory = new LocalSharedMemory();
    memory.malloc(24);
    memory.malloc(5);
    const bufferOfLocalSharedMemory = memory.buffer;

    const byteLength = new Uint32Array( bufferOfLocalSharedMemory )[0]
    const allocCount = new Uint32Array( bufferOfLocalSharedMemory )[1]

    assert.equal(byteLength, 29);
    assert.equal(allocCount, 2);
  });

  test('first document: malloc(1) gives a multiple of 16, and so do the next', () => {
    // Mended: it says "const ptr = malloc(1)"; malloc is a method.
    const { malloc: method } = LocalSharedMemory.prototype;
    const malloc = method.bind(new LocalSharedMemory());
    const ptr = malloc(1)
    assert.ok(ptr > 0);
    assert.equal(ptr % 16, 0);
    for (let i = 1; i < 50; i++) assert.equal(malloc(i) % 16, 0);
  });

  test('first document: aligned with 16 bytes', () => {
    const memory = new LocalSharedMemory();
    /* aligned with 16 bytes */
    const byteOffset = memory.malloc(7)
    const uInt8Array = new Uint8Array(memory.buffer, byteOffset, 7)

    assert.equal(byteOffset % 16, 0);
    uInt8Array.fill(1);
    assert.equal(memory.sizeof(byteOffset), 7);
  });

  test('first document: aligned with 2 bytes', () => {
    const memory = new LocalSharedMemory();
    /* aligned with 2 btyes  */
    const byteOffset = memory.malloc(5, 2)
    const uInt8Array = new Uint8Array(memory.buffer, byteOffset, 5)

    assert.equal(byteOffset % 2, 0);
    uInt8Array.fill(1);
    assert.equal(memory.sizeof(byteOffset), 5);
  });

  test('first document: the two headers before the offset', () => {
    const memory = new LocalSharedMemory();
    const byteOffset = memory.malloc(7);
    const headers = new Uint32Array(memory.buffer, byteOffset - 8, 2);
    assert.equal(headers[0], 7);
    assert.ok(headers[1] >= 7 + 8);
    assert.equal(headers[1], memory.lengthof(byteOffset));
  });

  test('first document: sizeof', () => {
    const memory = new LocalSharedMemory();
    const console = makeConsole();

    const byteLength = 5;
    const byteOffset = memory.malloc(byteLength);

    const size = memory.sizeof( byteOffset );
    console.log( size ); /* prints 5 into console */

    assert.deepEqual(console.logged, [5]);
  });

  test('first document: arrayBuffer gives a plain ArrayBuffer, where a slice of the buffer would be shared', () => {
    const memory = new LocalSharedMemory();
    const byteOffset = memory.malloc(5);
    assert.ok(memory.arrayBuffer(byteOffset) instanceof ArrayBuffer);
    assert.equal(Object.prototype.toString.call(memory.buffer.slice(0, 8)), '[object SharedArrayBuffer]');
  });

  test('second document: quick start', () => {
    const console = makeConsole();

    // 1. Create a new shared memory instance.
    const memory = new LocalSharedMemory();

    // 2. Allocate memory.
    // Allocate 24 bytes, aligned to the default 16 bytes.
    const ptr1 = memory.malloc(24);

    // Allocate 5 bytes, aligned to 2 bytes.
    const ptr2 = memory.malloc(5, 2); 

    // 3. Write and read data.
    // Set a 32-bit integer at the beginning of the first allocation.
    memory.setInt32(ptr1, 12345);

    // Get the value back.
    const myValue = memory.getInt32(ptr1); // Returns 12345

    // 4. Create a TypedArray view on the second allocation.
    const myData = new Uint8Array([10, 20, 30, 40, 50]);
    const uint8View = memory.arrayView(Uint8Array, ptr2);
    uint8View.set(myData);

    // 5. Inspect all allocations.
    console.table(memory.allocs());

    assert.equal(ptr1 % 16, 0);
    assert.equal(ptr2 % 2, 0);
    assert.equal(myValue, 12345);
    assert.equal(uint8View.length, 5);
    const [[first, second]] = console.logged;
    assert.equal(console.logged[0].length, 2);
    assert.deepEqual({ ...first, buffer: 0 }, { byteOffset: ptr1, byteLength: 24, bufferSize: 40, buffer: 0 });
    assert.deepEqual({ ...second, buffer: 0 }, { byteOffset: ptr2, byteLength: 5, bufferSize: 21, buffer: 0 });
    assert.equal(new Int32Array(first.buffer)[0], 12345);
    assert.deepEqual([...new Uint8Array(second.buffer)], [10, 20, 30, 40, 50]);
    // "A SharedArrayBuffer slice of the allocated block"
    assert.equal(Object.prototype.toString.call(second.buffer), '[object SharedArrayBuffer]');
  });

  test('second document: sizeof', () => {
    const memory = new LocalSharedMemory();
    const console = makeConsole();
    const byteOffset = memory.malloc(100);
    console.log(memory.sizeof(byteOffset)); // 100
    assert.deepEqual(console.logged, [100]);
  });

  test('second document: getters and setters', () => {
    const memory = new LocalSharedMemory();
    const ptr1 = memory.malloc(24);

    memory.setFloat64(ptr1, Math.PI);
    const pi = memory.getFloat64(ptr1);

    assert.equal(pi, Math.PI);
  });

  test('second document: add', () => {
    const memory = new LocalSharedMemory();
    const ptr1 = memory.malloc(4);
    memory.setInt32(ptr1, 40);
    const index = ptr1 / 4;
    assert.equal(memory.add(Int32Array, index, 2), 40);
    assert.equal(memory.getInt32(ptr1), 42);
  });

  test('the page of the original: a worker makes the memory what it was by its prototype', () => {
    const memory = new LocalSharedMemory(4, 4);
    const pointer = memory.malloc(24);
    // What postMessage does to it on the way, where it can be sent at all.
    const received = can.cloneShared ? structuredClone(memory) : memory;
    Reflect.setPrototypeOf(received, LocalSharedMemory.prototype)
    assert.deepEqual(received.allocs().map(({ byteOffset }) => byteOffset), [pointer]);
    assert.equal(received.malloc(24) % 16, 0);
    assert.equal(memory.allocs().length, 2);
  });
}
