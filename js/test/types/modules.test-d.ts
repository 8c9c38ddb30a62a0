// Checked by the compiler only (npm run check): what the types of loaded modules promise, and what they refuse.

import {
  Heap,
  LoadedModule,
  type HeapImports,
  type LoadOptions,
  type MemoryRange,
  type ModuleSource,
  type ModuleStack,
} from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export async function usage(heap: Heap, bytes: Uint8Array, instance: WebAssembly.Instance): Promise<void> {
  const sources: ModuleSource[] = [
    bytes,
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
    await WebAssembly.compile(bytes as BufferSource),
    fetch('module.wasm'),
    await fetch('module.wasm'),
    Promise.resolve(bytes),
  ];
  const options: LoadOptions = {
    name: 'plugin',
    stackByteLength: 4096,
    lazy: true,
    needed: (name) => fetch(name),
    spans: [{ begin: 0, end: 16 }],
    initialize: false,
  };
  for (const source of sources) await heap.load(source);
  const module = await heap.load(bytes, { env: { log: (at: number) => at } }, options);
  check<Equal<typeof module, LoadedModule>>();
  check<Equal<typeof module.ranges, readonly MemoryRange[]>>();
  check<Equal<typeof module.stack, ModuleStack | undefined>>();
  check<Equal<typeof heap.modules, readonly LoadedModule[]>>();
  check<Equal<typeof heap.imports, HeapImports>>();
  check<Equal<ReturnType<typeof heap.imports.malloc>, number>>();
  heap.loadSync(bytes).unload(module);
  await WebAssembly.instantiate(await WebAssembly.compile(bytes as BufferSource), {
    env: { ...heap.imports, table: heap.table },
  });
  check<Equal<Awaited<ReturnType<typeof Heap.fromInstance>>, Heap>>();
  await Heap.fromInstance(instance, { begin: 1024 });
  Heap.fromInstanceSync(instance.exports);

  // @ts-expect-error a range has two ends
  await heap.load(bytes, {}, { spans: [{ begin: 0 }] });
  // @ts-expect-error modules are loaded by a heap
  new LoadedModule();
}
