// Generates the parts of the drop-in allot/compat/wasm-heap-manager that its package has once for each
// type of number and each encoding: the methods of the manager, the classes of refs, and DataType.

const source = 'js/src/elements.def';
const folder = 'js/src/compat/generated';
const header = `// Made by tools/generate.mjs from ${source}. Do not edit.\n`;

/** The package's types, in the order of its DataType. */
const names = [
  'Int8',
  'Uint8',
  'Uint8Clamped',
  'Int16',
  'Uint16',
  'Int32',
  'Uint32',
  'BigInt64',
  'BigUint64',
  'Float32',
  'Float64',
  'Pointer32',
  'Pointer53',
  'Pointer64',
];

// The package promises that this pointer behaves as the integer: one above 2 GiB that WebAssembly hands
// out as a negative number may be written. allot's own is stricter. But neither writes a number that no
// address of 32 bits is: cut off, it would be somebody else's.
const accessedAs = { Pointer32: 'Uint32' };
const checkedBy = { Pointer32: 'address32' };

/** The package's names for the integers that have methods to read and write, but no refs. */
const wideNames = ['BigUint128', 'BigUint256'];

/** Names that the package's documentation uses, or used, beside those of its code. */
const otherName = (name) => (name === 'Uint8Clamped' ? 'ClampedUint8' : undefined);

const encodings = [
  { name: 'Ascii', array: 'Uint8Array', bytes: 1 },
  { name: 'Utf8', array: 'Uint8Array', bytes: 1 },
  { name: 'Utf16', array: 'Uint16Array', bytes: 2 },
  { name: 'Utf32', array: 'Uint32Array', bytes: 4 },
];

/**
 * @param {ReturnType<typeof import('./elements.mjs').elementsFrom>} elements
 * @returns {Record<string, string>} the files, by path from the root
 */
export function wasmHeapManagerModules(elements) {
  const find = (name) => {
    const element = elements.find((candidate) => candidate.name === name);
    if (!element) throw new Error(`${source}: ${name} is missing, which wasm-heap-manager has`);
    return element;
  };
  const types = names.map(find);
  return {
    [`${folder}/wasm-heap-manager-data-type.ts`]: dataTypeModule(),
    [`${folder}/wasm-heap-manager-refs.ts`]: refsModule(types),
    [`${folder}/wasm-heap-manager-methods.ts`]: methodsModule(types, wideNames.map(find)),
  };
}

function dataTypeModule() {
  const all = [...names, ...names.map((name) => `${name}Array`)];
  return `${header}
/** A number for each type, and the type's name for each number. */
export const DataType = {
${all.map((name, number) => `  ${name}: ${number},`).join('\n')}
${all.map((name, number) => `  ${number}: '${name}',`).join('\n')}
} as const;

/** One of the numbers of {@link DataType}. */
export type DataType = Extract<(typeof DataType)[keyof typeof DataType], number>;
`;
}

// ── Refs ──────────────────────────────────────────────────────────────────────────────────────────

function refsModule(types) {
  return `${header}
import { NumericRef, PointerArrayRef, PointerRef, TypedArrayRef } from '../wasm-heap-manager/refs.js';
import { NullTerminatedStringRef } from '../wasm-heap-manager/string-refs.js';
${types.map(valueRef).join('')}${types.map(arrayRef).join('')}${encodings.map(stringRef).join('')}`;
}

const isPointer = ({ name }) => name.startsWith('Pointer');

function valueRef(element) {
  const { name, bytes, type, text } = element;
  return `
/** A ref to ${text}. */
export class ${name}Ref extends ${isPointer(element) ? 'PointerRef' : 'NumericRef'}<${type}> {
  override read(): ${type} {
    this.assertNotFreed();
    return this.manager.read${name}(this.address);
  }

  override readAtomic(): ${type} {
    this.assertNotFreed();
    return this.manager.read${name}Atomic(this.address);
  }

  override write(newValue: ${type}): this {
    this.assertNotFreed();
    this.manager.write${name}(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: ${type}): this {
    this.assertNotFreed();
    this.manager.write${name}Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): ${bytes} {
    return ${bytes};
  }
}
`;
}

