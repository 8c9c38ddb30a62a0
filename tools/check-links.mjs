#!/usr/bin/env node
// Every relative link in a Markdown file leads to a file or folder that is there.
//
//   tools/check-links.mjs [ROOT]     reports FILE:LINE: text; exits 1 when a link is dead

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');
const notOurs = new Set(['.git', 'node_modules', 'build', 'dist', 'fetched']);

function* documents(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (notOurs.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* documents(path);
    else if (entry.name.endsWith('.md')) yield path;
  }
}

let dead = 0;
let links = 0;
for (const file of documents(root)) {
  let fenced = false;
  readFileSync(file, 'utf8').split('\n').forEach((content, index) => {
    if (/^\s*(```|~~~)/.test(content)) fenced = !fenced;
    if (fenced) return;
    const prose = content.replace(/`[^`]*`/g, '');
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:[a-z]+:|#)/.test(target)) continue;
      links++;
      if (existsSync(join(dirname(file), target.replace(/#.*/, '')))) continue;
      dead++;
      console.error(`${relative(root, file)}:${index + 1}: the link to ${target} leads nowhere`);
    }
  });
}
if (dead === 0) console.log(`${links} links lead somewhere`);
process.exitCode = dead > 0 ? 1 : 0;
