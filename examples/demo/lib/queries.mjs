// The SQL files. In queries.sql every statement has a title: the comment right above it.

import { readFileSync } from 'node:fs';
import { sql } from './paths.mjs';

export const readSql = (name) => readFileSync(sql(name), 'utf8');

/** @returns {{title: string, text: string}[]} */
export function readQueries() {
  return readSql('queries')
    .split(/;\s*\n/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const paragraph = part.split(/\n\s*\n/).at(-1);
      const lines = paragraph.split('\n');
      const title = lines.filter((line) => line.startsWith('--')).map((line) => line.slice(2).trim());
      return { title: title.join(' '), text: lines.filter((line) => !line.startsWith('--')).join('\n') };
    });
}
