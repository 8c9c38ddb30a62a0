// The file that traces.mjs writes, for every engine.

/** Its numbers before the calls: how many calls, blocks live at once at most, bytes requested and live at most. */
export const headerLength = 3;

/** @param {Uint8Array} bytes of the file */
export function readTrace(bytes) {
  const numbers = new Uint32Array(bytes.slice().buffer);
  const [calls, slots, peak] = numbers;
  return { calls, slots, peak, data: numbers.subarray(headerLength) };
}
