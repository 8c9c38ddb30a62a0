// A page that is served on loopback for an example: some files, by their paths, and nothing else.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { SetupError } from './tools.mjs';

const types = {
  ...{ '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' },
  ...{ '.mjs': 'text/javascript', '.js': 'text/javascript', '.cpp': 'text/plain', '.ts': 'text/plain' },
};

/**
 * Starts a server, on any free port for 0. `places` are pairs of a pattern of the address and of what gives the file for
 * the part that it found; `headers` go with every answer. Gives { origin, close }.
 */
export async function serveFiles({ places, headers, port }) {
  const always = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache', ...headers };
  const server = createServer(async (request, response) => {
    const send = (status, type, body) => response.writeHead(status, { 'Content-Type': type, ...always }).end(body);
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

/** The same from a command line, which may name a port; `what` is served, as in 'The lesson is'. */
export async function serveForever(serve, what) {
  try {
    const { origin } = await serve(Number(process.argv[2] ?? 8080));
    console.log(`${what} at ${origin}/   (Ctrl+C ends it)`);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : `It cannot be served: ${error.message}`);
    process.exitCode = 2;
  }
}
