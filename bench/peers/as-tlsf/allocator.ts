// The runtime's own allocator of AssemblyScript (TLSF), under C's names. Compiled by asc, merged with what uses it.

export function malloc(size: usize): usize {
  return heap.alloc(size);
}

export function realloc(block: usize, size: usize): usize {
  return heap.realloc(block, size);
}

export function free(block: usize): void {
  heap.free(block);
}
