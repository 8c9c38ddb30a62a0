// Purpose: the heap's allocator in the shape that C wants, for modules to import: malloc and its family,
//          operator new and delete. A small module, assembled here, stands between: a guest's call goes from
//          wasm to wasm, and JavaScript is called only to throw an error.
// Floor:   door js.
//
//   guest ── malloc(size) ──▶ adapter ── allot_malloc(image, size) ──▶ core

import { shortageCode, type Shortage } from '../allocator.js';
import { coreError } from '../errors.js';
import type { HeapExports } from '../generated/exports.js';
import type { OpenHeap } from '../open.js';
import { errorNumberIn, isError } from '../result.js';
import {
  assemble,
  body as bodyOf,
  code,
  exportedFunction,
  f64,
  i32,
  importedFunction,
  sized,
  text,
} from './assemble.js';

/** The type of a function: its parameters, and its result if it has one. */
type Type = readonly [parameters: readonly number[], result?: number];

/** A function, and the names that it is exported by. */
interface AdapterFunction {
  readonly exports: readonly string[];
  readonly type: Type;
  /** How many i32 locals it has beside its parameters. */
  readonly locals?: number;
  readonly body: readonly number[];
}

/** What the adapter imports, beside the image's address. */
const imports = [
  ['malloc', [[i32, i32], i32]],
  ['calloc', [[i32, i32, i32], i32]],
  ['realloc', [[i32, i32, i32], i32]],
  ['alignedAlloc', [[i32, i32, i32], i32]],
  ['free', [[i32, i32], i32]],
  ['usableSize', [[i32, i32], f64]],
  // Throws: the number of the function called, its argument, the number of the error.
  ['refuse', [[i32, i32, i32]]],
  ['store', [[i32, i32]]],
  // Has a request that failed tried again: its number, its two arguments, the result. Gives the last result.
  ['retry', [[i32, i32, i32, i32], i32]],
] as const satisfies readonly (readonly [string, Type])[];

type ImportName = (typeof imports)[number][0];

/** The functions that can refuse, by the numbers that `refuse` knows them by. */
const refusing = ['free', 'realloc', 'malloc_usable_size', 'operator new'] as const;

/** The requests that can be tried again, by the numbers that `retry` knows them by. */
const requests = ['malloc', 'calloc', 'alignedAlloc', 'realloc'] as const;

const call = (name: ImportName): number[] => code.call(imports.findIndex(([own]) => own === name));
const refuse = (name: (typeof refusing)[number], argument: readonly number[], error: readonly number[]): number[] => [
  ...code.i32(refusing.indexOf(name)),
  ...argument,
  ...error,
  ...call('refuse'),
];

const image = (): number[] => code.global(0);
const { get, set, tee } = code;

/** Errors up to this number are no misuse: out of memory, over the quota, too large. C says 0 then. */
const lastHarmless = 3;

/** Whether the result on the stack, which goes to `local`, is an error's. */
const isFailed = (local: number): number[] => [...tee(local), ...code.i32(15), ...code.i32And];

/**
 * Asks the core, and again when there is memory after all: the address, also in `local`, or for an error
 * what `otherwise` leaves.
 */
const ask = (
  request: (typeof requests)[number],
  x: readonly number[],
  y: readonly number[],
  local: number,
  otherwise: readonly number[] = code.i32(0),
): number[] => [
  ...[...image(), ...x, ...y, ...call(request), ...isFailed(local), ...code.ifI32],
  // Also with no second argument there is one for `retry`.
  ...[...code.i32(requests.indexOf(request)), ...x, ...(y.length > 0 ? y : code.i32(0)), ...get(local), ...call('retry')],
  ...[...isFailed(local), ...code.ifI32, ...otherwise, ...code.else, ...get(local), ...code.end],
  ...[...code.else, ...get(local), ...code.end],
];

/** From an address on the stack, also to `local`: the address; throws for 0, as the C++ operators do. */
const orThrow = (local: number): number[] => [
  ...[...tee(local), ...code.i32Eqz, ...code.if],
  ...[...refuse('operator new', get(0), code.i32(1)), ...code.end, ...get(local)],
];

/** Of the size in local 0, with local 1 for the result. */
const malloc = (): number[] => ask('malloc', get(0), [], 1);
/** Of the alignment and the size in these locals, with a free local. */
const aligned = (alignment: number, size: number, local: number): number[] =>
  ask('alignedAlloc', get(alignment), get(size), local);
