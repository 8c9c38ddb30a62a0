// Made by tools/generate.mjs. Do not edit.

/** The most bytes that there is a function for. */
export const shortBytes = 32;

/**
 * Makes a string of so many bytes if all of them are ASCII, else gives `undefined`. It reads whole
 * words, of four bytes: up to three bytes behind the text, which must be there. No byte is read twice.
 *
 * One function for each length, because all ways to have one for several lengths cost more: strings
 * that are joined are copied later, an array of arguments is copied at once.
 */
export const shortAscii: readonly ((view: DataView, at: number) => string | undefined)[] = [
  () => '',
  (view, at) => {
    const w0 = view.getInt32(at, true);
    if (((w0 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true);
    if (((w0 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true);
    if (((w0 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true);
    if (((w0) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true);
    if (((w0 | w1 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true);
    if (((w0 | w1 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true);
    if (((w0 | w1 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true);
    if (((w0 | w1) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true);
    if (((w0 | w1 | w2 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true);
    if (((w0 | w1 | w2 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true);
    if (((w0 | w1 | w2 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true);
    if (((w0 | w1 | w2) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true);
    if (((w0 | w1 | w2 | w3 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true);
    if (((w0 | w1 | w2 | w3 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true);
    if (((w0 | w1 | w2 | w3 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true);
    if (((w0 | w1 | w2 | w3) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true);
    if (((w0 | w1 | w2 | w3 | w4 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true);
    if (((w0 | w1 | w2 | w3 | w4 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true);
    if (((w0 | w1 | w2 | w3 | w4 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true);
    if (((w0 | w1 | w2 | w3 | w4) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255, w6 >>> 24);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getInt32(at + 28, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7 << 24) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255, w6 >>> 24, w7 & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getInt32(at + 28, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7 << 16) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255, w6 >>> 24, w7 & 255, (w7 >> 8) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getInt32(at + 28, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7 << 8) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255, w6 >>> 24, w7 & 255, (w7 >> 8) & 255, (w7 >> 16) & 255);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getInt32(at + 28, true);
    if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7) & 0x80808080) !== 0) return undefined;
    return String.fromCharCode(w0 & 255, (w0 >> 8) & 255, (w0 >> 16) & 255, w0 >>> 24, w1 & 255,
      (w1 >> 8) & 255, (w1 >> 16) & 255, w1 >>> 24, w2 & 255, (w2 >> 8) & 255, (w2 >> 16) & 255, w2 >>> 24,
      w3 & 255, (w3 >> 8) & 255, (w3 >> 16) & 255, w3 >>> 24, w4 & 255, (w4 >> 8) & 255, (w4 >> 16) & 255,
      w4 >>> 24, w5 & 255, (w5 >> 8) & 255, (w5 >> 16) & 255, w5 >>> 24, w6 & 255, (w6 >> 8) & 255,
      (w6 >> 16) & 255, w6 >>> 24, w7 & 255, (w7 >> 8) & 255, (w7 >> 16) & 255, w7 >>> 24);
  },
];

/** Not 0 if a unit in a word is a surrogate; perhaps also if only the unit below is nearly one. */
function hasSurrogate(word: number): number {
  const others = (word & 0xf800f800) ^ 0xd800d800;
  return (others - 0x00010001) & ~others & 0x80008000;
}

/** As {@link shortAscii}, of so many units of UTF-16 if none of them is a surrogate. Reads nothing behind them. */
export const shortUtf16: readonly ((view: DataView, at: number) => string | undefined)[] = [
  () => '',
  (view, at) => {
    const w0 = view.getUint16(at, true);
    if ((hasSurrogate(w0)) !== 0) return undefined;
    return String.fromCharCode(w0);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true);
    if ((hasSurrogate(w0)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getUint16(at + 4, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getUint16(at + 8, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getUint16(at + 12, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16, w3);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getUint16(at + 16, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) |
      hasSurrogate(w4)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) |
      hasSurrogate(w4)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true),
      w5 = view.getUint16(at + 20, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5 & 0xffff, w5 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getUint16(at + 24, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5) | hasSurrogate(w6)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5 & 0xffff, w5 >>> 16, w6);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5) | hasSurrogate(w6)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5 & 0xffff, w5 >>> 16, w6 & 0xffff, w6 >>> 16);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getUint16(at + 28, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5) | hasSurrogate(w6) | hasSurrogate(w7)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5 & 0xffff, w5 >>> 16, w6 & 0xffff, w6 >>> 16, w7);
  },
  (view, at) => {
    const w0 = view.getInt32(at, true), w1 = view.getInt32(at + 4, true), w2 = view.getInt32(at + 8, true),
      w3 = view.getInt32(at + 12, true), w4 = view.getInt32(at + 16, true), w5 = view.getInt32(at + 20, true),
      w6 = view.getInt32(at + 24, true), w7 = view.getInt32(at + 28, true);
    if ((hasSurrogate(w0) | hasSurrogate(w1) | hasSurrogate(w2) | hasSurrogate(w3) | hasSurrogate(w4) |
      hasSurrogate(w5) | hasSurrogate(w6) | hasSurrogate(w7)) !== 0) return undefined;
    return String.fromCharCode(w0 & 0xffff, w0 >>> 16, w1 & 0xffff, w1 >>> 16, w2 & 0xffff, w2 >>> 16,
      w3 & 0xffff, w3 >>> 16, w4 & 0xffff, w4 >>> 16, w5 & 0xffff, w5 >>> 16, w6 & 0xffff, w6 >>> 16,
      w7 & 0xffff, w7 >>> 16);
  },
];

type UnitText = (u: Uint16Array) => string;

/** As {@link shortAscii}, of so many units of an array. */
const unitTexts: readonly UnitText[] = [
  () => '',
  (u) =>
    String.fromCharCode(u[0] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number, u[27] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number, u[27] as number, u[28] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number, u[27] as number, u[28] as number,
      u[29] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number, u[27] as number, u[28] as number,
      u[29] as number, u[30] as number),
  (u) =>
    String.fromCharCode(u[0] as number, u[1] as number, u[2] as number, u[3] as number, u[4] as number,
      u[5] as number, u[6] as number, u[7] as number, u[8] as number, u[9] as number, u[10] as number,
      u[11] as number, u[12] as number, u[13] as number, u[14] as number, u[15] as number, u[16] as number,
      u[17] as number, u[18] as number, u[19] as number, u[20] as number, u[21] as number, u[22] as number,
      u[23] as number, u[24] as number, u[25] as number, u[26] as number, u[27] as number, u[28] as number,
      u[29] as number, u[30] as number, u[31] as number),
];

/** Makes a string of the first `count` units of an array: at most 32. */
export function textOfUnits(units: Uint16Array, count: number): string {
  return (unitTexts[count] as UnitText)(units);
}
