// Heaps that have been used, always in the same way, and what was recorded of them.

export const { Heap, replayTrace } = await import('../../../js/dist/index.js');

export const policies = ['exact', 'compact', 'balanced', 'fast'];

/** The options of heaps of all kinds, by name. */
export const kinds = {
  inside: {},
  outside: { image: 'outside' },
  'outside, of a shared memory': { shared: true, image: 'outside' },
  'for several agents': { shared: true },
  'for several agents, sizes recorded': { shared: true, recordSizes: true },
  'sizes recorded': { recordSizes: true },
  'elsewhere, within a span': { begin: 70_000, end: 1_000_000 },
};

/** A heap with some hundred blocks, a third of them freed. */
export function used(options = {}, { operations = 600, times = false } = {}) {
  const heap = Heap.createSync({ maximum: 60, ...options });
  const trace = heap.trace({ times });
  const blocks = [];
  for (let i = 0; i < operations; i++) blocks.push(heap.malloc(i % 50 === 0 ? i * 30 : (i * 7) % 500));
  trace.mark('the most');
  for (let i = 0; i < (operations * 2) / 3; i++) heap.free(blocks.splice((i * 31) % blocks.length, 1)[0]);
  for (let i = 0; i < blocks.length; i += 3) blocks[i] = heap.realloc(blocks[i], 700 + i);
  blocks.push(heap.calloc(10, 50), heap.alignedAlloc(256, 1000));
  try {
    heap.free(blocks[0] + 16);
  } catch {
    // An error that the trace has, too.
  }
  return { heap, trace: trace.stop() };
}

/** A heap of a page or two. */
export function small(options = {}) {
  return used(options, { operations: 40 });
}
