// Where things lie. All that is made or fetched lies under build/demo/ and node_modules/, both ignored by
// git.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const demo = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const root = path.resolve(demo, '../..');
export const build = path.join(root, 'build/demo');
export const allotLibrary = path.join(root, 'build/wasm/liballot.a');
export const allotPackage = path.join(root, 'js/dist/index.js');

export const wasm = {
  allot: path.join(build, 'sqlite-allot.wasm'),
  dlmalloc: path.join(build, 'sqlite-dlmalloc.wasm'),
  traced: path.join(build, 'sqlite-traced.wasm'),
};
export const native = path.join(build, 'sqlite-native');

export const sql = (name) => path.join(demo, 'sql', `${name}.sql`);

/** A path as a person at the root would type it. */
export const shown = (file) => path.relative(root, file);
