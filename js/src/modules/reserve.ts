// Purpose: finds out whether the places that an ordinary module wants are free, and reserves them.
// Floor:   door js.

import { makeError } from '../errors.js';
import { boundsOf } from './bounds.js';
import type { MemoryRange } from './footprint.js';
import type { Holding } from './holding.js';
import type { Scope } from './scope.js';
import { overlap, type Span } from './spans.js';

const pageBytes = 65536;

/** Grows the memory, if need be, until it has these bytes. */
export function requireMemoryBytes({ heap, open }: Scope, operation: string, bytes: number): void {
  const { memory } = heap;
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
  if (missing <= 0) return;
  // What lies behind the span that a heap is restricted to is not for the heap to grow.
  if (open !== undefined && bytes <= boundsOf(open).end) {
    heap.grow(missing);
    return;
  }
  try {
    memory.grow(missing);
  } catch (cause) {
    throw makeError('out_of_memory', operation, `${missing} more pages`, undefined, { cause });
  }
}

/**
 * Reserves ranges for a module, and fills them with zeros, which is what its variables begin as.
 *
 * @throws HeapError `module_clash`; then nothing is reserved
 */
export function reserveRanges(
  scope: Scope,
  operation: string,
  holding: Holding,
  name: string,
  ranges: readonly MemoryRange[],
  minimumBytes: number,
): void {
  for (const range of ranges) refuseClash(scope, operation, name, range);
  const { spans, open, heap } = scope;
  if (spans === undefined || open === undefined) {
    if (ranges.length === 0) return;
    throw makeError('unsupported_operation', operation, 'an adopted heap cannot reserve what the module wants');
  }
  holding.spans(spans);
  // First those in what the heap has already: only they can be refused, and they change nothing.
  const { top } = boundsOf(open);
  const reserve = (range: MemoryRange): void => {
    if (!spans.take(operation, holding, range)) throw inUse(scope, operation, name, range, ranges);
  };
  ranges.filter(({ begin }) => begin < top).sort((a, b) => a.end - b.end).forEach(reserve);
  requireMemoryBytes(scope, operation, minimumBytes);
  ranges.filter(({ begin }) => begin >= top).sort((a, b) => b.end - a.end).forEach(reserve);
  for (const range of ranges) {
    const managed = spans.clip(range);
    if (managed === undefined) continue;
    // Not the rest of the first and last granule, where another module's data may be.
    const begin = Math.max(range.begin, managed.begin);
    const end = Math.min(range.end, managed.end);
    heap.fill(begin, end - begin);
  }
}

/** Refuses a range that another module has. */
function refuseClash({ modules }: Scope, operation: string, name: string, range: MemoryRange): void {
  for (const other of modules) {
    const clash = other.ranges.find((theirs) => overlap(theirs, range));
    if (clash === undefined) continue;
    throw clashError(operation, name, range, `'${other.name}' has ${addresses(clash)} (${clash.kind})`, clash);
  }
}

/** The error for a range in which something lies. */
function inUse(
  { heap, spans }: Scope,
  operation: string,
  name: string,
  range: MemoryRange,
  all: readonly MemoryRange[],
): Error {
  const wanted = spans?.clip(range) ?? range;
  for (const { byteOffset, byteLength, kind } of heap.blocks()) {
    const found = { begin: byteOffset, end: byteOffset + byteLength };
    if (kind === 'free' || !overlap(found, wanted)) continue;
    // Part of what is reserved here already, with another module's data in the same granules.
    if (kind === 'reserved' && spans?.holds(found) === true) continue;
    const what = {
      live: 'a block lies at',
      metadata: "the heap's own records lie at",
      reserved: 'there is a reserved span',
    }[kind];
    const last = all.reduce((most, { end }) => Math.max(most, end), 0);
    const advice = kind === 'metadata' ? `; make the heap with begin: ${last} or more` : '';
    return clashError(operation, name, range, `${what} ${addresses(found)}${advice}`, found);
  }
  return clashError(operation, name, range, 'something lies too near to it', range);
}

function clashError(operation: string, name: string, range: MemoryRange, other: string, found: Span): Error {
  const detail = `'${name}' wants ${addresses(range)} (${range.kind}), where ${other}`;
  return makeError('module_clash', operation, detail, Math.max(range.begin, found.begin));
}

function addresses({ begin, end }: Span): string {
  return `${begin}..${end}`;
}
