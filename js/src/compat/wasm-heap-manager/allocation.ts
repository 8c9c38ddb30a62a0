// Purpose: how a manager makes refs: to new blocks, or to what is there already; and how it frees them.
//          The methods for each type of number and encoding are generated on top of it.
// Floor:   door js, compat.

import { HeapAccess } from './access.js';
import { Blocks } from './blocks.js';
import { copyOfElements, type ElementForm } from './elements.js';
import { heapError, requireWhole, show, typeError } from './errors.js';
import type { WasmHeapManager } from './manager.js';
import { completeOptions, type WasmHeapManagerOptions } from './options.js';
import { HeapRef, type NumericRef } from './refs.js';
import type { StringRef } from './string-refs.js';
import { countUpToTerminator, readTerminated, writeTerminated, type TextForm } from './strings.js';
import type { AllocatorMethod, DeallocatorMethod, HeapGetterCallback, TypedArray, TypedArrayClass } from './types.js';

type ValueRefClass<Ref> = new (address: number, manager: WasmHeapManager) => Ref;
type CountedRefClass<Ref> = new (address: number, count: number, manager: WasmHeapManager) => Ref;

/** Blocks and refs. */
export class Allocation extends HeapAccess {
  /** @internal */
  readonly blocks: Blocks;

  readonly #clears: boolean;

  /**
   * Takes a heap over.
   *
   * @param heapGetter gives the buffer that the heap has now
   * @param allocate allocates so many bytes in it
   * @param deallocate frees what lies at an address
   * @param options see {@link WasmHeapManagerOptions}
   */
  constructor(
    heapGetter: HeapGetterCallback,
    allocate: AllocatorMethod,
    deallocate: DeallocatorMethod,
    options?: Partial<WasmHeapManagerOptions>,
  ) {
    const complete = completeOptions(options);
    super(heapGetter, allocate, deallocate, complete);
    this.#clears = complete.clearAllocatedRegions;
    this.blocks = new Blocks(this.heap, complete.trackAllocations);
  }

  /**
   * Frees the block of a ref, or the one at an address: then the refs that the manager allocated
   * there are freed with it. Address 0 is C's `NULL`: nothing happens.
   *
   * @throws HeapError `double_free` when the block was freed before, as far as the manager can know;
   * `another_heap` for another manager's ref
   */
  free(address: number): void;
  free(heapReference: HeapRef): void;
  free(block: number | HeapRef): void {
    if (block instanceof HeapRef) {
      if (!block.belongsTo(this)) {
        throw heapError('another_heap', 'free: the ref belongs to another manager', block.address);
      }
      block.free();
    } else if (typeof block === 'number') this.blocks.freeAddress(block);
    else throw typeError('wrong_type', `free: it takes an address or a ref, not ${show(block)}`);
  }

  /** Frees every block on the list of {@link allocatedHeapRefs}. */
  freeAll(): void {
    for (const ref of this.#tracked('freeAll')) this.blocks.freeRef(ref);
  }

  /** The refs to the blocks that were allocated and not freed, in that order. */
  get allocatedHeapRefs(): HeapRef[] {
    return this.#tracked('allocatedHeapRefs');
  }

  /** How many bytes all these blocks have. */
  get totalAllocatedByteCount(): number {
    return this.#tracked('totalAllocatedByteCount').reduce((sum, ref) => sum + ref.allocatedByteCount, 0);
  }

  /**
   * How many elements a null-terminated string has, without the terminator.
   *
   * @param bytesPerElement 1, 2 or 4
   * @param maxElementCount how many elements to look at; default: all up to the end of the memory
   * @throws RangeError `out_of_bounds` when there is no terminator
   */
  getElementCountOfNullTerminatedString(
    address: number,
    bytesPerElement: 1 | 2 | 4,
    maxElementCount = Infinity,
  ): number {
    if (![1, 2, 4].includes(bytesPerElement)) {
      throw typeError('invalid_option', `bytesPerElement must be 1, 2 or 4, not ${show(bytesPerElement)}`);
    }
    return countUpToTerminator(this.heap, address, bytesPerElement, maxElementCount);
  }

  #tracked(operation: string): HeapRef[] {
    const { refs } = this.blocks;
    if (refs === undefined) {
      throw typeError('unsupported_operation', `${operation}: the option trackAllocations is off`);
    }
    return [...refs];
  }

