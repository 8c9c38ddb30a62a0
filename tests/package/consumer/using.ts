// `using`: the declarations bring what it needs of the newest libraries.
import { Heap } from 'allot';

export function sum(heap: Heap): number {
  using values = heap.alloc(Int32Array, [1, 2, 3]);
  using one = heap.alloc('Float64', 0.5);
  let total = one.value;
  for (const value of values) total += value;
  return total;
}
