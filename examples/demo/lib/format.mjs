// Numbers and tables as people read them.

/** Bytes with three digits that matter: 272 B, 63.8 KiB, 33.9 MiB. */
export function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export const count = (number) => number.toLocaleString('en-US');
export const address = (number) => `0x${number.toString(16).padStart(8, '0')}`;
export const milliseconds = (number) => (number < 10 ? number.toFixed(1) : number.toFixed(0));

/** Columns a terminal gives a text: colours take none, Chinese takes two. Enough for what the demo shows. */
function columnsOf(text) {
  let columns = 0;
  for (const character of text.replace(/\x1b\[\d+m/g, '')) {
    if (/\p{Mark}/u.test(character)) continue;
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(character) ? 2 : 1;
  }
  return columns;
}

function shorten(text, columns) {
  if (columnsOf(text) <= columns) return text;
  let short = '';
  for (const character of text) {
    if (columnsOf(short + character) > columns - 1) break;
    short += character;
  }
  return `${short}…`;
}

function pad(text, columns, right) {
  const spaces = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return right ? spaces + text : text + spaces;
}

/**
 * Lines of a table: the first row is its head. `right` says which columns are numbers. When it is wider than
 * `width`, its widest columns are shortened.
 */
export function table(rows, { right = [], width = 80, indent = 2, gap = 2 } = {}) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column]))));
  const room = width - indent - gap * (widths.length - 1);
  for (let over = widths.reduce((sum, n) => sum + n, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= 6) break;
    widths[widest]--;
  }
  return rows.map((row) =>
    (
      ' '.repeat(indent) +
      row
        .map((cell, column) => pad(shorten(cell, widths[column]), widths[column], right[column]))
        .join(' '.repeat(gap))
    ).trimEnd(),
  );
}

/** Lines of at most `width` columns. A longer word gets a line of its own. */
export function wrap(text, width) {
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const line = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && columnsOf(line) <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
