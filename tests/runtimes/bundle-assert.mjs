// Makes one module for browsers of the npm package `assert`, which is Node's assert written for everywhere.

import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @returns {Promise<string>} the text of the module */
export async function bundleAssert() {
  const { outputFiles } = await build({
    entryPoints: [here('page/assert.mjs')],
    inject: [here('page/node-globals.mjs')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    define: { global: 'globalThis' },
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}
