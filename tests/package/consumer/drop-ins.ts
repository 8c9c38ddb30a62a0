// The drop-ins, imported as the originals are.
import { alloc, bind, buffer, grow, memory as lewdMemory, on, type bool, type OOM, type Resize } from 'allot/compat/lewd';
import LocalSharedMemory from 'allot/compat/local-shared-memory';
import { DataType, wrapEmscriptenModuleHeap, type Int32Ref, type WasmHeapManager } from 'allot/compat/wasm-heap-manager';

export const memory: WebAssembly.Memory = new LocalSharedMemory(1, 2);

export function first(module: unknown): [WasmHeapManager, Int32Ref] {
  const manager = wrapEmscriptenModuleHeap(module);
  DataType satisfies object;
  return [manager, manager.allocInt32(1)];
}

export class Words {
  #address = alloc(16, this);
  #view = new Int32Array(buffer, this.#address >>> 0, 4);

  constructor(told: (info: Resize.Info | OOM.Info) => void) {
    on('resize', this, ({ info }) => {
      this.#view = new Int32Array(info.buffer, this.#address >>> 0, 4);
      told(info);
    });
    on('oom', this, ({ info }) => told(info));
  }

  get words(): number[] {
    return [...this.#view];
  }
}

export const grown: bool = grow(0);
export const pages: number = bind(() => lewdMemory.buffer.byteLength / 65536, () => undefined);