/** Of the address in local 0, with local 1 for the status. */
const free = (): number[] => [
  ...[...get(0), ...code.i32Eqz, ...code.if, ...code.return, ...code.end],
  ...[...image(), ...get(0), ...call('free'), ...tee(1), ...code.if],
  ...[...refuse('free', get(0), get(1)), ...code.end],
];
/** Of the address in local 0 and the size in `size`, with a free local. */
const realloc = (size: number, local: number): number[] => [
  // realloc(0, size) is malloc(size).
  ...[...get(0), ...code.i32Eqz, ...code.ifI32, ...ask('malloc', get(size), [], local), ...code.else],
  ...ask('realloc', get(0), get(size), local, [
    ...[...get(local), ...code.i32(4), ...code.i32ShrU, ...tee(local), ...code.i32(lastHarmless), ...code.i32GtU],
    ...[...code.if, ...refuse('realloc', get(0), get(local)), ...code.end, ...code.i32(0)],
  ]),
  ...code.end,
];

const alignment = 'St11align_val_t';
const nothrow = 'RKSt9nothrow_t';
/** The names of a C++ operator for one thing and for an array, in the Itanium ABI for wasm32. */
const operators = (kind: 'n' | 'd', rest: string): string[] =>
  (kind === 'n' ? ['_Znw', '_Zna'] : ['_Zdl', '_Zda']).map((name) => name + rest);

const functions = (): AdapterFunction[] => [
  { exports: ['malloc'], type: [[i32], i32], locals: 1, body: malloc() },
  {
    exports: ['calloc'],
    type: [[i32, i32], i32],
    locals: 1,
    body: ask('calloc', get(0), get(1), 2),
  },
  { exports: ['realloc'], type: [[i32, i32], i32], locals: 1, body: realloc(1, 2) },
  {
    exports: ['reallocarray'],
    type: [[i32, i32, i32], i32],
    locals: 1,
    body: [
      ...[...get(1), ...code.i64ExtendI32U, ...get(2), ...code.i64ExtendI32U, ...code.i64Mul],
      ...[...code.i64(32), ...code.i64ShrU, ...code.i64Eqz, ...code.i32Eqz],
      ...[...code.if, ...code.i32(0), ...code.return, ...code.end],
      ...[...get(1), ...code.i64ExtendI32U, ...get(2), ...code.i64ExtendI32U, ...code.i64Mul, ...code.i32WrapI64],
      ...[...set(2), ...realloc(2, 3)],
    ],
  },
  { exports: ['free', ...operators('d', 'Pv')], type: [[i32]], locals: 1, body: free() },
  { exports: ['aligned_alloc', 'memalign'], type: [[i32, i32], i32], locals: 1, body: aligned(0, 1, 2) },
  {
    exports: ['posix_memalign'], // (where to store the address, alignment, size)
    type: [[i32, i32, i32], i32],
    locals: 1,
    body: [
      // An alignment must be a power of two, and a multiple of a pointer's size.
      ...[...get(1), ...code.i32Popcnt, ...code.i32(1), ...code.i32Ne],
      ...[...get(1), ...code.i32(4), ...code.i32LtU, ...code.i32Or],
      ...[...code.if, ...code.i32(28), ...code.return, ...code.end], // EINVAL
      ...[...aligned(1, 2, 3), ...tee(3), ...code.i32Eqz],
      ...[...code.if, ...code.i32(48), ...code.return, ...code.end], // ENOMEM
      ...[...get(0), ...get(3), ...call('store'), ...code.i32(0)],
    ],
  },
  {
    exports: ['malloc_usable_size'],
    type: [[i32], i32],
    locals: 1,
    body: [
      ...[...get(0), ...code.i32Eqz, ...code.if, ...code.i32(0), ...code.return, ...code.end],
      ...[...image(), ...get(0), ...call('usableSize'), ...code.f64Zero, ...code.f64Lt, ...code.if],
      ...refuse('malloc_usable_size', get(0), [
        ...[...image(), ...get(0), ...call('usableSize'), ...code.f64Neg, ...code.i32TruncF64U],
      ]),
      ...code.end,
      ...[...image(), ...get(0), ...call('usableSize'), ...code.i32TruncF64U],
    ],
  },
  { exports: operators('n', 'm'), type: [[i32], i32], locals: 1, body: [...malloc(), ...orThrow(1)] },
  { exports: operators('n', `m${nothrow}`), type: [[i32, i32], i32], body: malloc() },
  {
    exports: operators('n', `m${alignment}`),
    type: [[i32, i32], i32],
    locals: 1,
    body: [...aligned(1, 0, 2), ...orThrow(2)],
  },
  { exports: operators('n', `m${alignment}${nothrow}`), type: [[i32, i32, i32], i32], body: aligned(1, 0, 2) },
  {
    exports: [...operators('d', 'Pvm'), ...operators('d', `Pv${alignment}`), ...operators('d', `Pv${nothrow}`)],
    type: [[i32, i32]],
    body: free(),
  },
  {
    exports: [...operators('d', `Pvm${alignment}`), ...operators('d', `Pv${alignment}${nothrow}`)],
    type: [[i32, i32, i32]],
    body: free(),
  },
];

