// Purpose: writes the units of a string that are one byte each, four at a time: the engine looks up where
//          a string's units are for each of them, and a simple loop around that is no faster than it.
// Floor:   door js.

/**
 * Writes units from `begin` on, up to `end` or to where not all of the next four, or three, are at most
 * `highest`.
 *
 * @param highest a number of all ones
 * @returns the index of the first unit that it did not write
 */
export function writeByteUnits(
  bytes: Uint8Array,
  at: number,
  text: string,
  begin: number,
  end: number,
  highest: number,
): number {
  const base = at - begin;
  let i = begin;
  for (; i < end - 3; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > highest) break;
    bytes[base + i] = a;
    bytes[base + i + 1] = b;
    bytes[base + i + 2] = c;
    bytes[base + i + 3] = d;
  }
  return i;
}
