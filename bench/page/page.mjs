// A page that does one job of a measurement: lib/browser.mjs serves the order and hears the result.

import { runJob } from '../lib/run_job.mjs';
import { readTrace } from '../lib/trace_file.mjs';

const id = new URLSearchParams(location.search).get('id');

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function each(kind, names, read = (bytes) => bytes) {
  const files = {};
  for (const name of names) {
    const query = new URLSearchParams({ id, kind, name });
    files[name] = read(new Uint8Array(await (await get(`/file?${query}`)).arrayBuffer()));
  }
  return files;
}

async function work() {
  const { modules, traces, ...order } = await (await get(`/order?id=${id}`)).json();
  return runJob(order, {
    modules: await each('modules', modules),
    traces: await each('traces', traces, readTrace),
  });
}

const tell = (what) => fetch(`/tell?id=${id}`, { method: 'POST', body: JSON.stringify(what) });

work().then(
  (result) => tell({ result }),
  (error) => tell({ error: String(error.stack ?? error) }),
);
