// The fields of the image's header with their offsets, read from the C++ struct that defines it
// (core/allot/image/layout.hpp), so that a new field is tested as soon as it is there.

import { readFileSync } from 'node:fs';

const layout = new URL('../../../../core/allot/image/layout.hpp', import.meta.url);
const widths = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** @returns {{ bytes: number, fields: { name: string, offset: number, bytes: number }[] }} */
export function readHeaderLayout() {
  const text = readFileSync(layout, 'utf8');
  const body = /struct Header \{(.*?)\n\};/s.exec(text)[1].replace(/\/\/.*$/gm, '');
  const constants = Object.fromEntries(
    [...text.matchAll(/inline constexpr u32 (\w+) = (\d+);/g)].map(([, name, value]) => [name, Number(value)]),
  );
  const fields = [];
  let offset = 0;
  for (const [, type, name, count] of body.matchAll(/(\w+)\s+(\w+)(?:\[(\w+)\])?;/g)) {
    const elements = count === undefined ? 1 : (constants[count] ?? Number(count));
    const bytes = widths[type] * elements;
    if (!(bytes > 0)) throw new Error(`cannot read the field ${type} ${name}[${count}]`);
    offset = Math.ceil(offset / widths[type]) * widths[type];
    fields.push({ name, offset, bytes });
    offset += bytes;
  }
  const declared = Number(/sizeof\(Header\) == (\d+)/.exec(text)[1]);
  if (offset !== declared) throw new Error(`read ${offset} bytes of fields, but Header has ${declared}`);
  return { bytes: declared, fields };
}