  /** @internal */
  protected allocValue<T extends number | bigint, Ref extends NumericRef<T>>(
    RefClass: ValueRefClass<Ref>,
    byteCount: number,
    initialValue: T | undefined,
  ): Ref {
    return this.#allocate(
      byteCount,
      (address) => new RefClass(address, this.self),
      initialValue === undefined
        ? undefined
        : (ref) => {
            ref.write(initialValue);
          },
    );
  }

  /** @internal */
  protected allocArray<View extends TypedArray, Ref extends HeapRef>(
    RefClass: CountedRefClass<Ref>,
    arrayClass: TypedArrayClass<View>,
    content: number | ArrayLike<number | bigint>,
    form?: ElementForm,
  ): Ref {
    // Looked at and copied first: what is refused costs no block, and the heap may grow for it.
    const values = typeof content === 'number' ? undefined : copyOfElements(arrayClass, content, form);
    const count = values === undefined ? (content as number) : values.length;
    requireWhole('elementCount', count);
    return this.#allocate(
      count * arrayClass.BYTES_PER_ELEMENT,
      (address) => new RefClass(address, count, this.self),
      values === undefined
        ? undefined
        : (ref) => {
            // As bytes, for the block of a foreign allocator need not be aligned.
            ref.allocatedBytesView.set(new Uint8Array(values.buffer));
          },
    );
  }

  /** @internal */
  protected allocText<Ref extends StringRef>(
    RefClass: CountedRefClass<Ref>,
    form: TextForm,
    content: number | string,
  ): Ref {
    if (typeof content !== 'string') requireWhole('maxElementCount', content);
    const text = typeof content === 'string' ? content : undefined;
    const count = text === undefined ? (content as number) : form.countElements(text);
    const refAt = (address: number): Ref => new RefClass(address, count + 1, this.self);
    const byteCount = (count + 1) * form.bytesPerElement;
    if (text === undefined) {
      const ref = this.#allocate(byteCount, refAt, undefined);
      // It ends, though the block may not be cleared.
      return ref.write('');
    }
    return this.#allocate(byteCount, refAt, (ref) => {
      ref.write(text);
    });
  }

  /** @internal */
  protected readText(form: TextForm, address: number, maxElementCount: number | undefined): string {
    return readTerminated(this.heapOfNow, form, address, maxElementCount);
  }

  /** @internal */
  protected writeText(form: TextForm, address: number, value: string, elementCapacity: number | undefined): number {
    // Without a capacity there is that of the block, if the manager knows it, else all of the memory.
    const byteCapacity = this.blocks.byteCountAt(address) ?? Infinity;
    const capacity = elementCapacity === undefined ? Math.floor(byteCapacity / form.bytesPerElement) : elementCapacity;
    return writeTerminated(this.heapOfNow, form, address, value, capacity);
  }

  /** @internal */
  protected wrapText<Ref extends StringRef>(
    RefClass: CountedRefClass<Ref>,
    form: TextForm,
    address: number,
    maxElementCount: number | undefined,
  ): Ref {
    const count =
      maxElementCount === undefined
        ? countUpToTerminator(this.heap, address, form.bytesPerElement, Infinity) + 1
        : maxElementCount;
    return new RefClass(address, count, this.self);
  }

  /**
   * Allocates a block and makes a ref to it.
   *
   * @param fill writes to all of the block; if that fails, the block is given back. Without it, the
   * block is cleared if that is wanted
   */
  #allocate<Ref extends HeapRef>(
    byteCount: number,
    refAt: (address: number) => Ref,
    fill: ((ref: Ref) => void) | undefined,
  ): Ref {
    const address = this.blocks.allocate(byteCount);
    const ref = refAt(address);
    if (fill === undefined) {
      if (this.#clears) this.heap.fill(address, byteCount);
    } else {
      try {
        fill(ref);
      } catch (error) {
        this.blocks.abandon(address);
        throw error;
      }
    }
    this.blocks.track(ref);
    return ref;
  }

  /**
   * This object is always one of the class that is made of this one.
   *
   * @internal
   */
  protected get self(): WasmHeapManager {
    return this as unknown as WasmHeapManager;
  }
}