/** The adapter's bytes: less than 1 KiB. */
function bytes(): Uint8Array<ArrayBuffer> {
  const own = functions();
  const functionType = ([parameters, result]: Type): number[] => [
    0x60,
    ...sized(parameters),
    ...sized(result === undefined ? [] : [result]),
  ];
  return assemble({
    // One type for each function: a few bytes more, and nothing to look up.
    types: [...imports.map(([, type]) => functionType(type)), ...own.map(({ type }) => functionType(type))],
    imports: [
      ...imports.map(([name], index) => importedFunction(name, index)),
      [0, ...text('image'), 0x03, i32, 0x00], // an immutable global
    ],
    functions: own.map((_, index) => imports.length + index),
    exports: own.flatMap(({ exports }, index) =>
      exports.map((name) => exportedFunction(name, imports.length + index)),
    ),
    bodies: own.map(({ body, locals }) => bodyOf(body, locals)),
  });
}

let compiled: WebAssembly.Module | undefined;

const coreNames = ['allot_malloc', 'allot_calloc', 'allot_aligned_alloc', 'allot_realloc'] as const;

/** The allocator of a heap, to be imported as C declares it. */
export type CAllocator = Readonly<Record<string, (...parameters: number[]) => number>>;

/**
 * Makes the functions for one heap.
 *
 * @param onShortage as {@link Supplied.onShortage}
 */
export function adapt(heap: OpenHeap, onShortage: (shortage: Shortage) => boolean): CAllocator {
  compiled ??= new WebAssembly.Module(bytes());
  const core = heap.place === 'inside' ? heap.core : neverNull(heap);
  const given: Record<ImportName, WebAssembly.ImportValue> = {
    malloc: core.allot_malloc,
    calloc: core.allot_calloc,
    realloc: core.allot_realloc,
    alignedAlloc: core.allot_aligned_alloc,
    free: core.allot_free,
    usableSize: core.allot_usable_size,
    refuse: (operation: number, argument: number, error: number): never => {
      const name = refusing[operation] ?? 'free';
      throw coreError(error, `${name}(${argument >>> 0})`, name === 'operator new' ? undefined : argument >>> 0);
    },
    store: (at: number, value: number): void => {
      const { buffer } = heap.memory;
      // Out of bounds it throws a RangeError, where a guest's own store would trap.
      new DataView(buffer).setInt32(at >>> 0, value, true);
    },
    retry: (request: number, x: number, y: number, failed: number): number => {
      const isPair = requests[request] !== 'malloc';
      const byteLength = requests[request] === 'calloc' ? (x >>> 0) * (y >>> 0) : (isPair ? y : x) >>> 0;
      const again = core[coreNames[request] ?? 'allot_malloc'] as (...parameters: number[]) => number;
      const ask = (): number => (isPair ? again(heap.image, x, y) : again(heap.image, x));
      const patient = (got: number): number => heap.sharers?.again(got, ask) ?? got;
      let result = patient(failed);
      for (let attempt = 1; isError(result); attempt++) {
        const code = shortageCode(errorNumberIn(result));
        if (code === undefined || !onShortage({ code, byteLength, attempt })) break;
        result = patient(ask());
      }
      return result;
    },
  };
  const { exports } = new WebAssembly.Instance(compiled, { '': { ...given, image: heap.image } });
  return exports as unknown as CAllocator;
}

/**
 * The core of a heap that may hand out address 0, in which C sees a failure: such a block is replaced by
 * another one, and the place at 0 is reserved, if there is room for a span, so that it happens once.
 */
function neverNull({ core, image, memory }: OpenHeap): HeapExports {
  /** Of the block at 0, which was just allocated. */
  const replaced = (again: () => number): number => {
    core.allot_free(image, 0);
    if (core.allot_reserve(image, 0, 1) === 0) return again();
    const second = again();
    if (second !== 0) return second;
    const third = again();
    core.allot_free(image, 0);
    return third;
  };
  const notNull = (allocate: () => number): number => {
    const result = allocate();
    return result === 0 ? replaced(allocate) : result;
  };
  return {
    ...core,
    allot_malloc: (_, size) => notNull(() => core.allot_malloc(image, size)),
    allot_calloc: (_, count, size) => notNull(() => core.allot_calloc(image, count, size)),
    allot_aligned_alloc: (_, alignment, size) => notNull(() => core.allot_aligned_alloc(image, alignment, size)),
    allot_realloc: (_, address, size) => {
      const moved = core.allot_realloc(image, address, size);
      if (moved !== 0) return moved;
      const other = replaced(() => core.allot_malloc(image, size));
      if (isError(other)) {
        // The old place is gone, and at 0 the block cannot stay.
        throw coreError(errorNumberIn(other), `realloc(${address >>> 0}, ${size >>> 0})`, address >>> 0);
      }
      // Nothing was written there since it was given up.
      new Uint8Array(memory.buffer).copyWithin(other >>> 0, 0, size >>> 0);
      return other;
    },
  };
}
