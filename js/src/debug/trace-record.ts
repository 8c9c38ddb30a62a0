// Purpose: what the records of a trace say.
// Floor:   door js.

/** What every record has. */
export interface TraceRecorded<Operation extends string> {
  /** What was done. */
  readonly operation: Operation;
  /** The code of the error that refused it (empty for one without a code); `undefined` when it was done. */
  readonly refused?: string;
  /** When it was done: microseconds since the trace began. `undefined` in a trace without times. */
  readonly microseconds?: number;
}

/** What a record of an allocation has. */
export interface TraceGave {
  /** The address that it gave; `undefined` when it was refused. */
  readonly address?: number;
}

/** `malloc(byteLength)`, or a block that was `live` when the trace began. */
export interface TraceMalloc extends TraceRecorded<'malloc' | 'live'>, TraceGave {
  readonly byteLength: number;
}

/** `calloc(count, byteLength)`. */
export interface TraceCalloc extends TraceRecorded<'calloc'>, TraceGave {
  readonly count: number;
  readonly byteLength: number;
}

/** `realloc(block, byteLength)`. */
export interface TraceRealloc extends TraceRecorded<'realloc'>, TraceGave {
  readonly block: number;
  readonly byteLength: number;
}

/** `alignedAlloc(alignment, byteLength)`. */
export interface TraceAlignedAlloc extends TraceRecorded<'alignedAlloc'>, TraceGave {
  readonly alignment: number;
  readonly byteLength: number;
}

/** `free(block)`. */
export interface TraceFree extends TraceRecorded<'free'> {
  readonly block: number;
}

/** `grow(pages)`. */
export interface TraceGrow extends TraceRecorded<'grow'> {
  readonly pages: number;
  /** The pages there were before; `undefined` when it was refused. */
  readonly before?: number;
}

/** `merge()`, which has nothing more to tell. */
export type TraceMerge = TraceRecorded<'merge'>;

/** `reserve(begin, end)`. */
export interface TraceReserve extends TraceRecorded<'reserve'> {
  readonly begin: number;
  readonly end: number;
}

/** `unreserve(begin)`. */
export interface TraceUnreserve extends TraceRecorded<'unreserve'> {
  readonly begin: number;
}

/** A new quota, or a new soft maximum. */
export interface TraceLimit extends TraceRecorded<'quota' | 'maximum'> {
  /** Bytes; `Infinity` for no limit. */
  readonly limit: number;
}

/** A text that the program put there. */
export interface TraceMark extends TraceRecorded<'mark'> {
  readonly text: string;
}

/** One record of a trace. */
export type TraceRecord =
  | TraceMalloc
  | TraceCalloc
  | TraceRealloc
  | TraceAlignedAlloc
  | TraceFree
  | TraceMerge
  | TraceGrow
  | TraceReserve
  | TraceUnreserve
  | TraceLimit
  | TraceMark;
