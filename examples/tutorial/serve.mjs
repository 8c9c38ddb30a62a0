#!/usr/bin/env node
// The lesson as a page: `node examples/tutorial/serve.mjs [PORT]`, then open the address that it prints.
//
// A page may use shared memory only if it is isolated from other origins; the first two headers say that it is.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../demo/lib/tools.mjs';
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
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

const types = {
  ...{ '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' },
  ...{ '.mjs': 'text/javascript', '.js': 'text/javascript', '.cpp': 'text/plain', '.ts': 'text/plain' },
};

/** What is served, and from where: nothing else is. */
const places = [
  [/^\/$/, () => path.join(here, 'page/index.html')],
  [/^\/(page\/\w+\.(?:css|mjs|svg)|(?:lesson|picture)\.mjs|guests\/\w+\.(?:cpp|ts))$/, (name) => path.join(here, name)],
  [/^\/modules\/([\w-]+\.wasm)$/, (name) => path.join(root, 'build/tutorial', name)],
  [/^\/allot\/((?:[\w-]+\/)*[\w-]+\.js)$/, (name) => path.join(root, 'js/dist', name)],
];

/** Starts the server on loopback, on any free port for 0. */
export async function serve(port = 0) {
  await ensureModules();
  const server = createServer(async (request, response) => {
    const send = (status, type, body) =>
      response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
    const { pathname } = new URL(request.url, 'http://localhost');
    const [pattern, fileOf] = places.find(([each]) => each.test(pathname)) ?? [];
    if (!pattern || request.method !== 'GET') return send(404, 'text/plain', 'not here');
    const file = fileOf(pattern.exec(pathname)[1]);
    try {
      send(200, types[path.extname(file)], await readFile(file));
    } catch {
      send(404, 'text/plain', 'not here');
    }
  });
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://localhost:${server.address().port}`, close };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { origin } = await serve(Number(process.argv[2] ?? 8080));
    console.log(`The lesson is at ${origin}/   (Ctrl+C ends it)`);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : `The lesson cannot be served: ${error.message}`);
    process.exitCode = 2;
  }
}
