// Purpose: a drop-in for the npm package wasm-heap-manager, on allot's public API. What it mends is listed
//          in docs/compat/wasm-heap-manager.md.
// Floor:   door js, compat.

export * from './generated/wasm-heap-manager-data-type.js';
export * from './generated/wasm-heap-manager-refs.js';
export { ArrayBufferArenaAllocator } from './wasm-heap-manager/array-buffer-arena.js';
export { createWasmHeapManager, WasmHeapManager, wrapEmscriptenModuleHeap } from './wasm-heap-manager/manager.js';
export { defaultWasmHeapManagerOptions, type WasmHeapManagerOptions } from './wasm-heap-manager/options.js';
export { HeapRef, NumericRef, PointerArrayRef, PointerRef, TypedArrayRef } from './wasm-heap-manager/refs.js';
export { NullTerminatedStringRef, StringRef } from './wasm-heap-manager/string-refs.js';
export type {
  AllocatorMethod,
  BaseAllocationSize,
  DeallocatorMethod,
  HeapGetterCallback,
  TypedArray,
} from './wasm-heap-manager/types.js';
export { WasmMemoryArenaAllocator } from './wasm-heap-manager/wasm-memory-arena.js';
