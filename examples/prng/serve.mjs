#!/usr/bin/env node
// Serves the page on loopback: `node examples/prng/serve.mjs [port]`, then open the address that it prints.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../demo/lib/tools.mjs';
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
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

const types = { '.html': 'text/html', '.css': 'text/css', '.mjs': 'text/javascript', '.js': 'text/javascript' };

/** What is served, and from where: nothing else is. */
const places = [
  [/^\/$/, () => index],
  [/^\/(page\/\w+\.(?:css|mjs))$/, (name) => path.join(here, name)],
  [/^\/my-prng\.mjs$/, () => library],
  [/^\/allot\/((?:[\w-]+\/)*[\w-]+\.js)$/, (name) => path.join(root, 'js/dist', name)],
];

/** Starts the server, on any free port for 0. */
export async function serve(port = 0) {
  await build();
  const server = createServer(async (request, response) => {
    const send = (status, type, body) => response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
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
    console.log(`The generators are at ${origin}/   (Ctrl+C ends it)`);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : `The page cannot be served: ${error.message}`);
    process.exitCode = 2;
  }
}
