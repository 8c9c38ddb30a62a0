// Makes a universal test file one that a runtime without node_modules can load: each import of a name becomes
// an import of an address. (An import map would do in a page; in a worker there is none.)
//
// Lines stay where they are, so that the stack of an error names the right one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the package exports: `{ allot: 'dist/index.js', 'allot/…': … }`, from its package.json. */
export function packageEntries(root) {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'js/package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([entry, target]) => [entry.replace(/^\./, name), target.default.replace(/^\.\//, '')]),
  );
}

// `import … from 'name'` at the begin of a line, or the last line of a longer one; `import('name')` anywhere.
const specifiers = /(^import\b[^'"`\n]*|^(?:export\b[^'"`=\n]*|\}\s*)\bfrom\s*|\bimport\(\s*)(['"])([^'"`$\n]+)\2/gm;

/**
 * @param {string} text of the file
 * @param {Record<string, string>} addresses by name
 * @param {string} file to name in an error
 */
export function place(text, addresses, file) {
  const allowed = Object.keys(addresses);
  return text.replaceAll(specifiers, (whole, before, quote, specifier) => {
    if (/^(?:\.{1,2}\/|[a-z]+:\/\/)/.test(specifier)) return whole;
    const address = addresses[specifier];
    if (address === undefined) {
      throw new Error(`${file} imports ${specifier}; a universal test imports only ${allowed.join(', ')}`);
    }
    return `${before}${quote}${address}${quote}`;
  });
}

/** As {@link place}; a file that asks for too much becomes one that says so when it is loaded. */
export function placeOrExplain(text, addresses, file) {
  try {
    return place(text, addresses, file);
  } catch (error) {
    console.error(error.message);
    return `throw new Error(${JSON.stringify(error.message)});\n`;
  }
}
