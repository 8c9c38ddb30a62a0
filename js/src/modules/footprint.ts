// Purpose: which parts of the memory an ordinary module takes for itself, by addresses that were fixed when
//          it was linked: its data, its zero-initialized variables, its stack.
// Floor:   door js.

import { addressLimit } from '../arguments.js';
import { makeError } from '../errors.js';
import type { Binary } from './binary.js';
import type { Names } from './custom.js';
import { evaluate } from './expression.js';
import type { Span } from './spans.js';
import { stackPointerOf } from './stack-pointer.js';

/** A part of the memory that a module has for itself. */
export interface MemoryRange {
  readonly kind: 'data' | 'stack' | 'data and stack';
  /** Its first address. */
  readonly begin: number;
  /** The address after its last. */
  readonly end: number;
}

/** What to look at: the heap's memory is the one that the module numbers `memory`. */
export interface Question {
  readonly operation: string;
  readonly binary: Binary;
  readonly names: Names;
  readonly memory: number;
  /** The bytes of memory that the module counts on. */
  readonly minimumBytes: number;
  /** What each of its globals begins with; see {@link globalValues}. */
  readonly globals: GlobalValues;
}

/** What a module's globals begin with, imported ones first, as unsigned numbers; those of type i32 only. */
export type GlobalValues = readonly (number | undefined)[];

/** @param imported what the imported globals hold */
export function globalValues({ globals }: Binary, imported: GlobalValues): GlobalValues {
  const values = [...imported];
  // Each reads only those before it, so that one pass will do.
  for (const { initial } of globals.slice(imported.length)) {
    values.push(initial === undefined ? undefined : evaluate(initial, (index) => values[index]));
  }
  return values;
}

/**
 * The ranges that a module takes, as far as it can be told.
 *
 * Of data segments it is exact. What a compiler puts behind them (variables that begin as zero, and the
 * stack) leaves fewer traces; where it must be there and its end is not known, the range goes up to the
 * end of the memory that the module counts on.
 */
export function footprintOf(question: Question): MemoryRange[] {
  const { binary, names, memory, minimumBytes, globals } = question;
  const data = dataOf(question);
  const found = (name: string): number | undefined => {
    const index = binary.exportedGlobals.get(name) ?? names.globals.get(name);
    return index === undefined ? undefined : globals[index];
  };
  // The rest concerns a program's main memory.
  if (memory !== 0) return data;
  const pointer = stackPointerOf(binary, names);
  const stackTop = pointer === undefined ? undefined : globals[pointer];
  const heapBase = found('__heap_base');
  const dataEnd = found('__data_end');
  const isCompiled =
    (stackTop ?? heapBase ?? dataEnd) !== undefined ||
    binary.customs.has('producers') ||
    binary.customs.has('target_features');
  if (!isCompiled) return data;

  const [first] = data;
  const last = data.at(-1)?.end ?? 0;
  if (stackTop === undefined) {
    // Variables may lie between and behind the segments.
    const end = heapBase ?? dataEnd ?? (first === undefined ? 0 : minimumBytes);
    const begin = first?.begin ?? found('__global_base') ?? defaultBase;
    return ranges(['data', begin, Math.max(end, last)]);
  }
  if (first !== undefined && stackTop > first.begin) {
    // Data, variables, stack: the order of LLVM's linker.
    const end = Math.max(stackTop, last, heapBase ?? 0);
    if (dataEnd === undefined || dataEnd > stackTop) return ranges(['data and stack', first.begin, end]);
    return ranges(['data', first.begin, Math.max(last, dataEnd)], ['stack', Math.max(last, dataEnd), end]);
  }
  // The stack first, as Rust has it, or no data at all.
  const end = Math.max(last, heapBase ?? dataEnd ?? minimumBytes);
  return ranges(['stack', 0, stackTop], ['data', first?.begin ?? stackTop, end]);
}

/** Where LLVM's linker begins, if not told otherwise. */
const defaultBase = 1024;

/** The data segments, in the order of their addresses, those that touch put together. */
function dataOf({ operation, binary, memory, globals }: Question): MemoryRange[] {
  const segments: Span[] = [];
  for (const [number, { index, offset, length }] of binary.data.entries()) {
    if (index !== memory) continue;
    const begin = evaluate(offset, (global) => globals[global]);
    if (begin === undefined) {
      throw makeError('invalid_module', operation, `where its data segment ${number} goes cannot be told`);
    }
    if (begin + length > addressLimit) {
      const detail = `its data segment ${number} ends at ${begin + length}, beyond 4 GiB`;
      throw makeError('invalid_module', operation, detail);
    }
    if (length > 0) segments.push({ begin, end: begin + length });
  }
  segments.sort((a, b) => a.begin - b.begin);
  let joined = join(segments, 0);
  // So many that to look after each would take long: those that are near each other are taken together.
  for (let gap = 16; joined.length > mostRanges; gap *= 2) joined = join(joined, gap);
  return joined.map(({ begin, end }) => ({ kind: 'data', begin, end }));
}

const mostRanges = 1000;

/** Puts spans together that overlap, touch, or have at most `gap` bytes between them; they come in order. */
function join(spans: readonly Span[], gap: number): Span[] {
  const joined: { begin: number; end: number }[] = [];
  for (const { begin, end } of spans) {
    const last = joined.at(-1);
    if (last !== undefined && begin <= last.end + gap) last.end = Math.max(last.end, end);
    else joined.push({ begin, end });
  }
  return joined;
}

function ranges(...all: [kind: MemoryRange['kind'], begin: number, end: number][]): MemoryRange[] {
  return all.filter(([, begin, end]) => end > begin).map(([kind, begin, end]) => ({ kind, begin, end }));
}
