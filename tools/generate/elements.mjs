// Generates from js/src/elements.def the methods that read and write numbers, and the table that
// refs, atomics, structs and the drop-ins look element types up in.

const source = 'js/src/elements.def';
const header = `// Made by tools/generate.mjs from ${source}. Do not edit.\n`;
const nativeCarriers = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64'];

/**
 * For each form: how to read from a view at an offset, how to write to it, when a value may be written
 * without a second look, and the check that says what is wrong with it. One byte has no order, so
 * DataView's methods for it take no third argument.
 */
const forms = {
  plain: ({ name, accessor, bytes, type }) => ({
    read: (view, at) => `${view}.get${accessor}(${at}${bytes === 1 ? '' : ', true'})`,
    write: (view, at) => `${view}.set${accessor}(${at}, value${bytes === 1 ? '' : ', true'})`,
    allowed: `typeof value === '${type}'`,
    slowRead: `return this.readAnew('read${name}', 'get${accessor}', byteOffset, ${bytes}) as ${type};`,
    slowWrite: `this.writeAnew('write${name}', 'set${accessor}', byteOffset, ${bytes}, '${type}', value);`,
  }),
  clamped: () => ({
    read: (view, at) => `${view}.getUint8(${at})`,
    write: (view, at) => `${view}.setUint8(${at}, clampByte(value))`,
    allowed: `typeof value === 'number'`,
    check: `requireType(operation, 'value', value, 'number')`,
    imports: ['clampByte'],
  }),
  half: () => ({
    read: (view, at) => `halves(operation, ${view}).getFloat16(${at}, true)`,
    write: (view, at) => `halves(operation, ${view}).setFloat16(${at}, value, true)`,
    allowed: `typeof value === 'number'`,
    check: `requireType(operation, 'value', value, 'number')`,
    imports: ['halves'],
  }),
  address: () => ({
    read: (view, at) => `${view}.getUint32(${at}, true)`,
    write: (view, at) => `${view}.setUint32(${at}, value, true)`,
    allowed: `typeof value === 'number' && value >>> 0 === value`, // the shift throws for a BigInt
    check: 'requirePointer32(operation, value)',
    imports: ['requirePointer32'],
  }),
  safe: () => ({
    read: (view, at) => `readSafe(operation, ${view}, ${at})`,
    write: (view, at) => `writeSafe(${view}, ${at}, value)`,
    allowed: 'Number.isSafeInteger(value) && value >= 0',
    check: 'requirePointer53(operation, value)',
    imports: ['readSafe', 'requirePointer53', 'writeSafe'],
  }),
  long: () => ({
    read: (view, at) => `${view}.getBigUint64(${at}, true)`,
    write: (view, at) => `${view}.setBigUint64(${at}, value, true)`,
    // A negative one, as WebAssembly hands out what is above 2^63, takes the slow way.
    allowed: `typeof value === 'bigint' && BigInt.asUintN(64, value) === value`,
    check: 'requirePointer64(operation, value)',
    imports: ['requirePointer64'],
  }),
  wide: ({ bytes }) => ({
    read: (view, at) => `readWide(${view}, ${at}, ${bytes})`,
    write: (view, at) => `writeWide(${view}, ${at}, value, ${bytes})`,
    allowed: `typeof value === 'bigint'`,
    check: `requireType(operation, 'value', value, 'bigint')`,
    imports: ['readWide', 'writeWide'],
  }),
};

/** The entries of the table as objects, checked. */
export function elementsFrom(entries) {
  return entries.map(([name, bytes, alignment, type, array, form, carrier, text]) => {
    if (!(form in forms)) throw new Error(`${source}: ${name} has the unknown form ${form}`);
    if (carrier !== 'none' && !nativeCarriers.includes(carrier)) throw new Error(`${source}: ${name}: carrier ${carrier}`);
    const accessor = array.replace(/Array$/, '');
    return { name, bytes: Number(bytes), alignment: Number(alignment), type, array, accessor, form, carrier, text };
  });
}

// What is not a whole number becomes -1, which every view refuses: as a choice and not as a branch, and
// with one call and nothing else behind the fast way, V8 makes loops around it up to twice as fast.
function methods(element) {
  const { name, bytes, type, text, form } = element;
  const { read, write, allowed, check, slowRead, slowWrite } = forms[form](element);
  const reading = (code) => code.replaceAll('operation', `'read${name}'`);
  const writing = (code) => code.replaceAll('operation', `'write${name}'`);
  const current = `this.currentView(operation, byteOffset, ${bytes})`;
  return `
  /** Reads ${text} at \`byteOffset\`. Rules: {@link NumberAccess}. */
  read${name}(byteOffset: number): ${type} {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return ${reading(read('this.dataView', 'at'))};
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    ${slowRead ?? `return ${reading(read(current, 'byteOffset'))};`}
  }

  /** Writes ${text} at \`byteOffset\`. Rules: {@link NumberAccess}. */
  write${name}(byteOffset: number, value: ${type}): void {
    const at = Number.isSafeInteger(byteOffset) && ${allowed} ? byteOffset : -1;
    try {
      ${writing(write('this.dataView', 'at'))};
      return;
    } catch {
      // As above.
    }
    ${slowWrite ?? `${writing(check)};\n    ${writing(write(current, 'byteOffset'))};`}
  }`;
}

