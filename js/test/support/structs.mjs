// Random types and values for the tests of structs, and a second opinion on C's layout that shares nothing
// with the package: it moves on byte by byte.
//
// A type is a tree of nodes, from which the descriptor, the model's layout and (in tests/wasm) the C text
// are made:
//
//   { kind: 'element', name }
//   { kind: 'string', encoding, byteLength }
//   { kind: 'array', item, count, byteStride? }
//   { kind: 'struct' | 'union', fields: [name, node][], options, isNamed }    not named: a plain object

import { struct, union } from 'allot';

import { can } from './runtime.mjs';

/** Length and alignment of each element type in the C ABI of wasm32 and wasm64. */
export const elementLayouts = {
  Int8: [1, 1],
  Uint8: [1, 1],
  Uint8Clamped: [1, 1],
  Int16: [2, 2],
  Uint16: [2, 2],
  Int32: [4, 4],
  Uint32: [4, 4],
  BigInt64: [8, 8],
  BigUint64: [8, 8],
  Float16: [2, 2],
  Float32: [4, 4],
  Float64: [8, 8],
  BigUint128: [16, 16],
  BigUint256: [32, 8],
  Pointer32: [4, 4],
  Pointer53: [8, 8],
  Pointer64: [8, 8],
};

export const elementNames = Object.keys(elementLayouts);

const unitLengths = { ascii: 1, latin1: 1, utf8: 1, utf16: 2, utf32: 4 };
const packs = [1, 2, 4, 8, 16];

/** Puts the layout into a tree: `size`, `align`, and `offsets` of a struct's fields. */
export function layOut(node, pack = Infinity) {
  switch (node.kind) {
    case 'element':
      [node.size, node.align] = elementLayouts[node.name];
      break;
    case 'string':
      node.size = node.byteLength;
      node.align = unitLengths[node.encoding];
      break;
    case 'array':
      layOut(node.item, pack);
      node.size = node.count * (node.byteStride ?? node.item.size);
      node.align = node.item.align;
      break;
    default:
      layOutFields(node, node.isNamed ? (node.options.pack ?? Infinity) : pack);
  }
  return node;
}

function layOutFields(node, pack) {
  node.pack = pack;
  node.offsets = [];
  let [at, end] = [0, 0];
  node.align = 1;
  for (const [, field] of node.fields) {
    layOut(field, pack);
    const multiple = field.align < pack ? field.align : pack;
    if (node.kind === 'union') at = 0;
    while (at % multiple !== 0) at++;
    node.offsets.push(at);
    at += field.size;
    if (at > end) end = at;
    if (multiple > node.align) node.align = multiple;
  }
  if (node.options.alignment > node.align) node.align = node.options.alignment;
  node.end = end;
  while (end % node.align !== 0) end++;
  node.size = node.options.byteLength ?? end;
}

/** What the package is told. Named structs become types of their own, once. */
export function descriptorOf(node) {
  switch (node.kind) {
    case 'element':
      return node.name;
    case 'string':
      return { string: node.encoding, byteLength: node.byteLength };
    case 'array': {
      const item = descriptorOf(node.item);
      return node.byteStride === undefined ? [item, node.count] : [item, node.count, { byteStride: node.byteStride }];
    }
    default: {
      const fields = Object.fromEntries(node.fields.map(([name, field]) => [name, descriptorOf(field)]));
      if (!node.isNamed) return fields;
      return (node.type ??= (node.kind === 'union' ? union : struct)(fields, node.options));
    }
  }
}

/** A random struct or union type; `depth` is how many more may lie in it. */
export function randomStruct(random, depth = 3, isNamed = true) {
  const kind = isNamed && random.percent(15) ? 'union' : 'struct';
  const count = 1 + random.below(7);
  const fields = Array.from({ length: count }, (_, i) => [`f${i}`, randomNode(random, depth)]);
  const node = { kind, fields, options: {}, isNamed };
  if (isNamed) {
    if (random.percent(25)) node.options.pack = random.pick(packs);
    layOut(node);
    if (random.percent(15)) node.options.alignment = node.align * 2 ** random.below(3);
    layOut(node);
    if (random.percent(15)) node.options.byteLength = node.size + node.align * random.below(4);
    layOut(node);
  }
  return node;
}

function randomNode(random, depth) {
  const choice = random.below(100);
  if (depth > 0 && choice < 12) return randomStruct(random, depth - 1, true);
  if (depth > 0 && choice < 22) return randomStruct(random, depth - 1, false);
  if (depth > 0 && choice < 40) return randomArray(random, depth - 1);
  if (choice < 50) {
    const encoding = random.pick(Object.keys(unitLengths));
    return { kind: 'string', encoding, byteLength: unitLengths[encoding] * (1 + random.below(12)) };
  }
  return { kind: 'element', name: random.pick(elementNames) };
}

