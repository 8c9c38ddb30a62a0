#!/usr/bin/env node
// Serves the page on loopback: `node examples/prng/serve.mjs [port]`, then open the address that it prints.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveFiles, serveForever } from '../demo/lib/serve.mjs';
import { build, library } from './build.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const index = path.join(here, 'page/index.html');

// No inline script but the map of imports, no eval, nothing from elsewhere; compiling WebAssembly is allowed.
const [, map] = /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(index, 'utf8'));
const mapHash = createHash('sha256').update(map).digest('base64');
const headers = {
  'Content-Security-Policy':
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${mapHash}'; style-src 'self'; ` +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const places = [
  [/^\/$/, () => index],
  [/^\/(page\/\w+\.(?:css|mjs))$/, (name) => path.join(here, name)],
  [/^\/my-prng\.mjs$/, () => library],
  [/^\/allot\/((?:[\w-]+\/)*[\w-]+\.js)$/, (name) => path.join(root, 'js/dist', name)],
];

/** Starts the server, on any free port for 0. */
export async function serve(port = 0) {
  await build();
  return serveFiles({ places, headers, port });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serveForever(serve, 'The generators are');
