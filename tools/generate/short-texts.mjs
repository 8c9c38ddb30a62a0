// Generates the functions that make strings of few bytes.

/** The longest that is worth it: for longer ones the platform's codec is about as fast. */
const longest = 32;

/** The bytes of a word, lowest first, as many as are wanted. */
const bytesOf = (word, count) =>
  [`${word} & 255`, `(${word} >> 8) & 255`, `(${word} >> 16) & 255`, `${word} >>> 24`].slice(0, count);

function shortText(byteLength) {
  const words = Math.ceil(byteLength / 4);
  const inLast = byteLength - 4 * (words - 1);
  const names = Array.from({ length: words }, (_, index) => `w${index}`);
  const loads = names.map((name, index) => `${name} = view.getInt32(at${index === 0 ? '' : ` + ${4 * index}`}, true)`);
  // Of the last word only the bytes that belong to the text decide.
  const parts = names.map((name, index) =>
    index === words - 1 && inLast < 4 ? `${name} << ${32 - 8 * inLast}` : name,
  );
  const codes = names.flatMap((name, index) => bytesOf(name, index === words - 1 ? inLast : 4));
  return `  (view, at) => {
${fold('const ', loads, ', ', ';', '    ')}
${fold('if (((', parts, ' | ', ') & 0x80808080) !== 0) return undefined;', '    ')}
${fold('return String.fromCharCode(', codes, ', ', ');', '    ')}
  },`;
}

function shortUtf16(units) {
  const words = Math.ceil(units / 2);
  const isHalf = units % 2 === 1;
  const names = Array.from({ length: words }, (_, index) => `w${index}`);
  const loads = names.map((name, index) => {
    const at = index === 0 ? 'at' : `at + ${4 * index}`;
    return isHalf && index === words - 1 ? `${name} = view.getUint16(${at}, true)` : `${name} = view.getInt32(${at}, true)`;
  });
  const checks = names.map((name) => `hasSurrogate(${name})`);
  const codes = names.flatMap((name, index) =>
    isHalf && index === words - 1 ? [name] : [`${name} & 0xffff`, `${name} >>> 16`],
  );
  return `  (view, at) => {
${fold('const ', loads, ', ', ';', '    ')}
${fold('if ((', checks, ' | ', ') !== 0) return undefined;', '    ')}
${fold('return String.fromCharCode(', codes, ', ', ');', '    ')}
  },`;
}

/** A list laid out in lines. */
function fold(before, entries, separator, after, indent) {
  const lines = [indent + before];
  entries.forEach((entry, index) => {
    const last = index === entries.length - 1;
    const text = entry + (last ? after : separator);
    if (lines.at(-1).length + text.trimEnd().length > 110) {
      lines[lines.length - 1] = lines.at(-1).trimEnd();
      lines.push(`${indent}  `);
    }
    lines[lines.length - 1] += text;
  });
  return lines.join('\n');
}

function unitText(count) {
  const units = Array.from({ length: count }, (_, index) => `u[${index}] as number`);
  return `  (u) =>
${fold('String.fromCharCode(', units, ', ', '),', '    ')}`;
}

export function shortTextsModule() {
  const lengths = Array.from({ length: longest }, (_, index) => index + 1);
  return `// Made by tools/generate.mjs. Do not edit.

/** The most bytes that there is a function for. */
export const shortBytes = ${longest};

/**
 * Makes a string of so many bytes if all of them are ASCII, else gives \`undefined\`. It reads whole
 * words, of four bytes: up to three bytes behind the text, which must be there. No byte is read twice.
 *
 * One function for each length, because all ways to have one for several lengths cost more: strings
 * that are joined are copied later, an array of arguments is copied at once.
 */
export const shortAscii: readonly ((view: DataView, at: number) => string | undefined)[] = [
  () => '',
${lengths.map(shortText).join('\n')}
];

/** Not 0 if a unit in a word is a surrogate; perhaps also if only the unit below is nearly one. */
function hasSurrogate(word: number): number {
  const others = (word & 0xf800f800) ^ 0xd800d800;
  return (others - 0x00010001) & ~others & 0x80008000;
}

/** As {@link shortAscii}, of so many units of UTF-16 if none of them is a surrogate. Reads nothing behind them. */
export const shortUtf16: readonly ((view: DataView, at: number) => string | undefined)[] = [
  () => '',
${lengths.slice(0, longest / 2).map(shortUtf16).join('\n')}
];

type UnitText = (u: Uint16Array) => string;

/** As {@link shortAscii}, of so many units of an array. */
const unitTexts: readonly UnitText[] = [
  () => '',
${lengths.map(unitText).join('\n')}
];

/** Makes a string of the first \`count\` units of an array: at most ${longest}. */
export function textOfUnits(units: Uint16Array, count: number): string {
  return (unitTexts[count] as UnitText)(units);
}
`;
}
