// What is still allocated, and a look at how it begins, which mostly tells what it is.

/** @returns {{byteOffset: number, byteLength: number, start: string}[]} the live blocks, in address order */
export function liveBlocks({ heap, memory }) {
  const leaks = [];
  for (const { byteOffset, byteLength, kind } of heap.blocks()) {
    if (kind !== 'live') continue;
    const bytes = new Uint8Array(memory.buffer, byteOffset, Math.min(24, byteLength));
    const start = Array.from(bytes, (byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·',
    ).join('');
    leaks.push({ byteOffset, byteLength, start });
  }
  return leaks;
}
