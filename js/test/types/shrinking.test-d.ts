// Checked by the compiler only (npm run check): what the types of shrinking promise, and what they refuse.

import { Heap } from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export async function usage(heap: Heap, bytes: Uint8Array, module: WebAssembly.Module): Promise<void> {
  check<Equal<ReturnType<typeof heap.trim>, number>>();
  check<Equal<ReturnType<typeof heap.purge>, number>>();

  const instance = heap.bind(() => new WebAssembly.Instance(module), () => undefined);
  check<Equal<typeof instance, WebAssembly.Instance>>();
  const five = heap.bind(() => 5 as const);
  check<Equal<typeof five, 5>>();
  const isUndone: boolean = heap.unbind(() => undefined);

  const guest = await heap.instantiate(fetch('guest.wasm'), { env: { log: (at: number) => at } });
  const other = heap.instantiateSync(bytes, () => ({ env: { next: guest.exports['next'] as () => number } }));
  check<Equal<typeof guest.exports, WebAssembly.Exports>>();
  check<Equal<typeof other.instance, WebAssembly.Instance>>();
  check<Equal<typeof other.module, WebAssembly.Module>>();
  check<Equal<typeof other.isBound, boolean>>();
  other.dispose();

  // @ts-expect-error nothing to call
  heap.bind(instance);
  // @ts-expect-error this object stays what it is
  guest.exports = {};
  void isUndone;
}