function randomArray(random, depth) {
  const node = { kind: 'array', item: randomNode(random, depth), count: 1 + random.below(4) };
  if (random.percent(25)) {
    // A multiple of the alignment, or C could not say it. Where the item stands in a packed struct its
    // alignment may turn out smaller, of which this is a multiple too.
    layOut(node.item);
    node.byteStride = node.item.size + node.item.align * random.below(3);
  }
  return node;
}

/** A random value for a node, such as a read gives it back. Unions get one field. */
export function randomValue(random, node) {
  switch (node.kind) {
    case 'element':
      return randomNumber(random, node.name);
    case 'string':
      return randomText(random, node);
    case 'array':
      return Array.from({ length: node.count }, () => randomValue(random, node.item));
    case 'union': {
      const [name, field] = random.pick(node.fields);
      return { [name]: randomValue(random, field) };
    }
    default:
      return Object.fromEntries(node.fields.map(([name, field]) => [name, randomValue(random, field)]));
  }
}

function randomNumber(random, name) {
  const signed = (bits) => random.below(2 ** bits) - 2 ** (bits - 1);
  const words = (count) =>
    Array.from({ length: count }, () => BigInt(random.word())).reduce((all, word) => (all << 32n) | word, 0n);
  switch (name) {
    case 'Int8':
      return signed(8);
    case 'Int16':
      return signed(16);
    case 'Int32':
      return signed(32);
    case 'Uint8':
    case 'Uint8Clamped':
      return random.below(2 ** 8);
    case 'Uint16':
      return random.below(2 ** 16);
    case 'Uint32':
    case 'Pointer32':
      return random.word();
    case 'Pointer53':
      return random.word() * 2 ** 21 + random.below(2 ** 21);
    case 'Float16':
    case 'Float32':
    case 'Float64':
      return signed(10) / 4;
    case 'BigInt64':
      return BigInt.asIntN(64, words(2));
    case 'BigUint128':
      return words(4);
    case 'BigUint256':
      return words(8);
    default:
      return words(2);
  }
}

const characters = { ascii: 'az09~', latin1: 'azéÿ', utf8: 'azé€😀', utf16: 'azé€😀', utf32: 'azé€😀' };

function randomText(random, { encoding, byteLength }) {
  let text = '';
  let left = byteLength;
  for (;;) {
    const character = random.pick([...characters[encoding]]);
    left -= bytesOf(character, encoding).length;
    if (left < 0 || random.percent(5)) return text;
    text += character;
  }
}

/** A text's bytes, worked out by hand. */
export function bytesOf(text, encoding) {
  const unit = unitLengths[encoding];
  const units =
    encoding === 'utf16'
      ? Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
      : Array.from(text, (character) => character.codePointAt(0));
  if (encoding === 'utf8') return [...new TextEncoder().encode(text)];
  return units.flatMap((value) => Array.from({ length: unit }, (_, i) => (value >>> (8 * i)) & 255));
}

/** Whether the engine can write every number of a type. */
export function isWritable(node) {
  if (node.kind === 'element') return node.name !== 'Float16' || can.float16;
  if (node.kind === 'string') return true;
  if (node.kind === 'array') return isWritable(node.item);
  return node.fields.every(([, field]) => isWritable(field));
}

/**
 * What a value leaves in memory, as pairs of an offset and a byte: nothing for padding and for fields
 * that were not given.
 */
export function* bytesWritten(node, value, at = 0) {
  switch (node.kind) {
    case 'element':
      yield* numberBytes(node, value, at);
      break;
    case 'string': {
      const bytes = bytesOf(value, node.encoding);
      for (let i = 0; i < node.byteLength; i++) yield [at + i, bytes[i] ?? 0];
      break;
    }
    case 'array':
      for (let i = 0; i < node.count; i++) {
        yield* bytesWritten(node.item, value[i], at + i * (node.byteStride ?? node.item.size));
      }
      break;
    default:
      for (const [i, [name, field]] of node.fields.entries()) {
        if (name in value) yield* bytesWritten(field, value[name], at + node.offsets[i]);
      }
  }
}

function* numberBytes({ name, size }, value, at) {
  const view = new DataView(new ArrayBuffer(32));
  if (name.startsWith('Float')) view[`set${name}`](0, value, true);
  else for (let i = 0; i < size; i++) view.setUint8(i, Number((BigInt(value) >> BigInt(8 * i)) & 255n));
  for (let i = 0; i < size; i++) yield [at + i, view.getUint8(i)];
}
