// A browser: each file of tests in a page of its own, or in a worker of that page, in each of its settings.

import { bundleAssert } from './bundle-assert.mjs';
import { FileRun } from './events.mjs';
import { packageEntries } from './place.mjs';
import { serve } from './server.mjs';
import { settingsFor } from './settings.mjs';

const secondsToStart = 90;

/** A browser that is opened when it is wanted, and again after it had to be closed. */
class Reopening {
  #id;
  #opened;
  version;

  constructor(id) {
    this.#id = id;
    this.version = id;
  }

  /** Afterwards its version is known. */
  async start() {
    if (this.#opened !== undefined) return;
    const openers = { webkit: async () => (await import('./webkit.mjs')).openWebKit() };
    const otherwise = async () => (await import('./browser.mjs')).openBrowser(this.#id);
    this.#opened = await (openers[this.#id] ?? otherwise)();
    this.version = this.#opened.version;
  }

  async open(url, broken) {
    await this.start();
    return this.#opened.open(url, broken);
  }

  async close() {
    const closing = this.#opened?.close();
    this.#opened = undefined;
    await closing?.catch(() => undefined);
  }
}

export async function runInBrowser(runtime, { root, tests, files, seconds, report }) {
  const assertModule = await bundleAssert();
  const entries = packageEntries(root);
  const browser = new Reopening(runtime.id);
  const listeners = new Map();
  const hear = (id, event) => listeners.get(id)?.(event);
  let number = 0;

  async function runFile(setting, origin, { file, mayBeEmpty }) {
    const run = new FileRun(mayBeEmpty);
    const id = String(number++);
    const query = new URLSearchParams({ file, in: setting.in, id });
    let opening;
    let timer;
    const problem = await new Promise((resolve) => {
      const limit = (most, what) => {
        clearTimeout(timer);
        timer = setTimeout(resolve, most * 1000, `it did not ${what} within ${most} s`);
      };
      // A browser may take its time to start; the file's own time begins with its page.
      limit(secondsToStart, 'begin');
      listeners.set(id, (event) => {
        if (event.event === 'hello') limit(seconds, 'end');
        const ended = run.hear(event);
        const isolated = run.where?.isolated ?? setting.isolated;
        if (isolated !== setting.isolated) resolve(`crossOriginIsolated is ${isolated}`);
        else if (ended) resolve(undefined);
      });
      opening = browser.open(`${origin}/?${query}`, resolve);
      opening.catch((error) => resolve(error.stack));
    });
    clearTimeout(timer);
    listeners.delete(id);
    // The tests may be over before the browser says that the page is there. A page that hangs cannot be closed;
    // the browser can.
    if (problem === undefined) await opening.then((page) => page.close()).catch(() => browser.close());
    else await browser.close();
    return run.end(problem);
  }

  for (const [index, setting] of runtime.settings.entries()) {
    const begin = performance.now();
    // A browser that does not start is told of by the first file that asks for it.
    await browser.start().catch(() => undefined);
    const settings = settingsFor(setting.can(browser.version), false);
    const server = await serve({ root, tests, entries, assertModule, hear, isolated: setting.isolated, settings });
    const runs = [];
    // In part: those that ask what the runtime can do.
    const chosen = files.filter(({ suite, mayBeEmpty }) => suite !== 'node' && (mayBeEmpty || !setting.inPart));
    for (const one of chosen) {
      const { file, suite } = one;
      runs.push({ file, suite, run: await runFile(setting, server.origin, one) });
    }
    server.close();
    report({ id: `${runtime.id}-${index}`, title: `${browser.version} ${setting.title}`, begin, runs });
  }
  await browser.close();
}
