// C text for the types of js/test/support/structs.mjs, and assertions about their layout for the compiler to
// check. The text is one translation unit for wasm32 and wasm64: pointers are real ones where their
// length fits.

const elementTypes = {
  Int8: 'signed char',
  Uint8: 'unsigned char',
  Uint8Clamped: 'unsigned char',
  Int16: 'short',
  Uint16: 'unsigned short',
  Int32: 'int',
  Uint32: 'unsigned int',
  BigInt64: 'long long',
  BigUint64: 'unsigned long long',
  // clang has no _Float16 for WebAssembly; where it has one, it is two bytes at a multiple of two.
  Float16: 'unsigned short',
  Float32: 'float',
  Float64: 'double',
  BigUint128: 'unsigned __int128',
  BigUint256: 'uint256',
  Pointer32: 'pointer32',
  Pointer53: 'pointer64',
  Pointer64: 'pointer64',
};

const unitTypes = { ascii: 'char', latin1: 'char', utf8: 'char', utf16: 'unsigned short', utf32: 'unsigned int' };
const unitLengths = { ascii: 1, latin1: 1, utf8: 1, utf16: 2, utf32: 4 };

/** What every text begins with. */
export const prelude = `#include <stddef.h>
typedef unsigned long long uint256[4];
#if __SIZEOF_POINTER__ == 8
typedef unsigned int pointer32;
typedef void *pointer64;
#else
typedef void *pointer32;
typedef unsigned long long pointer64;
#endif
`;

/** Writes C for nodes that are laid out. */
export class CWriter {
  #count = 0;
  #names = new Map();
  text = prelude;

  /** Defines a struct or union, and gives its name. */
  define(node, name = `S${this.#count++}`) {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const members = node.fields.map(([field, type]) => this.#declare(type, field));
    // There is no word in C for a length of one's own: members fill it up.
    const rest = node.size - node.end;
    if (node.options.byteLength !== undefined && rest > 0) {
      members.push(`char _rest[${node.kind === 'union' ? node.size : rest}];`);
    }
    const attribute =
      node.options.alignment === undefined ? '' : ` __attribute__((aligned(${node.options.alignment})))`;
    const isPacked = node.pack !== Infinity;
    if (isPacked) this.text += `#pragma pack(push, ${node.pack})\n`;
    this.text += `typedef ${node.kind}${attribute} { ${members.join(' ')} } ${name};\n`;
    if (isPacked) this.text += '#pragma pack(pop)\n';
    this.#names.set(node, name);
    return name;
  }

  /** Asserts a layout, as somebody (`lengthOf`, and so on) claims it is. */
  assert(name, { byteLength, alignment, fields }) {
    this.#assert(`sizeof(${name}) == ${byteLength}`);
    this.#assert(`_Alignof(${name}) == ${alignment}`);
    for (const [field, { byteOffset, byteLength: length }] of Object.entries(fields)) {
      this.#assert(`offsetof(${name}, ${field}) == ${byteOffset}`);
      this.#assert(`sizeof(((${name} *)0)->${field}) == ${length}`);
    }
  }

  #assert(condition) {
    this.text += `_Static_assert(${condition}, "${condition}");\n`;
  }

  #declare(node, name) {
    switch (node.kind) {
      case 'element':
        return `${elementTypes[node.name]} ${name};`;
      case 'string':
        return `${unitTypes[node.encoding]} ${name}[${node.byteLength / unitLengths[node.encoding]}];`;
      case 'array': {
        if (node.byteStride !== undefined) return `${this.#padded(node)} ${name}[${node.count}];`;
        return this.#declare(node.item, `${name}[${node.count}]`);
      }
      default:
        return `${this.define(node)} ${name};`;
    }
  }

  /** A type for an array's elements that is as long as the stride. */
  #padded({ item, byteStride }) {
    const member = this.#declare(item, 'it');
    const rest = byteStride - item.size;
    const name = `S${this.#count++}`;
    this.text += `typedef struct { ${member}${rest === 0 ? '' : ` char _rest[${rest}];`} } ${name};\n`;
    return name;
  }
}
