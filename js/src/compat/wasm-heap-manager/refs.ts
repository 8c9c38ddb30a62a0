// Purpose: the base classes of all refs: a place in the heap, and how it is freed. The classes for each
//          type of number are generated; those for strings are in string-refs.ts.
// Floor:   door js, compat.

import { heapError, rangeError, requireWhole, show, typeError } from './errors.js';
import type { WasmHeapManager } from './manager.js';
import { requireSwitch } from './options.js';
import type { BaseAllocationSize, TypedArray } from './types.js';

/**
 * A place in the heap. Growth does not concern it: it keeps an address, and looks at the heap as it
 * is at each use.
 */
export abstract class HeapRef {
  /** The manager whose heap it lies in. */
  protected readonly manager: WasmHeapManager;

  #address = 0;
  #freedAddress = 0;
  #birth = 0;

  /** A ref to what lies at an address already. A ref to address 0 counts as freed: it is C's `NULL`. */
  constructor(address: number, manager: WasmHeapManager) {
    if (typeof manager?.blocks?.birth !== 'function') {
      throw typeError('wrong_type', `manager must be a WasmHeapManager, not ${show(manager)}`);
    }
    this.manager = manager;
    this.address = address;
  }

  /** Address of its first byte; 0 after it was freed. Setting it makes the ref one to another place. */
  get address(): number {
    return this.#address;
  }

  set address(address: number) {
    requireWhole('address', address);
    const from = this.#address;
    this.#address = address;
    this.#birth = this.manager.blocks.birth(address);
    this.manager.blocks.moved(this, from);
  }

  /**
   * When it came to its address, by its manager's count of allocations and frees.
   *
   * @internal
   */
  get birth(): number {
    return this.#birth;
  }

  /**
   * Frees its block.
   *
   * @throws HeapError `double_free` when it was freed before, by this ref or in another way that the
   * manager knows of
   */
  free(): void {
    if (this.address !== 0) this.manager.blocks.freeRef(this);
    else if (this.#freedAddress !== 0) {
      throw heapError('double_free', `free: the block at ${this.#freedAddress} was freed before`, this.#freedAddress);
    }
  }

  /** Fills it with zeros. */
  clear(): void {
    this.allocatedBytesView.fill(0);
  }

  /** Its bytes, for immediate use: growth leaves the view behind. */
  get allocatedBytesView(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.allocatedByteCount);
  }

  /** Whether it was freed, as far as the manager knows. */
  get isFreed(): boolean {
    return this.address === 0;
  }

  /** The opposite of {@link isFreed}. */
  get isNotFreed(): boolean {
    return this.address !== 0;
  }

  /** Its length in bytes. */
  abstract allocatedByteCount: number;

  /** Another name of {@link allocatedByteCount}. */
  get allocatedByteSize(): number {
    return this.allocatedByteCount;
  }

  /** @throws HeapError `freed_ref` */
  protected assertNotFreed(): void {
    if (this.address === 0) throw this.#freed();
  }

  #freed(): Error {
    const where = this.#freedAddress === 0 ? 'its address is 0' : `it was at ${this.#freedAddress}`;
    return heapError('freed_ref', `the block of this ref was freed (${where})`, this.#freedAddress);
  }

  /**
   * Whether it is one of a manager's.
   *
   * @internal
   */
  belongsTo(manager: object): boolean {
    return this.manager === manager;
  }

  /**
   * Its block was freed.
   *
   * @internal
   */
  end(): void {
    if (this.#address !== 0) this.#freedAddress = this.#address;
    this.#address = 0;
  }

  /**
   * Frees the blocks that pointers point to, but for address 0; none of them if that would free one
   * twice, or this ref's own.
   *
   * @internal
   */
  protected freePointers(pointers: readonly (number | bigint)[]): void {
    this.assertNotFreed();
    const addresses = pointers.map(Number).filter((address) => address !== 0);
    const seen = new Set([this.address]);
    for (const address of addresses) {
      if (seen.has(address))
        throw heapError('double_free', `free: the block at ${address} would be freed twice`, address);
      requireWhole('pointer', address);
      seen.add(address);
    }
    for (const address of addresses) this.manager.free(address);
  }
}

/** A ref to a number. */
export abstract class NumericRef<T extends number | bigint> extends HeapRef {
  /** The number. */
  get value(): T {
    return this.read();
  }

  set value(newValue: T) {
    this.write(newValue);
  }

  /** Reads the number. */
  abstract read(): T;
  /** Writes the number. */
  abstract write(newValue: T): this;
  /** Reads the number atomically. The address must be a multiple of its length. */
  abstract readAtomic(): T;
  /** Writes the number atomically. The address must be a multiple of its length. */
  abstract writeAtomic(newValue: T): this;

  abstract override allocatedByteCount: BaseAllocationSize;
}

/** A ref to a pointer. */
export abstract class PointerRef<T extends number | bigint> extends NumericRef<T> {
  /**
   * Frees its block, and before it the block that it points to, if that is wanted.
   *
   * @param options `freePointedAddress`: also free what it points to, unless that is address 0
   */
  override free(options?: { freePointedAddress?: boolean }): void {
    if (isOn('freePointedAddress', options?.freePointedAddress) && this.isNotFreed) this.freePointers([this.value]);
    super.free();
  }
}

/** A ref to an array of numbers. */
export abstract class TypedArrayRef<T extends TypedArray> extends HeapRef {
  readonly #elementCount: number;

  /** A ref to an array that lies at an address already. */
  constructor(address: number, elementCount: number, manager: WasmHeapManager) {
    super(address, manager);
    requireWhole('elementCount', elementCount);
    this.#elementCount = elementCount;
  }

  /** How many elements it has. */
  get elementCount(): number {
    return this.#elementCount;
  }

  /** The array itself, for immediate use: growth leaves the view behind. */
  abstract view: T;

  get allocatedByteCount(): number {
    return this.elementCount * this.bytesPerElement;
  }

  /** The length of an element in bytes. */
  abstract bytesPerElement: BaseAllocationSize;
  /** Reads an element. */
  abstract readAt(index: number): number | bigint;
  /** Reads an element atomically. */
  abstract readAtomicAt(index: number): number | bigint;
  /** Writes an element. */
  abstract writeAt(index: number, value: number | bigint): this;
  /** Writes an element atomically. */
  abstract writeAtomicAt(index: number, value: number | bigint): this;

  /**
   * Where an element lies.
   *
   * @internal
   */
  protected addressAt(index: number): number {
    this.assertNotFreed();
    if (!Number.isInteger(index) || index < 0 || index >= this.elementCount) {
      throw rangeError(
        'index_out_of_range',
        `index ${show(index)} is not in an array of ${this.elementCount} elements`,
      );
    }
    return this.address + index * this.bytesPerElement;
  }
}

/** A ref to an array of pointers. */
export abstract class PointerArrayRef<T extends TypedArray> extends TypedArrayRef<T> {
  /**
   * Frees its block, and before it the blocks that its elements point to, if that is wanted.
   *
   * @param options `freeElements`: also free what the elements point to, except address 0
   */
  override free(options?: { freeElements?: boolean }): void {
    if (isOn('freeElements', options?.freeElements) && this.isNotFreed) {
      this.freePointers(Array.from({ length: this.elementCount }, (_, index) => this.readAt(index)));
    }
    super.free();
  }
}

/** An option that is off unless it is `true`. */
function isOn(name: string, value: boolean | undefined): boolean {
  if (value !== undefined) requireSwitch(name, value);
  return value === true;
}
