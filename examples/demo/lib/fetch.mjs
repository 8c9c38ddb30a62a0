// The npm packages that the demo needs: SQLite's source and the data. package-lock.json pins their versions
// and the hashes of their contents; .npmrc keeps npm from running any script of theirs.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { demo } from './paths.mjs';
import { run } from './tools.mjs';

const modules = path.join(demo, 'node_modules');
const { dependencies } = JSON.parse(readFileSync(path.join(demo, 'package.json'), 'utf8'));

function present(name) {
  const file = path.join(modules, name, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === dependencies[name];
}

/** Folder of a package that fetchPackages brought. */
export const packageFolder = (name) => path.join(modules, name);

/** Fetches what is missing. Returns whether anything was. */
export async function fetchPackages(onStart) {
  if (Object.keys(dependencies).every(present)) return false;
  onStart?.();
  await run('npm', ['ci', '--ignore-scripts'], { cwd: demo, hint: 'It comes with Node.js.' });
  return true;
}
