// A measurement in a browser: each job in a page of its own, which gets all it needs from a server on loopback.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { openBrowser } from '../../tests/runtimes/browser.mjs';
import { root } from './paths.mjs';

const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const secondsForAJob = 600;

// In a page that is isolated from others the clock is exact to some microseconds.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cache-Control': 'no-store',
};

export async function openInBrowser(name) {
  const jobs = new Map(); // by number: { order, files, done, failed }
  let count = 0;
  const server = await serve(jobs);
  let browser;
  try {
    browser = await openBrowser(name);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    title: browser.version,
    async run({ modules, traces, ...order }) {
      const id = String(count++);
      let page;
      let timer;
      try {
        return await new Promise((resolve, reject) => {
          const fail = (why) => reject(new Error(`a measuring page ended: ${why}`));
          timer = setTimeout(fail, secondsForAJob * 1000, `nothing within ${secondsForAJob} s`);
          jobs.set(id, { order, files: { modules, traces }, done: resolve, failed: fail });
          browser.open(`${server.origin}/bench/page/?id=${id}`, fail).then((opened) => (page = opened), fail);
        });
      } finally {
        clearTimeout(timer);
        jobs.delete(id);
        await page?.close().catch(() => undefined);
      }
    },
    async close() {
      server.close();
      await browser.close();
    },
  };
}

async function serve(jobs) {
  async function answer(request, url) {
    const path = normalize(decodeURIComponent(url.pathname));
    const job = jobs.get(url.searchParams.get('id'));
    if (path === '/bench/page/') return ['.html', await readFile(join(root, 'bench/page/index.html'))];
    if (/^\/bench\/(page|lib)\/\w+\.mjs$/.test(path)) return ['.mjs', await readFile(join(root, path))];
    if (job === undefined) return undefined;
    if (path === '/order') {
      const names = Object.fromEntries(Object.entries(job.files).map(([kind, files]) => [kind, Object.keys(files)]));
      return ['.json', JSON.stringify({ ...job.order, ...names })];
    }
    if (path === '/file') {
      const file = job.files[url.searchParams.get('kind')][url.searchParams.get('name')];
      return [extname(file), await readFile(file)];
    }
    if (path === '/tell') {
      let text = '';
      for await (const part of request.setEncoding('utf8')) text += part;
      const { result, error } = JSON.parse(text);
      if (error === undefined) job.done(result);
      else job.failed(error);
      return ['.json', '{}'];
    }
    return undefined;
  }

  const server = createServer(async (request, response) => {
    const send = (status, type, body) => response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
    try {
      const found = await answer(request, new URL(request.url, origin));
      if (found) send(200, types[found[0]] ?? 'application/octet-stream', found[1]);
      else send(404, 'text/plain', 'not served');
    } catch (error) {
      send(500, 'text/plain', error.message);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
