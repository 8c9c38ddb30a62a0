// A picture of a linear memory: one character for each run of it, in address order.

import { bytes } from './format.mjs';

/** In order of precedence where a character covers several: see characterOf. */
export const kinds = {
  stack: { character: 's', colour: 'blue', meaning: "the guest's stack" },
  data: { character: 'd', colour: 'cyan', meaning: "the guest's static data" },
  metadata: { character: 'i', colour: 'magenta', meaning: "the heap's image (its records)" },
  live: { character: '#', colour: 'green', meaning: 'live blocks' },
  part: { character: '+', colour: 'yellow', meaning: 'partly live' },
  free: { character: '.', colour: 'dim', meaning: 'free' },
  reserved: { character: 'r', colour: 'cyan', meaning: 'reserved' },
  untaken: { character: '_', colour: 'dim', meaning: 'not taken by the heap yet' },
};

/** All runs of the memory: the guest's stack and data, the heap's blocks, and what the heap has not taken. */
export function* runsOf({ heap, layout, memory }) {
  const { begin, top } = heap.stats();
  yield { begin: 0, end: layout.stackEnd, kind: 'stack' };
  yield { begin: layout.stackEnd, end: begin, kind: 'data' };
  for (const { byteOffset, byteLength, kind } of heap.blocks()) {
    yield { begin: byteOffset, end: byteOffset + byteLength, kind };
  }
  yield { begin: top, end: memory.buffer.byteLength, kind: 'untaken' };
}

/** The smallest power of two, from 16 bytes, by which `byteLength` fits into so many characters. */
export function scaleFor(byteLength, characters) {
  let scale = 16;
  while (byteLength / scale > characters) scale *= 2;
  return scale;
}

/**
 * How many bytes of each kind lie under each character.
 *
 * @returns {Record<string, number>[]} one for each character
 */
export function cover(runs, byteLength, scale) {
  const cells = Array.from({ length: Math.ceil(byteLength / scale) }, () => ({}));
  for (const { begin, end, kind } of runs) {
    for (let from = begin; from < end;) {
      const index = Math.floor(from / scale);
      const to = Math.min(end, (index + 1) * scale);
      cells[index][kind] = (cells[index][kind] ?? 0) + to - from;
      from = to;
    }
  }
  return cells;
}

/**
 * The kind shown where several lie under one character: one that has at least half of it; else live or partly
 * live when anything there is live, so that no live block is hidden.
 */
export function kindOf(cell) {
  const total = Object.values(cell).reduce((sum, n) => sum + n, 0);
  for (const kind of ['stack', 'data', 'metadata', 'reserved']) {
    if ((cell[kind] ?? 0) * 2 >= total) return kind;
  }
  if (cell.live) return cell.live + (cell.metadata ?? 0) >= total * 0.97 ? 'live' : 'part';
  return (cell.free ?? 0) >= (cell.untaken ?? 0) ? 'free' : 'untaken';
}

/** Lines of the picture: `{label, kinds}`, where `label` is the address at which the line begins. */
export function drawLines(guest, { width, lines = 12 }) {
  const columns = 1 << Math.floor(Math.log2(Math.max(width, 16)));
  const byteLength = guest.memory.buffer.byteLength;
  const scale = scaleFor(byteLength, columns * lines);
  const shown = cover(runsOf(guest), byteLength, scale).map(kindOf);
  const drawn = [];
  for (let first = 0; first < shown.length; first += columns) {
    drawn.push({ label: bytes(first * scale), kinds: shown.slice(first, first + columns) });
  }
  return { scale, columns, lines: drawn };
}

// A colour for each run of equal characters, not for each character.
function paintRuns(terminal, shown) {
  let text = '';
  for (let from = 0, to = 0; from < shown.length; from = to) {
    while (shown[to] === shown[from]) to++;
    const { colour, character } = kinds[shown[from]];
    text += terminal.paint(colour, character.repeat(to - from));
  }
  return text;
}

/** Prints the picture with its scale, and with a legend of the kinds that occur in it. */
export function showPicture(terminal, guest, title) {
  const indent = 12;
  const { scale, lines } = drawLines(guest, { width: terminal.width - indent });
  terminal.line();
  terminal.line(`  ${terminal.paint('bold', title)}  one character is ${bytes(scale)}`);
  const character = (kind) => terminal.paint(kinds[kind].colour, kinds[kind].character);
  for (const line of lines) {
    terminal.line(`${line.label.padStart(indent - 1)} ${paintRuns(terminal, line.kinds)}`);
  }
  const occurring = new Set(lines.flatMap((line) => line.kinds));
  const legend = Object.keys(kinds).filter((kind) => occurring.has(kind));
  let text = ' '.repeat(indent);
  let length = indent;
  for (const kind of legend) {
    const { meaning } = kinds[kind];
    if (length > indent && length + meaning.length + 4 > terminal.width) {
      terminal.line(text.trimEnd());
      text = ' '.repeat(indent);
      length = indent;
    }
    text += `${character(kind)} ${meaning}   `;
    length += meaning.length + 5;
  }
  terminal.line(text.trimEnd());
}
