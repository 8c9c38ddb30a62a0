// Takes a snapshot of a heap outside apart and puts it together again, by docs/snapshot-format.md, so that tests can
// put into it what no heap ever would.

import { crc32 } from './crc32.mjs';

const pageBytes = 65536;

/** Its header, the memory, the records and where the image is in these. */
export function openSnapshot(snapshot) {
  const view = new DataView(snapshot.buffer, snapshot.byteOffset);
  let at = 64;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = snapshot[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const runs = (pages) => {
    const bytes = new Uint8Array(pages * pageBytes);
    for (let done = 0; done < bytes.length; ) {
      const [zeros, count] = [number(), number()];
      bytes.set(snapshot.subarray(at, at + count), done + zeros);
      at += count;
      done += zeros + count;
    }
    return bytes;
  };
  const field = (offset) => Number(view.getBigUint64(offset, true));
  const memory = runs(field(16));
  return { header: snapshot.slice(0, 64), image: field(32), memory, records: runs(field(40)) };
}

/** The snapshot of these parts; with `pages` its memory is so long, and zero. */
export function closeSnapshot({ header, memory, records, pages }) {
  const leb = (number) => (number < 128 ? [number] : [(number % 128) + 128, ...leb(Math.floor(number / 128))]);
  const first = pages === undefined ? [...leb(0), ...leb(memory.length)] : [...leb(pages * pageBytes), 0];
  const second = [...leb(0), ...leb(records.length)];
  const body = first.length + second.length + records.length + (pages === undefined ? memory.length : 0);
  const out = new Uint8Array(64 + body + 4);
  const view = new DataView(out.buffer);
  out.set(header);
  if (pages !== undefined) view.setBigUint64(16, BigInt(pages), true);
  view.setBigUint64(48, BigInt(body), true);
  let at = 64;
  for (const part of [first, ...(pages === undefined ? [memory] : []), second, records]) {
    out.set(part, at);
    at += part.length;
  }
  view.setUint32(at, crc32(out.subarray(0, at)), true);
  return out;
}
