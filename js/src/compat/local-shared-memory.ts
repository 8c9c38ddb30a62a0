// Purpose: `allot/compat/local-shared-memory`: a WebAssembly.Memory with malloc, as the package of that
//          name has it, on a heap of allot. docs/compat/local-shared-memory.md says what is mended.
// Floor:   door js, compat.

import type { HalfArray } from '../index.js';
import { ArrayMemory } from './local-shared-memory/arrays.js';
import { elementOf, type AnyTypedArray, type TypedArrayType } from './local-shared-memory/elements.js';
import { allocationsOf, found, join } from './local-shared-memory/joined.js';
import {
  rangeError,
  requireBytes,
  requireInteger,
  requireWhole,
  show,
  typeError,
} from './local-shared-memory/refuse.js';

export type { ArrayMemory } from './local-shared-memory/arrays.js';
export type { AnyTypedArray, ElementOf, TypedArrayType } from './local-shared-memory/elements.js';
export type { NumberMemory } from './local-shared-memory/numbers.js';

/** An allocation, as {@link LocalSharedMemory.allocs} lists it. Numbers of bytes. */
export interface AllocationInfo {
  /** Where the data begins: what malloc returned. */
  readonly byteOffset: number;
  /** As it was asked for. */
  readonly byteLength: number;
  /** What it uses in all: padding, header and data. */
  readonly bufferSize: number;
  /** A copy of the data; a `SharedArrayBuffer` when the memory is shared. */
  readonly buffer: ArrayBufferLike;
}

const maximumPages = 65536;

/**
 * A `WebAssembly.Memory` with a C-like `malloc`, for all workers at once: send it to a worker like
 * any memory, and join it there with {@link LocalSharedMemory.attach}.
 *
 * Offsets and sizes are numbers of bytes. Views (`arrayView`, `dataView`, `subarray` …) are plain
 * typed arrays: growing the memory leaves them behind. Every bad argument is a `TypeError`,
 * `RangeError` or `HeapError` with a `code`, and changes nothing.
 */
export default class LocalSharedMemory extends ArrayMemory {
  /** Pages (of 64 KiB) that a memory begins with when it is not told; a subclass may have another. */
  static devicePageSize = 1000;

  /**
   * @param initial pages (of 64 KiB) that it begins with
   * @param maximum pages that it may grow to; malloc grows it by itself when it needs to
   * @param shared whether other workers can have it too
   * @throws RangeError `out_of_memory`, `size_too_large`, `invalid_number`
   * @throws TypeError `wrong_type`
   */
  constructor(initial: number = new.target.devicePageSize, maximum: number = initial, shared = true) {
    const descriptor = requireDescriptor(initial, maximum, shared);
    try {
      super(descriptor);
    } catch (cause) {
      throw rangeError('out_of_memory', 'LocalSharedMemory', `the engine refuses ${initial} pages`, { cause });
    }
    found(this);
  }

  /**
   * Makes a memory that was received from another agent what it was there: the same heap, whose
   * malloc all agents can use at once.
   *
   * @returns the memory itself
   * @throws TypeError `wrong_type` for what is no memory
   * @throws HeapError `not_a_heap` for a memory that was not made by this class, `corrupt_image`
   */
  static attach(memory: WebAssembly.Memory): LocalSharedMemory {
    join('attach', memory);
    if (memory instanceof LocalSharedMemory) return memory;
    if (Reflect.setPrototypeOf(memory, this.prototype)) return memory as LocalSharedMemory;
    throw typeError('wrong_type', 'attach', 'the memory is not extensible, so it cannot become a LocalSharedMemory');
  }

  // ── The memory as a whole ─────────────────────────────────────────────────────────────────────

  /** The bytes that are allocated, as they were asked for: the first u32 of the memory. */
  get length(): number {
    return Atomics.load(this.ai32, 0);
  }

  /** The totals: bytes that are allocated, and how many allocations there are. */
  get ai32(): Uint32Array {
    return new Uint32Array(this.buffer, 0, 2);
  }

