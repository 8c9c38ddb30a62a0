// The drop-ins, imported as the originals are.
import LocalSharedMemory from 'allot/compat/local-shared-memory';
import { DataType, wrapEmscriptenModuleHeap, type Int32Ref, type WasmHeapManager } from 'allot/compat/wasm-heap-manager';

export const memory: WebAssembly.Memory = new LocalSharedMemory(1, 2);

export function first(module: unknown): [WasmHeapManager, Int32Ref] {
  const manager = wrapEmscriptenModuleHeap(module);
  DataType satisfies object;
  return [manager, manager.allocInt32(1)];
}
