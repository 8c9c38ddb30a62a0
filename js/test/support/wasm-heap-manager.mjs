// What the tests of the drop-in for wasm-heap-manager share: the module under test, the table of its types,
// and a heap with an allocator that says what it was asked for.

import { can, setting } from './runtime.mjs';

/**
 * The module under test. ALLOT_WASM_HEAP_MANAGER names others (file: addresses, with a space between), whose
 * exports are taken together: the original, to see the tests of what is mended fail (tests/npm does that).
 */
const others = setting('ALLOT_WASM_HEAP_MANAGER');
export const manager = others
  ? Object.assign({}, ...(await Promise.all(others.split(' ').map((address) => import(address)))))
  : await import('allot/compat/wasm-heap-manager');

/** The types of numbers: two values that each holds, and what lies in a typed array for them. */
export const types = [
  { name: 'Int8', bytes: 1, array: Int8Array, values: [-128, 127] },
  { name: 'Uint8', bytes: 1, array: Uint8Array, values: [1, 255] },
  { name: 'Uint8Clamped', bytes: 1, array: Uint8ClampedArray, values: [1, 255] },
  { name: 'Int16', bytes: 2, array: Int16Array, values: [-32768, 32767] },
  { name: 'Uint16', bytes: 2, array: Uint16Array, values: [1, 65535] },
  { name: 'Int32', bytes: 4, array: Int32Array, values: [-(2 ** 31), 2 ** 31 - 1] },
  { name: 'Uint32', bytes: 4, array: Uint32Array, values: [1, 2 ** 32 - 1] },
  { name: 'BigInt64', bytes: 8, array: BigInt64Array, values: [-(2n ** 63n), 2n ** 63n - 1n] },
  { name: 'BigUint64', bytes: 8, array: BigUint64Array, values: [1n, 2n ** 64n - 1n] },
  { name: 'Float32', bytes: 4, array: Float32Array, values: [-1.5, 2 ** 100] },
  { name: 'Float64', bytes: 8, array: Float64Array, values: [-0.1, 1e300] },
  { name: 'Pointer32', bytes: 4, array: Uint32Array, values: [16, 2 ** 32 - 1] },
  { name: 'Pointer53', bytes: 8, array: BigUint64Array, values: [16, 2 ** 53 - 1], stored: BigInt },
  { name: 'Pointer64', bytes: 8, array: BigUint64Array, values: [16n, 2n ** 64n - 1n] },
].map((type) => ({ stored: (value) => value, zero: typeof type.values[0] === 'bigint' ? 0n : 0, ...type }));

export const encodings = [
  { name: 'Ascii', bytes: 1, array: Uint8Array, text: 'plain text', elements: 10 },
  { name: 'Utf8', bytes: 1, array: Uint8Array, text: 'hé€😀', elements: 10 },
  { name: 'Utf16', bytes: 2, array: Uint16Array, text: 'hé€😀', elements: 5 },
  { name: 'Utf32', bytes: 4, array: Uint32Array, text: 'hé€😀', elements: 4 },
];

/** The memories that everything must work on. */
export const memories = [{ kind: 'plain', shared: false }, ...(can.shared ? [{ kind: 'shared', shared: true }] : [])];

/**
 * A manager on a new memory with an allocator that never uses a place twice and keeps a record.
 *
 * @param {{ shared?: boolean, maximum?: number, dirty?: boolean, options?: object }} [how] `dirty`: the memory is
 * full of 0x77 before anything is allocated
 */
export function makeManager({ shared = false, maximum = 100, dirty = false, options } = {}) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum, shared });
  if (dirty) new Uint8Array(memory.buffer).fill(0x77);
  // What lies before is for the tests to write to.
  let next = 8192;
  const record = { asked: [], freed: [], polled: 0 };
  const heap = manager.createWasmHeapManager(
    () => {
      record.polled++;
      return memory.buffer;
    },
    (size) => {
      record.asked.push(size);
      const address = next;
      const end = Math.ceil((next + size) / 16) * 16;
      // 0: out of memory, as C's malloc has it.
      if (end > memory.buffer.byteLength && !grows(memory, end)) return 0;
      next = end;
      return address;
    },
    (address) => {
      record.freed.push(address);
    },
    options,
  );
  return { heap, memory, record, bytes: (at, length) => [...new Uint8Array(memory.buffer).subarray(at, at + length)] };
}

function grows(memory, end) {
  try {
    memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
    return true;
  } catch {
    return false;
  }
}