  /**
   * Makes the memory `delta` pages (of 64 KiB) larger, for malloc to use.
   *
   * @returns the pages that there were before
   * @throws RangeError `out_of_memory`, `invalid_number`
   */
  override grow(delta: number): number {
    const pages = requireWhole('grow', 'delta', delta);
    if (pages > maximumPages) throw rangeError('out_of_memory', 'grow', `${pages} pages are more than there can be`);
    return allocationsOf(this).heap.grow(pages);
  }

  // ── Allocations ───────────────────────────────────────────────────────────────────────────────

  /**
   * Allocates `byteLength` bytes at a multiple of `alignBytes`. What they hold is whatever lay
   * there. May grow the memory, up to its maximum.
   *
   * @param alignBytes any whole number from 1 up
   * @returns the offset of the first byte
   * @throws RangeError `invalid_number`, `invalid_alignment`, `size_too_large`, `out_of_memory`
   * @throws TypeError `wrong_type`
   */
  malloc(byteLength: number, alignBytes = 16): number {
    return allocationsOf(this).allocate('malloc', byteLength, alignBytes);
  }

  /**
   * Gives an allocation back. `free(0)` does nothing, as in C.
   *
   * @throws HeapError `double_free`, `interior_address`, `metadata_address`, `foreign_address`,
   * `wild_address`: what the offset is, if malloc did not return it
   */
  free(offset: number): void {
    if (offset === 0) return;
    allocationsOf(this).free('free', offset);
  }

  /**
   * Makes an allocation larger or smaller. The bytes up to the smaller of both sizes are kept.
   * `realloc(0, byteLength)` is `malloc(byteLength)`, as in C.
   *
   * @returns its offset, the same or another one; when it is another one, the old is free
   * @throws as `malloc` and `free`: the allocation is as before
   */
  realloc(offset: number, byteLength: number, alignBytes = 16): number {
    if (offset === 0) return allocationsOf(this).allocate('realloc', byteLength, alignBytes);
    return allocationsOf(this).resize('realloc', offset, byteLength, alignBytes);
  }

  /**
   * The bytes that an allocation was asked for.
   *
   * @throws HeapError as {@link LocalSharedMemory.free}
   */
  sizeof(offset: number): number {
    return allocationsOf(this).find('sizeof', offset).requested;
  }

  /**
   * The bytes that an allocation uses in all: padding, header and data.
   *
   * @throws HeapError as {@link LocalSharedMemory.free}
   */
  lengthof(offset: number): number {
    return allocationsOf(this).find('lengthof', offset).used;
  }

  /**
   * All allocations in the order of their offsets, each with a copy of its data. While other
   * agents allocate and free, it lists what was there when it was looked at.
   */
  allocs(): AllocationInfo[] {
    const allocations = allocationsOf(this);
    const list: AllocationInfo[] = [];
    for (const allocation of allocations.all()) {
      const { byteOffset, requested, used } = allocation;
      const end = byteOffset + requested;
      const buffer = this.buffer.slice(byteOffset, end);
      // Another agent may have freed it before all was copied.
      if (!allocations.isStill(allocation)) continue;
      // Or may have made it where others were that are listed already: those are gone.
      while (endOf(list.at(-1)) > end - used) list.pop();
      list.push({ byteOffset, byteLength: requested, bufferSize: used, buffer });
    }
    return list;
  }

  // ── Copies and views ──────────────────────────────────────────────────────────────────────────

  /** A copy of bytes that is not shared, whatever the memory is. */
  arrayBuffer(offset: number, length?: number): ArrayBuffer {
    const range = rangeOf(this, 'arrayBuffer', offset, length);
    return new Uint8Array(this.buffer, range.byteOffset, range.byteLength).slice().buffer;
  }

  /** A copy of bytes that is shared if the memory is. */
  sharedArrayBuffer(offset: number, length?: number): ArrayBufferLike {
    const { byteOffset, byteLength } = rangeOf(this, 'sharedArrayBuffer', offset, length);
    return this.buffer.slice(byteOffset, byteOffset + byteLength);
  }

