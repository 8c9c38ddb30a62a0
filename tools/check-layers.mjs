#!/usr/bin/env node
// The rule of the floors: a file includes its own folder and lower floors only, a door never includes
// another door, and nothing in the house looks at the yard.
//
//   tools/check-layers.mjs [ROOT]     reports each broken rule as FILE:LINE: text; exits 1 when there is one
//
// Looked at: #include with "…" or <allot/…> in C and C++, import and export … from with a relative path in
// TypeScript and JavaScript. A path that leads nowhere is an error too, or a typing mistake would hide one.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import './closed-pipe.mjs';

// From the cellar to the roof. The folder that is nearest to a file decides where it stands.
// `only` narrows what a folder may include to these folders, whatever the floors say.
const rooms = [
  { folder: 'core/allot/base', floor: 0 },
  { folder: 'core/allot/memory', floor: 1 },
  { folder: 'core/allot/image', floor: 2 },
  { folder: 'core/allot/placement', floor: 3 },
  { folder: 'core/allot/heap', floor: 4 },
  { folder: 'abi', floor: 5 },
  { folder: 'abi/modules', floor: 6, door: true },
  { folder: 'guest', floor: 6, door: true },
  { folder: 'host', floor: 6, door: true },
  { folder: 'js', floor: 6, door: true },
  { folder: 'cli', floor: 7, only: ['cli', 'host', 'abi', 'core'] },
  { folder: 'js/src/compat', floor: 7, only: ['js/src/index.ts', 'js/src/compat'] },
  { folder: 'inspector', floor: 8 },
  // The package's tests stand with the package, but belong to the yard.
  { folder: 'js/test', yard: true },
  { folder: 'tests', yard: true },
  { folder: 'bench', yard: true },
  { folder: 'examples', yard: true },
  { folder: 'tools', yard: true },
  { folder: 'docs', yard: true },
];

// Folders that `#include <allot/…>` looks in.
const includeFolders = ['core', 'abi', 'guest/include', 'host/include'];

const cExtensions = new Set(['.c', '.cc', '.cpp', '.h', '.hpp', '.def', '.inc']);
const scriptExtensions = new Set(['.ts', '.mts', '.js', '.mjs']);
const notOurs = new Set(['node_modules', 'build', 'dist', 'fetched']);

const isIn = (file, folder) => file === folder || file.startsWith(`${folder}/`);

function roomOf(file) {
  let found;
  for (const room of rooms) {
    if (isIn(file, room.folder) && (!found || room.folder.length > found.folder.length)) found = room;
  }
  return found;
}

/** Why a file may not include another one, or undefined when it may. Both are paths from the root. */
export function reasonAgainst(from, to) {
  const here = roomOf(from);
  const there = roomOf(to);
  if (!here || here.yard) return undefined;
  if (!there) return `${to} stands in no folder that the rule knows; tools/check-layers.mjs lists them`;
  if (there.yard) return `nothing in the house includes the yard (${there.folder})`;
  if (here.only && !here.only.some((folder) => isIn(to, folder))) {
    return `${here.folder} includes ${here.only.join(' and ')} only`;
  }
  if (here === there) return undefined;
  if (here.door && there.door) return `a door (${here.folder}) never includes another door (${there.folder})`;
  if (there.floor > here.floor) return `${here.folder} is a lower floor than ${there.folder}`;
  return undefined;
}

/** The paths that a file of this kind includes: `{line, written, candidates}`, relative to the root. */
function includesOf(file, text) {
  const found = [];
  const beside = (path) => normalize(join(dirname(file), path)).split(sep).join('/');
  const isScript = scriptExtensions.has(extname(file));
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    if (isScript) {
      for (const [, path] of content.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"](\.[^'"]*)['"]/g)) {
        const plain = beside(path);
        // TypeScript names the file that will be there after compiling.
        const sources = [plain, plain.replace(/\.js$/, '.ts'), plain.replace(/\.mjs$/, '.mts')];
        found.push({ line, written: path, candidates: sources });
      }
      return;
    }
    const match = /^\s*#\s*include\s*(?:"([^"]+)"|<(allot\/[^>]+)>)/.exec(content);
    if (!match) return;
    const written = match[1] ?? match[2];
    const candidates = includeFolders.map((folder) => `${folder}/${written}`);
    if (match[1]) candidates.unshift(beside(written));
    found.push({ line, written, candidates });
  });
  return found;
}

function* sourceFiles(root, folder) {
  const here = join(root, folder);
  if (!existsSync(here)) return;
  for (const entry of readdirSync(here, { withFileTypes: true })) {
    if (notOurs.has(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourceFiles(root, path);
    else if (cExtensions.has(extname(path)) || scriptExtensions.has(extname(path))) yield path;
  }
}

/** Every broken rule under a root: `{file, line, text}`, and how many files were read. */
export function checkLayers(root) {
  const problems = [];
  let files = 0;
  const folders = new Set(rooms.filter(({ yard }) => !yard).map(({ folder }) => folder.split('/')[0]));
  // A generated file may be there or not; the check must say the same in a fresh clone.
  const exists = (path) => path.startsWith('js/src/generated/') || isFile(join(root, path));
  for (const folder of folders) {
    for (const file of sourceFiles(root, folder)) {
      files++;
      if (!roomOf(file)) problems.push({ file, line: 1, text: 'stands in no folder that the rule knows' });
      for (const { line, written, candidates } of includesOf(file, readFileSync(join(root, file), 'utf8'))) {
        const target = candidates.find(exists);
        const text = target ? reasonAgainst(file, target) : `includes ${written}, which does not exist`;
        if (text) problems.push({ file, line, text });
      }
    }
  }
  return { problems, files };
}

function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');
  const { problems, files } = checkLayers(root);
  for (const { file, line, text } of problems) console.error(`${file}:${line}: ${text}`);
  if (files === 0) console.error(`no source files under ${relative('.', root) || '.'}`);
  else if (problems.length === 0) console.log(`${files} files keep to their floors`);
  process.exitCode = problems.length > 0 || files === 0 ? 1 : 0;
}
