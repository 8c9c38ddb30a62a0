// Purpose: class WasmHeapManager, put together, and the two functions that make one.
// Floor:   door js, compat.

import { TypedMethods } from '../generated/wasm-heap-manager-methods.js';
import { show, typeError } from './errors.js';
import type { WasmHeapManagerOptions } from './options.js';
import type { AllocatorMethod, DeallocatorMethod, HeapGetterCallback } from './types.js';

/**
 * Reads, writes, allocates and wraps numbers, strings and typed arrays in a heap that is defined by
 * a buffer, an allocator and a deallocator.
 *
 * Addresses and counts are whole numbers from 0 up, else a `RangeError` (code `invalid_number`) or a
 * `TypeError` (`wrong_type`) is thrown; what lies outside the memory is a `RangeError`
 * (`out_of_bounds`). Whatever throws has changed nothing.
 */
export class WasmHeapManager extends TypedMethods {}

/** As `new WasmHeapManager(…)`. */
export function createWasmHeapManager(
  heapGetter: HeapGetterCallback,
  allocateMethod: AllocatorMethod,
  deallocateMethod: DeallocatorMethod,
  options?: Partial<WasmHeapManagerOptions>,
): WasmHeapManager {
  return new WasmHeapManager(heapGetter, allocateMethod, deallocateMethod, options);
}

/**
 * A manager for the heap of an Emscripten module that exports `_malloc`, `_free` and `HEAPU8`.
 *
 * @param emscriptenModule the module, instantiated
 */
export function wrapEmscriptenModuleHeap(
  emscriptenModule: unknown,
  options?: Partial<WasmHeapManagerOptions>,
): WasmHeapManager {
  if ((typeof emscriptenModule !== 'object' && typeof emscriptenModule !== 'function') || emscriptenModule === null) {
    throw typeError('wrong_type', `the module must be an object, not ${show(emscriptenModule)}`);
  }
  const module = emscriptenModule as EmscriptenModule;
  if (!ArrayBuffer.isView(module.HEAPU8)) {
    throw typeError('wrong_type', 'the module has no HEAPU8: build it with -sEXPORTED_RUNTIME_METHODS=HEAPU8');
  }
  for (const name of ['_malloc', '_free'] as const) {
    if (typeof module[name] === 'function') continue;
    throw typeError('wrong_type', `the module has no ${name}: build it with -sEXPORTED_FUNCTIONS=_malloc,_free`);
  }
  // A module with threads renews HEAPU8 only when its own code looks at the heap, so the memory knows
  // better. To read a property that was not exported may end a debug build: hence the descriptor.
  const memory: unknown = Object.getOwnPropertyDescriptor(module, 'wasmMemory')?.value;
  const getter = memory instanceof WebAssembly.Memory ? () => memory.buffer : () => module.HEAPU8.buffer as ArrayBuffer;
  return new WasmHeapManager(
    getter,
    (size) => module._malloc(size),
    (address) => {
      module._free(address);
    },
    options,
  );
}

interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
}
