// A user's file: every entry is used, and what it gives has the type that it should.
import { Heap, HeapError, type HeapOptions } from 'allot';

const options: HeapOptions = { initial: 1, maximum: 10 };
const heap: Heap = await Heap.create(options);
const address: number = heap.malloc(24);
heap.writeInt32(address, 42);
const value: number = heap.readInt32(address);
try {
  heap.free(address + value);
} catch (error) {
  if (error instanceof HeapError) error.code satisfies string;
}

// @ts-expect-error a size is a number
heap.malloc('24');
// @ts-expect-error a heap is made by create or attach
new Heap();

export { heap };
