#!/usr/bin/env node
// The lesson as a page: `node examples/tutorial/serve.mjs [PORT]`, then open the address that it prints.
//
// A page may use shared memory only if it is isolated from other origins; the first two headers say that it is.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveFiles, serveForever } from '../demo/lib/serve.mjs';
import { ensureModules } from './build.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // No inline script or style, no eval, nothing from elsewhere; compiling WebAssembly is allowed.
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
};

const places = [
  [/^\/$/, () => path.join(here, 'page/index.html')],
  [/^\/(page\/\w+\.(?:css|mjs|svg)|(?:lesson|picture)\.mjs|guests\/\w+\.(?:cpp|ts))$/, (name) => path.join(here, name)],
  [/^\/modules\/([\w-]+\.wasm)$/, (name) => path.join(root, 'build/tutorial', name)],
  [/^\/allot\/((?:[\w-]+\/)*[\w-]+\.js)$/, (name) => path.join(root, 'js/dist', name)],
];

/** Starts the server on loopback, on any free port for 0. */
export async function serve(port = 0) {
  await ensureModules();
  return serveFiles({ places, headers, port });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serveForever(serve, 'The lesson is');