  /** A `DataView` on bytes, of the whole allocation if no `length` is given. */
  dataView(offset: number, length?: number): DataView {
    const { byteOffset, byteLength } = rangeOf(this, 'dataView', offset, length);
    return new DataView(this.buffer, byteOffset, byteLength);
  }

  /**
   * A typed array on `length` elements, of the whole allocation if no `length` is given (then what
   * is left over at its end, too little for an element, is left out).
   *
   * @throws RangeError `unaligned` when the offset is not a multiple of the elements' size
   */
  arrayView<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, offset: number, length?: number): View {
    elementOf('arrayView', TypedArray);
    const bytes = TypedArray.BYTES_PER_ELEMENT;
    const wanted = length === undefined ? undefined : requireWhole('arrayView', 'length', length) * bytes;
    const { byteOffset, byteLength } = rangeOf(this, 'arrayView', offset, wanted);
    if (byteOffset % bytes !== 0) {
      throw rangeError('unaligned', 'arrayView', `${byteOffset} is not a multiple of ${bytes}`);
    }
    return new TypedArray(this.buffer, byteOffset, Math.floor(byteLength / bytes));
  }

  // ── Bytes ─────────────────────────────────────────────────────────────────────────────────────

  /**
   * Copies bytes; source and destination may overlap.
   *
   * @returns `dstByteOffset`, as in C
   */
  memcpy(dstByteOffset: number, srcByteOffset: number, byteLength: number): number {
    const to = requireWhole('memcpy', 'dstByteOffset', dstByteOffset);
    const from = requireWhole('memcpy', 'srcByteOffset', srcByteOffset);
    const bytes = requireWhole('memcpy', 'byteLength', byteLength);
    const { buffer } = this;
    requireBytes('memcpy', buffer, to, bytes);
    requireBytes('memcpy', buffer, from, bytes);
    new Uint8Array(buffer).copyWithin(to, from, from + bytes);
    return to;
  }

  /**
   * Fills bytes with a value, of which the lowest eight bits count, as in C.
   *
   * @returns `dstByteOffset`, as in C
   */
  memset(dstByteOffset: number, value: number, byteLength: number): number;
  /**
   * Copies the first `byteLength` bytes of a buffer that lies elsewhere: all, if it is not given.
   *
   * @returns `dstByteOffset`
   */
  memset(dstByteOffset: number, source: ArrayBufferLike | ArrayBufferView, byteLength?: number): number;
  memset(dstByteOffset: number, what: number | ArrayBufferLike | ArrayBufferView, byteLength?: number): number {
    const to = requireWhole('memset', 'dstByteOffset', dstByteOffset);
    if (typeof what === 'number') {
      const value = requireInteger('memset', 'value', what);
      const bytes = requireWhole('memset', 'byteLength', byteLength);
      requireBytes('memset', this.buffer, to, bytes);
      new Uint8Array(this.buffer, to, bytes).fill(value);
      return to;
    }
    const source = bytesOf('memset', what);
    const bytes = byteLength === undefined ? source.length : requireWhole('memset', 'byteLength', byteLength);
    if (bytes > source.length) {
      throw rangeError('out_of_bounds', 'memset', `the source has ${source.length} bytes, not ${bytes}`);
    }
    requireBytes('memset', this.buffer, to, bytes);
    new Uint8Array(this.buffer, to, bytes).set(source.subarray(0, bytes));
    return to;
  }

  // ── Allocating typed arrays ───────────────────────────────────────────────────────────────────

  /** Allocates `length` elements, all 0, and gives a view on them; free them by its `byteOffset`. */
  Int8Array(length: number): Int8Array {
    return allocateArray(this, 'Int8Array', Int8Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Uint8Array(length: number): Uint8Array {
    return allocateArray(this, 'Uint8Array', Uint8Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Uint8ClampedArray(length: number): Uint8ClampedArray {
    return allocateArray(this, 'Uint8ClampedArray', Uint8ClampedArray, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Int16Array(length: number): Int16Array {
    return allocateArray(this, 'Int16Array', Int16Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Uint16Array(length: number): Uint16Array {
    return allocateArray(this, 'Uint16Array', Uint16Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Int32Array(length: number): Int32Array {
    return allocateArray(this, 'Int32Array', Int32Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Uint32Array(length: number): Uint32Array {
    return allocateArray(this, 'Uint32Array', Uint32Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  BigInt64Array(length: number): BigInt64Array {
    return allocateArray(this, 'BigInt64Array', BigInt64Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  BigUint64Array(length: number): BigUint64Array {
    return allocateArray(this, 'BigUint64Array', BigUint64Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}, where the engine has `Float16Array`. */
  Float16Array(length: number): HalfArray {
    const { Float16Array: type } = globalThis as { Float16Array?: TypedArrayType<HalfArray> };
    if (type === undefined) {
      throw typeError('unsupported_element', 'Float16Array', 'this engine has no Float16Array');
    }
    return allocateArray(this, 'Float16Array', type, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Float32Array(length: number): Float32Array {
    return allocateArray(this, 'Float32Array', Float32Array, length);
  }

  /** As {@link LocalSharedMemory.Int8Array}. */
  Float64Array(length: number): Float64Array {
    return allocateArray(this, 'Float64Array', Float64Array, length);
  }
}

function requireDescriptor(initial: number, maximum: number, shared: unknown): WebAssembly.MemoryDescriptor {
  const operation = 'LocalSharedMemory';
  requireWhole(operation, 'initial', initial);
  requireWhole(operation, 'maximum', maximum);
  if (typeof shared !== 'boolean') {
    throw typeError('wrong_type', operation, `shared must be a boolean, not ${show(shared)}`);
  }
  if (initial <= maximum && maximum <= maximumPages) return { initial, maximum, shared };
  throw rangeError(
    'size_too_large',
    operation,
    `initial is ${initial} and maximum ${maximum} pages; initial must not exceed maximum, nor that ${maximumPages}`,
  );
}

/** Where an allocation ends. */
function endOf(info: AllocationInfo | undefined): number {
  return info === undefined ? 0 : info.byteOffset + info.byteLength;
}

/** The bytes that a view or copy is asked of: without a length those of the allocation. */
function rangeOf(
  memory: LocalSharedMemory,
  operation: string,
  offset: number,
  length: number | undefined,
): { byteOffset: number; byteLength: number } {
  if (length === undefined) {
    const { byteOffset, requested } = allocationsOf(memory).find(operation, offset);
    return { byteOffset, byteLength: requested };
  }
  const byteOffset = requireWhole(operation, 'offset', offset);
  const byteLength = requireWhole(operation, 'length', length);
  requireBytes(operation, memory.buffer, byteOffset, byteLength);
  return { byteOffset, byteLength };
}

/** The bytes of any buffer or view. */
function bytesOf(operation: string, source: unknown): Uint8Array {
  try {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    const tag = Object.prototype.toString.call(source);
    if (/^\[object (Shared)?ArrayBuffer\]$/.test(tag)) return new Uint8Array(source as ArrayBufferLike);
  } catch (cause) {
    throw typeError('wrong_type', operation, 'the source is detached', { cause });
  }
  throw typeError('wrong_type', operation, `what to write must be a number, a buffer or a view, not ${show(source)}`);
}

function allocateArray<View extends AnyTypedArray>(
  memory: LocalSharedMemory,
  operation: string,
  type: TypedArrayType<View>,
  length: number,
): View {
  const byteLength = requireWhole(operation, 'length', length, 1) * type.BYTES_PER_ELEMENT;
  const byteOffset = allocationsOf(memory).allocate(operation, byteLength, 16);
  new Uint8Array(memory.buffer, byteOffset, byteLength).fill(0);
  return new type(memory.buffer, byteOffset, length);
}
