// The server on loopback that gives a browser the tests, the package and the page, and hears what happens.
//
// One server for each of two origins: the isolated one says that its pages may share memory with their
// workers, the other one does not. Both forbid eval: the package must do without.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import { placeOrExplain } from './place.mjs';

const types = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; img-src data:";
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Where what lies: the folders of the repository that a page may read, by the begin of a path. */
const folders = [
  ['/harness/', 'tests/runtimes/'],
  ['/package/', 'js/'],
  ['/repository/build/wasm/', 'build/wasm/'],
  ['/repository/js/test/', 'js/test/'],
];

/**
 * @param {{ root: string, tests: string, entries: Record<string, string>, assertModule: string, isolated: boolean,
 *   settings: Record<string, string>, hear: (id: string, event: object) => void }} options
 */
export async function serve({ root, tests, entries, assertModule, isolated, settings, hear }) {
  const packages = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `/package/${file}`]));
  const addresses = {
    ...packages,
    'node:test': '/harness/collector.mjs',
    'node:assert/strict': '/assert.mjs',
  };

  async function answer(url) {
    const path = normalize(decodeURIComponent(url.pathname));
    if (path === '/') return { type: '.html', body: await readFile(join(root, 'tests/runtimes/page/index.html')) };
    if (path === '/assert.mjs') return { type: '.mjs', body: assertModule };
    const found = [['/test/', `${tests}/`], ...folders].find(([begin]) => path.startsWith(begin));
    if (found === undefined) return undefined;
    const file = found[1] + path.slice(found[0].length);
    const body = await readFile(join(root, file));
    const isTest = found[0] === '/test/' && extname(file) === '.mjs';
    return { type: extname(file), body: isTest ? placeOrExplain(body.toString(), addresses, file) : body };
  }

  const server = createServer(async (request, response) => {
    // Nothing changes while the server is there, and the next one has another port: a page, or a worker in it, that
    // loads the package's 150 modules need not ask for them again.
    const headers = { 'Content-Security-Policy': policy, 'Cache-Control': 'max-age=86400', ...(isolated ? isolation : {}) };
    const send = (status, type, body, other) =>
      response.writeHead(status, { 'Content-Type': type, ...headers, ...other }).end(body);
    try {
      const url = new URL(request.url, origin);
      if (url.pathname === '/tell') {
        let text = '';
        for await (const part of request.setEncoding('utf8')) text += part;
        hear(url.searchParams.get('id'), JSON.parse(text));
        send(200, 'text/plain', '');
      } else if (url.pathname === '/given') {
        const absolute = Object.fromEntries(Object.entries(packages).map(([name, path]) => [name, origin + path]));
        const given = { root: `${origin}/repository/`, packages: absolute, settings };
        send(200, 'application/json', JSON.stringify(given), { 'Cache-Control': 'no-store' });
      } else {
        const found = await answer(url);
        if (found) send(200, types[extname(`x${found.type}`)] ?? 'application/octet-stream', found.body);
        else send(404, 'text/plain', `${url.pathname} is not served`);
      }
    } catch (error) {
      send(error.code === 'ENOENT' ? 404 : 500, 'text/plain', error.message);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