function arrayRef(element) {
  const { name, bytes, type, array } = element;
  return `
/** A ref to an array of {@link ${name}Ref}'s type. */
export class ${name}ArrayRef extends ${isPointer(element) ? 'PointerArrayRef' : 'TypedArrayRef'}<${array}> {
  override get view(): ${array} {
    this.assertNotFreed();
    return this.manager.view${name}Array(this.address, this.elementCount);
  }

  override readAt(index: number): ${type} {
    return this.manager.read${name}(this.addressAt(index));
  }

  override readAtomicAt(index: number): ${type} {
    return this.manager.read${name}Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: ${type}): this {
    this.manager.write${name}(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: ${type}): this {
    this.manager.write${name}Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): ${bytes} {
    return ${bytes};
  }
}
`;
}

function stringRef({ name, array, bytes }) {
  const viewed = array.replace('Array', '');
  return `
/** A ref to a null-terminated string in ${name}. */
export class NullTerminated${name}StringRef extends NullTerminatedStringRef {
  override read(): string {
    this.assertNotFreed();
    return this.manager.readNullTerminated${name}String(this.address, this.allocatedElementCount);
  }

  override write(newValue: string): this {
    this.assertNotFreed();
    this.manager.writeNullTerminated${name}String(this.address, newValue, this.allocatedElementCount);
    return this;
  }

  override get allocatedElementsView(): ${array} {
    this.assertNotFreed();
    return this.manager.view${viewed}Array(this.address, this.allocatedElementCount);
  }

  override get encodedElementsView(): ${array} {
    this.assertNotFreed();
    return this.manager.view${viewed}Array(this.address, this.encodedElementCount);
  }

  override get bytesPerElement(): ${bytes} {
    return ${bytes};
  }
}
`;
}

// ── Methods ───────────────────────────────────────────────────────────────────────────────────────

function methodsModule(types, wide) {
  const refNames = [
    ...types.flatMap(({ name }) => [`${name}ArrayRef`, `${name}Ref`]),
    ...encodings.map(({ name }) => `NullTerminated${name}StringRef`),
  ];
  const forms = encodings.map(({ name }) => name);
  const methods = [
    ...types.map(numberMethods),
    ...wide.map(wideMethods),
    ...encodings.map(textMethods),
    ...wholeViews(types),
  ];
  return `${header}
import { Allocation } from '../wasm-heap-manager/allocation.js';
import { ${[...Object.values(checkedBy), 'pointerForms'].join(', ')} } from '../wasm-heap-manager/elements.js';
import { ${forms.sort().join(', ')} } from '../wasm-heap-manager/strings.js';
import {
${refNames
  .sort()
  .map((name) => `  ${name},`)
  .join('\n')}
} from './wasm-heap-manager-refs.js';

/** The methods that a manager has once for each type of number and each encoding. */
export class TypedMethods extends Allocation {
${methods.join('\n')}}
`;
}

/**
 * One method, and the same under its other name if it has one.
 *
 * @param {string} comment
 * @param {string} name
 * @param {string | undefined} other
 * @param {string} parameters
 * @param {string} result
 * @param {string} body
 * @param {string[]} overloads the parameters of each overload
 */
function method(comment, name, other, parameters, result, body, overloads = []) {
  const write = (as, text, code) =>
    `  /** ${text} */\n${overloads.map((overload) => `  ${as}(${overload}): ${result};\n`).join('')}` +
    `  ${as}(${parameters}): ${result} {\n    ${code}\n  }\n`;
  if (other === undefined) return write(name, comment, body);
  const passed = [...parameters.matchAll(/(\w+)\??:/g)].map(([, parameter]) => parameter).join(', ');
  const call = `this.${name}(${passed}${overloads.length > 0 ? ' as never' : ''});`;
  const again = write(other, `Another name of {@link ${name}}.`, result === 'void' ? call : `return ${call}`);
  return `${write(name, comment, body)}\n${again}`;
}