export function numbersModule(elements) {
  const helpers = new Set(elements.flatMap((element) => forms[element.form](element).imports ?? []));
  return `${header}
import { ViewOfMemory } from '../access.js';
import { requireType } from '../arguments.js';
import { ${[...helpers].sort().join(', ')} } from '../forms.js';

/**
 * Reads and writes numbers anywhere in the memory, little-endian as WebAssembly does. Any
 * \`byteOffset\` (an address, in bytes) will do: it need not be aligned, nor lie in a live block.
 *
 * Every method costs about as much as the \`DataView\` method it calls, never grows the memory, and
 * always sees the memory as it is now, whoever grew it. An integer outside the range of its type is
 * written modulo 2 to the number of bits, as typed arrays do.
 *
 * The errors of all of them: a \`byteOffset\` or value of the wrong type is a \`TypeError\` (code
 * \`wrong_type\`), a \`byteOffset\` that is negative, fractional or NaN a \`RangeError\`
 * (\`invalid_number\`), bytes outside the memory a \`RangeError\` (\`out_of_bounds\`). A pointer is
 * written only if it is an address (else \`invalid_number\`; one of 64 bits may be negative, as
 * WebAssembly hands it out), and read as a number only if it is at most 2^53 - 1
 * (\`unsafe_pointer\`). \`Float16\` is a \`TypeError\` (\`unsupported_element\`) where the engine
 * has none. After an error nothing is written.
 */
export class NumberAccess extends ViewOfMemory {${elements.map(methods).join('\n')}
}
`;
}

export function elementsModule(elements) {
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const half = (array) => (array === 'Float16Array' ? 'HalfArray' : array);
  const constructor = (array) => {
    if (array === 'none') return 'undefined';
    // Not every engine has it.
    return array === 'Float16Array' ? 'halfArray' : array;
  };
  const row = ({ name, bytes, alignment, type, array, carrier, accessor, form }) => `  ${name}: {
    name: '${name}',
    byteLength: ${bytes},
    alignment: ${alignment},
    type: '${type}',
    arrayName: ${array === 'none' ? 'undefined' : `'${array}'`},
    array: ${constructor(array)},
    carrier: ${carrier === 'none' ? 'undefined' : `'${carrier}'`},
    isNative: ${carrier === accessor && form === 'plain'},
    isPointer: ${name.startsWith('Pointer')},
    read: (memory, byteOffset) => memory.read${name}(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.write${name}(byteOffset, value);
    },
  },`;
  return `${header}
import { halfArray, type HalfArray } from '../forms.js';
import type { NumberAccess } from './numbers.js';

/** What each element type is in JavaScript. */
export interface ElementTypes {
${elements.map(({ name, type, text }) => `  /** ${capital(text)}. */\n  ${name}: ${type};`).join('\n')}
}

/** The typed array that holds each element type; \`never\` where there is none. */
export interface ElementArrays {
${elements.map(({ name, array }) => `  ${name}: ${array === 'none' ? 'never' : half(array)};`).join('\n')}
}

/** The name of an element type: \`Int32\`, say. */
export type ElementName = keyof ElementTypes;

/** What an element type is in JavaScript: \`number\` or \`bigint\`. */
export type ElementValue<Name extends ElementName> = ElementTypes[Name];

/** The element types that hold an address. */
export type PointerName = ${elements
    .filter(({ name }) => name.startsWith('Pointer'))
    .map(({ name }) => `'${name}'`)
    .join(' | ')};

/** The element types whose typed arrays the \`Atomics\` functions take. */
export type CarrierName = ${nativeCarriers.map((name) => `'${name}'`).join(' | ')};

/** What there is to know of an element type. */
export interface Element<Name extends ElementName = ElementName> {
  readonly name: Name;
  readonly byteLength: number;
  /** As C has it. Typed arrays and atomics want a multiple of the length instead. */
  readonly alignment: number;
  readonly type: 'number' | 'bigint';
  readonly arrayName: string | undefined;
  /** \`undefined\` where there is no such array, or not in this engine. */
  readonly array: (new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ElementArrays[Name]) | undefined;
  /** The element that atomic operations work on. */
  readonly carrier: CarrierName | undefined;
  /** Whether that is the element itself. */
  readonly isNative: boolean;
  readonly isPointer: boolean;
  /** Reads one, as the method of that name does. */
  read(memory: NumberAccess, byteOffset: number): ElementValue<Name>;
  /** Writes one, as the method of that name does. */
  write(memory: NumberAccess, byteOffset: number, value: ElementValue<Name>): void;
}

/** All element types. */
export const elements: { readonly [Name in ElementName]: Element<Name> } = {
${elements.map(row).join('\n')}
};
`;
}
