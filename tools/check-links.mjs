#!/usr/bin/env node
// Every relative link in a Markdown file leads to a file or folder that is there, and every block of code in it ends.
//
//   tools/check-links.mjs [ROOT]     reports FILE:LINE: text; exits 1 when one is dead

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import './closed-pipe.mjs';

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
  let fence = 0;
  readFileSync(file, 'utf8').split('\n').forEach((content, index) => {
    if (/^\s*(```|~~~)/.test(content)) {
      fenced = !fenced;
      fence = index + 1;
    } else if (content.includes('```')) {
      dead++;
      console.error(`${relative(root, file)}:${index + 1}: a fence inside a line`);
    }
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
  if (!fenced) continue;
  dead++;
  console.error(`${relative(root, file)}:${fence}: a block of code that does not end`);
}
if (dead === 0) console.log(`${links} links lead somewhere, and all code ends`);
process.exitCode = dead > 0 ? 1 : 0;
