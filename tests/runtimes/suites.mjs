// The test files of the package, by suite.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const suites = ['api', 'drop-ins', 'node'];

function testsIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).sort();
}

/**
 * @param {string} folder of the tests; files are named from there
 * @param {string} [only] parts of names, with commas between them
 * @returns {{ file: string, suite: string, mayBeEmpty: boolean }[]}
 */
export function testFiles(folder, only = '') {
  const universal = testsIn(folder).map((file) => ({
    file,
    suite: file.startsWith('compat-') ? 'drop-ins' : 'api',
  }));
  const forNode = testsIn(join(folder, 'node')).map((name) => ({ file: `node/${name}`, suite: 'node' }));
  const wanted = only === '' ? [] : only.split(',');
  return [...universal, ...forNode]
    .filter(({ file }) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    // Where a file asks what the runtime can do, the answer may leave no test.
    .map((one) => ({ ...one, mayBeEmpty: /\bcan\.\w/.test(readFileSync(join(folder, one.file), 'utf8')) }));
}
