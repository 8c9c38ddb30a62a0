// Purpose: a picture of a heap in characters, for a terminal.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import { requireNames, wholeNumber } from '../arguments.js';
import type { BlockKind } from '../blocks.js';
import { makeError } from '../errors.js';
import { requireObject } from '../options.js';

/** How to draw a map. */
export interface MapOptions {
  /** Characters in a line. Default: 64. */
  readonly width?: number | undefined;
  /** Bytes that a character stands for: a multiple of 16. Default: so that there are at most 32 lines. */
  readonly bytesPerCharacter?: number | undefined;
  /** First address (in bytes) to be drawn. Default: 0. */
  readonly begin?: number | undefined;
  /** The address after the last one. Default: the end of the memory. */
  readonly end?: number | undefined;
}

/** What a part of the memory is, as far as a map is concerned: `gap` is none of the heap's. */
type Kind = BlockKind | 'gap';

interface Run {
  readonly end: number;
  readonly kind: Kind;
}

const signs: Readonly<Record<Kind | 'mixed', string>> = {
  live: '#',
  mixed: '+',
  free: '.',
  metadata: 'm',
  reserved: 'r',
  gap: '-',
};

const legend: Readonly<Record<Kind | 'mixed', string>> = {
  live: 'live',
  mixed: 'partly live',
  free: 'free',
  metadata: "the heap's records",
  reserved: 'reserved',
  gap: "not the heap's",
};

const pageBytes = 65536;
const defaultWidth = 64;
const defaultLines = 32;
/** The most characters of a map: nobody looks at more, and they take room. */
const mostCharacters = 2 ** 20;

/** Draws the memory of `byteLength` bytes that an allocator manages. */
export function drawMap(operation: string, allocator: Allocator, byteLength: number, options: MapOptions): string {
  const { width, scale, begin, end } = readMapOptions(operation, byteLength, options);
  const lines: string[] = [];
  const counts = new Map<Kind | 'mixed', number>();
  const runs = runsOf(allocator, byteLength);
  let run = nextRun(runs);
  let previous: string | undefined;
  for (let line = begin; line < end; line += width * scale) {
    let text = '';
    for (let at = line; at < Math.min(line + width * scale, end); at += scale) {
      while (run.end <= at) run = nextRun(runs);
      const bytes = new Map<Kind, number>();
      const cellEnd = Math.min(at + scale, end);
      for (let from = at; from < cellEnd; ) {
        while (run.end <= from) run = nextRun(runs);
        const to = Math.min(run.end, cellEnd);
        bytes.set(run.kind, (bytes.get(run.kind) ?? 0) + to - from);
        from = to;
      }
      const kind = kindOf(bytes);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      text += signs[kind];
    }
    // As in a hex dump: a star stands for any number of lines like the last one.
    if (text !== previous) lines.push(`${hex(line)}  ${text}`);
    else if (lines.at(-1) !== '*') lines.push('*');
    previous = text;
  }
  lines.push(`${hex(end)}  ${scale} bytes a character: ${legendOf(counts)}`);
  return lines.join('\n');
}

function readMapOptions(
  operation: string,
  byteLength: number,
  options: MapOptions,
): { width: number; scale: number; begin: number; end: number } {
  requireObject(operation, options);
  requireNames(operation, options, ['width', 'bytesPerCharacter', 'begin', 'end']);
  const width = wholeNumber(operation, 'width', options.width ?? defaultWidth);
  if (width === 0) throw makeError('invalid_option', operation, 'width is 0');
  const end = Math.min(wholeNumber(operation, 'end', options.end ?? byteLength), byteLength);
  const first = wholeNumber(operation, 'begin', options.begin ?? 0);
  const begin = first - (first % 16);
  if (begin > end) throw makeError('invalid_span', operation, `begin is ${first} and end is ${end}`);
  const scale = wholeNumber(operation, 'bytesPerCharacter', options.bytesPerCharacter ?? scaleFor(end - begin, width));
  if (scale === 0 || scale % 16 !== 0) {
    throw makeError('invalid_option', operation, `bytesPerCharacter is ${scale}, no multiple of 16`);
  }
  if ((end - begin) / scale > mostCharacters) {
    throw makeError('size_too_large', operation, `it would have more than ${mostCharacters} characters`);
  }
  return { width, scale, begin, end };
}

function scaleFor(byteLength: number, width: number): number {
  let scale = 16;
  while (byteLength > scale * width * defaultLines) scale *= 2;
  return scale;
}

function nextRun(runs: Iterator<Run>): Run {
  return (runs.next().value as Run | undefined) ?? { end: Infinity, kind: 'gap' };
}

/** All of the memory, what is not the heap's too. */
function* runsOf(allocator: Allocator, byteLength: number): Generator<Run, void, undefined> {
  const isGap = gapTest(allocator);
  let at = 0;
  for (const { byteOffset, byteLength: length, kind } of allocator.blocks()) {
    if (byteOffset > at) yield { end: byteOffset, kind: 'gap' };
    at = byteOffset + length;
    yield { end: at, kind: kind === 'reserved' && isGap(byteOffset, length) ? 'gap' : kind };
  }
  if (at < byteLength) yield { end: byteLength, kind: 'gap' };
}

/**
 * Tells pages that somebody else grew from reserved spans: a walk shows both as reserved, the figure
 * counts only the spans. Such pages come one by one; if not all of that form can be somebody else's,
 * there are spans among them, and it cannot be told which.
 */
function gapTest(allocator: Allocator): (byteOffset: number, byteLength: number) => boolean {
  const isPage = (byteOffset: number, byteLength: number): boolean =>
    byteLength === pageBytes && byteOffset % pageBytes === 0;
  let pages = 0;
  let bytes = 0;
  for (const { byteOffset, byteLength, kind } of allocator.blocks()) {
    if (kind !== 'reserved') continue;
    bytes += byteLength;
    if (isPage(byteOffset, byteLength)) pages += byteLength;
  }
  return bytes - allocator.stat('reserved') === pages ? isPage : () => false;
}

/** What a character shows: live beside anything else is partly live, of the rest the most counts. */
function kindOf(bytes: ReadonlyMap<Kind, number>): Kind | 'mixed' {
  const kinds = [...bytes].sort(([, a], [, b]) => b - a);
  return bytes.has('live') && bytes.size > 1 ? 'mixed' : (kinds[0]?.[0] ?? 'gap');
}

function legendOf(counts: ReadonlyMap<Kind | 'mixed', number>): string {
  const kinds = (Object.keys(signs) as (Kind | 'mixed')[]).filter((kind) => counts.has(kind));
  return kinds.map((kind) => `${signs[kind]} ${legend[kind]}`).join(', ');
}

function hex(address: number): string {
  return address.toString(16).padStart(8, '0');
}
