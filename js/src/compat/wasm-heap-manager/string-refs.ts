// Purpose: what the refs to strings share; the classes for each encoding are generated.
// Floor:   door js, compat.

import { requireWhole } from './errors.js';
import type { WasmHeapManager } from './manager.js';
import { HeapRef } from './refs.js';

/** A ref to a string. */
export abstract class StringRef extends HeapRef {
  /** How many elements there are for it, its terminator included. */
  allocatedElementCount: number;

  /** A ref to a string that lies at an address already. */
  constructor(address: number, allocatedElementCount: number, manager: WasmHeapManager) {
    super(address, manager);
    requireWhole('allocatedElementCount', allocatedElementCount);
    this.allocatedElementCount = allocatedElementCount;
  }

  /** The string. Setting one that is too long throws a `RangeError` and writes nothing. */
  get value(): string {
    return this.read();
  }

  set value(newValue: string) {
    this.write(newValue);
  }

  /** Reads the string. */
  abstract read(): string;
  /** Writes the string. */
  abstract write(newValue: string): this;

  /** All elements there are for it, for immediate use: growth leaves the view behind. */
  abstract allocatedElementsView: Uint8Array | Uint16Array | Uint32Array;
  /** The elements of the string, without the terminator; for immediate use. */
  abstract encodedElementsView: Uint8Array | Uint16Array | Uint32Array;

  /** The bytes of the string, without the terminator; for immediate use. */
  get encodedBytesView(): Uint8Array {
    return this.allocatedBytesView.subarray(0, this.encodedByteCount);
  }

  /** How many bytes the string takes, without the terminator. Costs a search for it. */
  get encodedByteCount(): number {
    return this.encodedElementCount * this.bytesPerElement;
  }

  /** Another name of {@link encodedByteCount}. */
  get encodedByteLength(): number {
    return this.encodedByteCount;
  }

  /** How many elements the string takes, without the terminator. */
  abstract encodedElementCount: number;
  /** The length of an element in bytes. */
  abstract bytesPerElement: 1 | 2 | 4;

  get allocatedByteCount(): number {
    return this.allocatedElementCount * this.bytesPerElement;
  }
}

/** A ref to a string that ends before the first element that is 0. */
export abstract class NullTerminatedStringRef extends StringRef {
  /** How many elements lie before the terminator. Costs a search for it. */
  get encodedElementCount(): number {
    this.assertNotFreed();
    return this.manager.getElementCountOfNullTerminatedString(
      this.address,
      this.bytesPerElement,
      this.allocatedElementCount,
    );
  }
}
