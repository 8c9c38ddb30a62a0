// Reads the project's tables (*.def): lists of entries `MACRO(field, field, …)` which C++ includes
// with the macro defined, and which tools/generate.mjs turns into TypeScript and documents.
//
// What an entry may hold is small on purpose: words, C parameter lists in parentheses, and
// double-quoted texts. Anything else is an error with the file's name, not a guess.

import { readFileSync } from 'node:fs';

/**
 * The entries of a table, each as the list of its fields. A quoted field loses its quotes; any
 * other field is the text between the commas, without the spaces around it.
 *
 * @param {string} file path of the table
 * @param {string} macro name of the macro that every entry must use
 * @param {number} fields how many fields every entry must have
 * @returns {string[][]}
 */
export function readEntries(file, macro, fields) {
  const text = readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const entries = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at === text.length) break;
    if (!text.startsWith(`${macro}(`, at)) {
      throw new Error(`${file}: expected ${macro}(…), found “${text.slice(at, at + 40)}”`);
    }
    const end = closingParenthesis(text, at + macro.length, file);
    const entry = splitFields(text.slice(at + macro.length + 1, end));
    if (entry.length !== fields) {
      throw new Error(`${file}: ${macro}(${entry[0]}, …) has ${entry.length} fields, not ${fields}`);
    }
    entries.push(entry);
    at = end + 1;
  }
  if (entries.length === 0) throw new Error(`${file}: no entries`);
  return entries;
}

/** Refuses a table in which two entries have the same value in a field. */
export function requireDistinct(file, entries, field) {
  const seen = new Set();
  for (const entry of entries) {
    if (seen.has(entry[field])) throw new Error(`${file}: ${entry[field]} occurs twice`);
    seen.add(entry[field]);
  }
}

function closingParenthesis(text, open, file) {
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  throw new Error(`${file}: an entry is not closed`);
}

function splitFields(text) {
  const fields = [''];
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') fields[fields.length - 1] += character + text[++at];
    else if (!quoted && depth === 0 && character === ',') fields.push('');
    else {
      if (character === '"') quoted = !quoted;
      else if (!quoted && character === '(') depth++;
      else if (!quoted && character === ')') depth--;
      fields[fields.length - 1] += character;
    }
  }
  return fields.map((field) => {
    const trimmed = field.trim();
    return trimmed.startsWith('"') ? JSON.parse(trimmed) : trimmed;
  });
}
