// What a user cannot make by `new`, as the declarations say it.
import {
  Arena,
  ArrayRef,
  BoundInstance,
  Heap,
  LoadedModule,
  PointerRef,
  Ref,
  Relocatable,
  Scope,
  StringRef,
  StructArrayRef,
  StructRef,
  StructType,
  ValueRef,
} from 'allot';
import { Condition, Mutex, MutexGuard, RingBuffer, Semaphore, SharedObject } from 'allot/sync';

export function refused(heap: Heap): void {
  // @ts-expect-error heap.arena
  new Arena();
  // @ts-expect-error heap.alloc
  new ArrayRef();
  // @ts-expect-error heap.instantiate
  new BoundInstance();
  // @ts-expect-error Heap.create
  new Heap();
  // @ts-expect-error heap.load
  new LoadedModule();
  // @ts-expect-error heap.alloc
  new PointerRef();
  // @ts-expect-error heap.alloc
  new Ref();
  // @ts-expect-error heap.allocRelocatable
  new Relocatable();
  // @ts-expect-error heap.scope
  new Scope();
  // @ts-expect-error heap.scope
  new Scope(heap);
  // @ts-expect-error heap.allocString
  new StringRef();
  // @ts-expect-error heap.allocArray
  new StructArrayRef();
  // @ts-expect-error heap.alloc
  new StructRef();
  // @ts-expect-error struct, union
  new StructType();
  // @ts-expect-error heap.alloc
  new ValueRef();

  // @ts-expect-error Condition.create
  new Condition(heap);
  // @ts-expect-error Mutex.create
  new Mutex(heap);
  // @ts-expect-error mutex.lock
  new MutexGuard(Mutex.create(heap));
  // @ts-expect-error RingBuffer.create
  new RingBuffer(heap, 64);
  // @ts-expect-error Semaphore.create
  new Semaphore(heap, 1);
  // @ts-expect-error those above
  new SharedObject(heap);
}

export function isOne(it: unknown): it is Ref {
  return it instanceof ArrayRef || it instanceof StructRef || it instanceof Ref;
}
