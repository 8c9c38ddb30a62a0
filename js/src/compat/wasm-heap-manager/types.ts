// Purpose: the types of what a manager is made from and of what its refs hold.
// Floor:   door js, compat.

/** Allocates a block of so many bytes and gives its address; 0 means out of memory. */
export type AllocatorMethod = (size: number) => number;

/** Takes a block back. */
export type DeallocatorMethod = (address: number) => void;

/** Gives the buffer that the heap has now. */
export type HeapGetterCallback = () => ArrayBuffer | SharedArrayBuffer;

/** The lengths of an element, in bytes. */
export type BaseAllocationSize = 1 | 2 | 4 | 8;

/** The typed arrays that a view can be. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The class of such an array. */
export interface TypedArrayClass<View extends TypedArray> {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): View;
  new (elements: ArrayLike<never>): View;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): View;
}
