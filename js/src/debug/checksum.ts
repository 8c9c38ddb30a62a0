// Purpose: the checksum of traces and snapshots: CRC-32 as in ISO-HDLC (zlib, PNG, Ethernet).
// Floor:   door js.

let table: Uint32Array | undefined;

/** What a byte does to the remainder; made when it is first wanted. */
function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    return remainder;
  });
}

/** The checksum of bytes. */
export function checksumOf(bytes: Uint8Array): number {
  table ??= makeTable();
  let remainder = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    remainder = (remainder >>> 8) ^ (table[(remainder ^ (bytes[i] as number)) & 0xff] as number);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
