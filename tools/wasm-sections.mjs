// Reads a module's sections, imports and exports, and puts sections together. WebAssembly.Module does not tell about sections and limits,
// and an engine without memory64 tells nothing about a wasm64 module.
// Source: WebAssembly Core Specification 2.0, section 5.5 (binary format of modules).

const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

const names = [
  'custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code',
  'data', 'data count', 'tag',
];

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error('the module ends in the middle of a section');
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number. Limits of a 64-bit memory may pass 2^32, hence no shifts. */
  number() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString('utf8');
  }

  /** `at` is where the minimum is written, from the start of the section's content. */
  limits() {
    const flags = this.byte();
    const at = this.at;
    const minimum = this.number();
    const maximum = flags & 1 ? this.number() : undefined;
    return { at, minimum, maximum, shared: (flags & 2) !== 0, address: flags & 4 ? 'i64' : 'i32' };
  }
}

/**
 * The sections in their order: `{id, name, content}`. A custom section is called by its own name.
 *
 * @param {Uint8Array} bytes a whole module
 */
export function readSections(bytes) {
  const reader = new Reader(bytes);
  if (preamble.some((byte) => reader.byte() !== byte)) throw new Error('not a WebAssembly module of version 1');
  const sections = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    const content = bytes.subarray(reader.at, reader.at + size);
    if (content.length < size) throw new Error('the module ends in the middle of a section');
    reader.at += size;
    sections.push({ id, name: id === 0 ? new Reader(content).text() : (names[id] ?? `unknown ${id}`), content });
  }
  return sections;
}

/** The module that consists of these sections. */
export function writeSections(sections) {
  const parts = sections.flatMap(({ id, content }) => [Uint8Array.of(id, ...encoded(content.length)), content]);
  return Buffer.concat([preamble, ...parts]);
}

/** Unsigned LEB128. */
function encoded(number) {
  const bytes = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const kinds = ['function', 'table', 'memory', 'global', 'tag'];

/** The entries of the section with this name, each read by `read`; none when there is no such section. */
function entriesOf(bytes, name, read) {
  const section = readSections(bytes).find((candidate) => candidate.name === name);
  if (!section) return [];
  const reader = new Reader(section.content);
  return Array.from({ length: reader.number() }, () => read(reader));
}

/**
 * The imports in their order: `{name: 'module.name', kind, limits}`, limits of a memory or table only.
 * Unlike WebAssembly.Module this also reads modules that the engine at hand cannot compile.
 */
export function readImports(bytes) {
  return entriesOf(bytes, 'import', (reader) => {
    const name = `${reader.text()}.${reader.text()}`;
    const kind = kinds[reader.byte()];
    if (kind === 'function') reader.number();
    else if (kind === 'table') {
      reader.byte();
      return { name, kind, limits: reader.limits() };
    } else if (kind === 'memory') return { name, kind, limits: reader.limits() };
    else if (kind === 'global' || kind === 'tag') {
      reader.byte();
      reader.number();
    } else throw new Error(`import ${name} is of an unknown kind`);
    return { name, kind };
  });
}

/** The exports in their order: `{name, kind}`. */
export function readExports(bytes) {
  return entriesOf(bytes, 'export', (reader) => {
    const name = reader.text();
    const kind = kinds[reader.byte()];
    reader.number();
    return { name, kind };
  });
}
