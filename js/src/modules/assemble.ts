// Purpose: puts small WebAssembly modules together from their parts.
// Floor:   door js.
// Source:  WebAssembly Core Specification 2.0, section 5.

/** The types of parameters and results. */
export const i32 = 0x7f;
export const f64 = 0x7c;

/** The instructions that are used, as the bytes that they are. */
export const code = {
  unreachable: [0x00],
  /** Begins what runs when the number on the stack is not 0. */
  if: [0x04, 0x40],
  /** The same, and it leaves an i32. */
  ifI32: [0x04, 0x7f],
  else: [0x05],
  end: [0x0b],
  return: [0x0f],
  callIndirect: (type: number): number[] => [0x11, ...unsigned(type), 0x00],
  call: (index: number): number[] => [0x10, ...unsigned(index)],
  get: (local: number): number[] => [0x20, ...unsigned(local)],
  set: (local: number): number[] => [0x21, local],
  tee: (local: number): number[] => [0x22, local],
  global: (index: number): number[] => [0x23, ...unsigned(index)],
  /** Of 0 to 63: one byte. */
  i32: (value: number): number[] => [0x41, value],
  /** The same as 64 bits. */
  i64: (value: number): number[] => [0x42, value],
  f64Zero: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  i32Eqz: [0x45],
  i32LtU: [0x49],
  i32GtU: [0x4b],
  i64Eqz: [0x50],
  f64Lt: [0x63],
  i32Popcnt: [0x69],
  i32Ne: [0x47],
  i32Sub: [0x6b],
  i32And: [0x71],
  i32Or: [0x72],
  i32ShrU: [0x76],
  i64Mul: [0x7e],
  i64ShrU: [0x88],
  f64Neg: [0x9a],
  i32WrapI64: [0xa7],
  i32TruncF64U: [0xab],
  i64ExtendI32U: [0xad],
} as const;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** Bytes, and before them how many. */
export function sized(bytes: Iterable<number>): number[] {
  const all = [...bytes];
  return [...unsigned(all.length), ...all];
}

/** A name in ASCII. */
export function text(name: string): number[] {
  return sized(Array.from(name, (character) => character.charCodeAt(0)));
}

/** The body of a function, with i32 locals beside its parameters. */
export function body(instructions: readonly number[], locals = 0): number[] {
  return sized([...(locals === 0 ? [0] : [1, locals, i32]), ...instructions, ...code.end]);
}

/** The contents of a module's sections: their entries, by the sections' names. */
export interface Sections {
  readonly types: readonly (readonly number[])[];
  readonly imports: readonly (readonly number[])[];
  /** The numbers of the functions' types. */
  readonly functions: readonly number[];
  readonly globals?: readonly (readonly number[])[];
  readonly exports: readonly (readonly number[])[];
  readonly bodies: readonly (readonly number[])[];
}

/** The bytes of a module. */
export function assemble(sections: Sections): Uint8Array<ArrayBuffer> {
  const { types, imports, functions, globals = [], exports, bodies } = sections;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, imports),
    ...section(3, functions.map(unsigned)),
    ...section(6, globals),
    ...section(7, exports),
    ...section(10, bodies),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  return [id, ...sized([...unsigned(entries.length), ...entries.flat()])];
}

export const importedFunction = (name: string, type: number): number[] => [0, ...text(name), 0x00, ...unsigned(type)];
export const exportedFunction = (name: string, index: number): number[] => [...text(name), 0x00, ...unsigned(index)];