function numberMethods({ name, bytes, type, array, text }) {
  const as = accessedAs[name] ?? name;
  const written = name in checkedBy ? `${checkedBy[name]}(value)` : 'value';
  const methods = [];
  const add = (comment, before, after, ...rest) => {
    const other = otherName(name);
    methods.push(method(comment, before + name + after, other && before + other + after, ...rest));
  };
  const value = `value: ${type}`;
  const at = 'address: number';
  const count = 'elementCount: number';
  // Or as numbers, where those are what its refs have and its view has not.
  const given = name === 'Pointer53' ? `${array} | readonly number[]` : array;
  const elements = `elements: ${given}`;
  add(`Reads ${text}.`, 'read', '', at, type, `return this.heapOfNow.read${as}(address);`);
  add(
    `Reads ${text}, atomically.`,
    'read',
    'Atomic',
    at,
    type,
    `return this.heapOfNow.atomics.load('${as}', address);`,
  );
  add(`Writes ${text}.`, 'write', '', `${at}, ${value}`, 'void', `this.heapOfNow.write${as}(address, ${written});`);
  add(
    `Writes ${text}, atomically.`,
    'write',
    'Atomic',
    `${at}, ${value}`,
    'void',
    `this.heapOfNow.atomics.store('${as}', address, ${written});`,
  );
  add(
    `Allocates ${text}.`,
    'alloc',
    '',
    `initialValue?: ${type}`,
    `${name}Ref`,
    `return this.allocValue(${name}Ref, ${bytes}, initialValue);`,
  );
  add(
    `A ref to ${text} that lies at an address already.`,
    'wrap',
    '',
    at,
    `${name}Ref`,
    `return new ${name}Ref(address, this.self);`,
  );
  add(
    'A view on elements in the heap, for immediate use: growth leaves it behind.',
    'view',
    'Array',
    `${at}, ${count}`,
    array,
    `return this.heap.view(${array}, address, elementCount);`,
  );
  add(
    'Allocates an array: of a number of elements, or with these.',
    'alloc',
    'Array',
    `elements: number | ${given}`,
    `${name}ArrayRef`,
    `return this.allocArray(${name}ArrayRef, ${array}, elements${isPointer({ name }) ? `, pointerForms.${name}` : ''});`,
    [count, elements],
  );
  add(
    'A ref to an array that lies at an address already.',
    'wrap',
    'Array',
    `${at}, ${count}`,
    `${name}ArrayRef`,
    `return new ${name}ArrayRef(address, elementCount, this.self);`,
  );
  return methods.join('\n');
}

function wideMethods({ name, type, text }) {
  return [
    method(
      `Reads ${text}, little-endian.`,
      `read${name}`,
      `read${name}LE`,
      'address: number',
      type,
      `return this.heapOfNow.read${name}(address);`,
    ),
    method(
      `Writes ${text}, little-endian.`,
      `write${name}`,
      `write${name}LE`,
      `address: number, value: ${type}`,
      'void',
      `this.heapOfNow.write${name}(address, value);`,
    ),
  ].join('\n');
}

function textMethods({ name, bytes }) {
  const string = `NullTerminated${name}String`;
  const units = bytes === 1 ? 'bytes' : `elements of ${8 * bytes} bits`;
  return [
    method(
      `Reads a string; its terminator must be among the first \`maxElementCount\` ${units}.`,
      `read${string}`,
      undefined,
      'address: number, maxElementCount?: number',
      'string',
      `return this.readText(${name}, address, maxElementCount);`,
    ),
    method(
      `Writes a string and its terminator, if both fit \`elementCapacity\` ${units}; gives its length.`,
      `write${string}`,
      undefined,
      'address: number, value: string, elementCapacity?: number',
      'number',
      `return this.writeText(${name}, address, value, elementCapacity);`,
    ),
    method(
      'Allocates a string: with room for a number of elements and a terminator, or this one.',
      `alloc${string}`,
      undefined,
      'content: number | string',
      `${string}Ref`,
      `return this.allocText(${string}Ref, ${name}, content);`,
      ['maxElementCount: number', 'value: string'],
    ),
    method(
      'A ref to a string that is there already, with room up to its terminator, or for `maxElementCount`.',
      `wrap${string}`,
      undefined,
      'address: number, maxElementCount?: number',
      `${string}Ref`,
      `return this.wrapText(${string}Ref, ${name}, address, maxElementCount);`,
    ),
  ].join('\n');
}

function wholeViews(types) {
  return types
    .filter((element) => !isPointer(element))
    .map(
      ({ name, array }) => `  /** All of the heap; growth leaves it behind. */
  get heap${name}(): ${array} {
    return this.wholeAs(${array});
  }
`,
    );
}
