// In the page: runs the tests of one file here, or starts the worker in which they run.

import { enter, tell } from './enter.mjs';

const parameters = new URLSearchParams(location.search);
document.title = parameters.get('file');

if (parameters.get('in') === 'worker') {
  const worker = new Worker(new URL(`worker.mjs${location.search}`, import.meta.url), { type: 'module' });
  worker.onerror = (event) => tell({ event: 'broken', error: `the worker broke down: ${event.message ?? event.type}` });
} else {
  await enter(parameters);
}
