// Where the tests of the package find what install.mjs made, and the entries of the package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const packed = join(root, 'build/package/pack.json');
export const consumer = join(root, 'build/package/consumer');
export const installed = join(consumer, 'node_modules/allot');

export const manifest = JSON.parse(readFileSync(join(root, 'js/package.json'), 'utf8'));

/** The names that a user imports: `allot`, `allot/compat/…`. */
export const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([entry]) => entry.replace(/^\./, manifest.name));

/** What each entry exports at run time, each name: a new one is entered here, so that none slips in. */
export const exported = JSON.parse(readFileSync(new URL('exports.json', import.meta.url), 'utf8'));
