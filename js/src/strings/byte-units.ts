// Purpose: writes the units of a string that are one byte each, four at a time: the engine looks for
//          each of them where a string's units are, and for each write whether there is room and the
//          memory is still there. The latter needs to be done only once for four.
// Floor:   door js.

/**
 * Writes the units of a string, up to where not all of the next four, or of the last few not the next,
 * are at most `highest`.
 *
 * Small, so that engines put it where it is called from: the call would cost as much as four units.
 *
 * @param highest a number of all ones
 * @returns how many units it wrote
 */
export function writeByteUnits(view: DataView, at: number, text: string, highest: number): number {
  const { length } = text;
  let i = 0;
  for (; i < length - 3; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > highest) return i;
    view.setInt32(at + i, a | (b << 8) | (c << 16) | (d << 24), true);
  }
  for (; i < length; i++) {
    const a = text.charCodeAt(i);
    if (a > highest) return i;
    view.setInt8(at + i, a);
  }
  return i;
}
