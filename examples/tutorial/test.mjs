// Tests of the tutorial: the chapter's own samples, the lesson in Node, its terminal form, and the page in browsers.
// Puppeteer, which tests/runtimes has, wants Node 24: tests/runtimes/node_modules/n24/bin/node --test test.mjs

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertFitsAPhone, browsers, inBrowser, resize, until } from '../../tests/runtimes/one-page.mjs';
import { ensureModules, loadModules } from './build.mjs';
import { Lesson, steps } from './lesson.mjs';
import { serve } from './serve.mjs';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
let modules;
let Heap;

before(async () => {
  await ensureModules();
  modules = await loadModules();
  ({ Heap } = await import('../../js/dist/index.js'));
});

describe('the samples of the chapter', () => {
  test('a memory, a view on it, and a number', () => {
    const sample = (maximum) => `
      const memory = new WebAssembly.Memory({
        initial: 2,
        ${maximum}shared: true,
      });
      const u16Array = new Uint16Array(memory.buffer);
      u16Array[0] = 42;
      return { memory, u16Array };`;
    // Mended: a shared memory must say its maximum.
    assert.throws(() => new Function(sample(''))(), TypeError);
    const { memory, u16Array } = new Function(sample('maximum: 16, '))();
    assert.equal(memory.buffer.byteLength, 2 * 65536); // mended: 2 pages, where the chapter's text speaks of 1
    assert.equal(u16Array[0], 42);
    const { exports } = new WebAssembly.Instance(modules.cpp, { env: { memory } });
    assert.equal(exports.readMemory(0), 42);
  });

  test('the AssemblyScript guest is the chapter’s', () => {
    const sample = `memory.grow(2);
      store<u8>(0, 21); // mended: the chapter's comment says 32
      store<u8>(1, 99);
      export function readMemory(n: i32): i32 { return load<u8>(n); }`;
    const bare = (text) => text.replaceAll(/\/\/.*|\s/g, '');
    assert.equal(bare(readFileSync(fileOf('guests/chapter.ts'), 'utf8')), bare(sample));
  });

  for (const name of ['shared', 'cpp']) {
    test(`the guest ${name} grows by 2 pages and stores 21 and 99`, () => {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 16, shared: true });
      const { exports } = new WebAssembly.Instance(modules[name], { env: { memory } });
      exports._initialize?.();
      assert.equal(memory.buffer.byteLength, 4 * 65536);
      assert.deepEqual([exports.readMemory(0), exports.readMemory(1)], [21, 99]);
      assert.deepEqual([...new Uint8Array(memory.buffer, 0, 2)], [21, 99]);
    });
  }

  test('what it displays in a page', () => {
    const sample = `
      const { readMemory, memory } = instance;
      const memoryArray = new Uint8Array(memory.buffer);
      document.write(memoryArray[1]);
      document.write('<br/>');
      memoryArray[2] = 42;
      document.write(readMemory(2));`;
    // Mended: an instance has its functions in \`exports\`; and a document that writes is left to the test.
    const written = [];
    const { exports } = new WebAssembly.Instance(modules.chapter);
    new Function('instance', 'document', sample)(exports, { write: (text) => written.push(text) });
    assert.deepEqual(written, [99, '<br/>', 42]);
    assert.equal(exports.memory.buffer.byteLength, 2 * 65536);
  });
});

/** What the lines with a result to check give, in whichever place they run. */
const results = [
  [2, 'bytes[0];', '2'], [3, 'new Uint8Array(copy)[0];', '2'], [3, 'new Uint8Array(other)[0];', '42'],
  [4, 'const memory = new WebAssembly.Memory({ initial: 2, maximum: 16, shared: true });', 'a memory of 2 pages'],
  [4, 'u16[0] = 42;', '42'], [5, 'cpp.readMemory(0);', '42'], [5, 'u16[1];', '7'], [6, 'script.readMemory(1);', '99'],
  [6, 'u16[0];', '25365'], [6, 'u16.byteLength / 65536;', '2'], [7, 'memoryArray[1];', '99'],
  [7, 'chapter.readMemory(2);', '42'], [7, 'memoryArray.length;', '0'], [8, 'cpp.readMemory(1);', '99'],
  [8, 'cpp.addressOfLocal();', /^1[56]\d\d\d$/], [8, 'cpp.__heap_base.value;', '16384'], [9, 'cpp.sum(mine.byteOffset, 2);', '42'],
  [9, 'heap.view(Int32Array, theirs, 8);', 'Int32Array(8) [0, 1, 4, 9, 16, 25, 36, 49]'],
  [10, '[...mine.view];', '[20, 22]'], [10, 'heap.free(theirs);', /^HeapError double_free: /],
];

function checkResults(told) {
  for (const [step, code, expected] of results) {
    const found = told.find((line) => line.step === step && line.code === code);
    assert.ok(found, `step ${step} has no line ${code}`);
    if (expected instanceof RegExp) assert.match(found.text, expected);
    else assert.equal(found.text, expected, code);
  }
}

describe('the lesson', () => {
  test('in Node: results, growth, stale views, and a sound heap whose blocks are the picture', async () => {
    const lesson = new Lesson({ Heap, modules });
    const told = [];
    const pages = [];
    for (const [index, step] of steps.entries()) {
      for (const line of step.lines) {
        const { text, isError } = await lesson.run(line);
        assert.equal(isError, /double_free/.test(text), `${line.code} gives ${text}`);
        told.push({ step: index + 1, code: line.code, text });
        if (line.code === 'chapter.memory.grow(1);') assert.equal(lesson.pictures(step)[0].views[0].pages, 0);
        lesson.it.heap?.validate();
      }
      pages.push(lesson.pictures(step).at(-1).pages);
    }
    checkResults(told);
    assert.deepEqual(pages, [undefined, undefined, undefined, 2, 2, 4, 3, 6, 6, 10, 10]);
    const [{ views, cells }] = lesson.pictures(steps[9]);
    assert.deepEqual(views.map(({ name, isStale }) => [name, isStale]), [['u16', true]]);
    // What JavaScript has freed of C++'s is C++'s to take in, when it allocates next.
    const live = (picture) => picture.filter(({ kind }) => kind === 'live').length;
    assert.equal(live(cells), 2);
    lesson.it.cpp.free(lesson.it.cpp.malloc(1000));
    assert.equal(lesson.it.heap.stats().blocks, 1);
  });

  test('C++ is an agent of the heap as JavaScript is: both make it grow, and it stays sound', async () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 16, shared: true });
    const { exports: cpp } = new WebAssembly.Instance(modules.cpp, { env: { memory } });
    const heap = await Heap.create({ memory, begin: cpp.__heap_base.value });
    const spans = [];
    for (let i = 0; i < 3; i++) {
      for (const [take, size] of [[cpp.malloc, 100_000], [(n) => heap.malloc(n), 60_000]]) spans.push([take(size), size]);
    }
    heap.validate();
    assert.equal(new Set(heap.agents).size, 2);
    spans.sort(([a], [b]) => a - b);
    assert.ok(spans[0][0] > 0);
    for (const [i, [at]] of spans.slice(1).entries()) assert.ok(at >= spans[i][0] + spans[i][1], `two blocks at ${at}`);
  });

  test('in a terminal: the same results, and a picture', () => {
    const text = execFileSync(process.execPath, [fileOf('run.mjs')], { encoding: 'utf8' });
    for (const [, code, expected] of results) {
      assert.ok(text.includes(code), code);
      if (typeof expected === 'string') assert.ok(text.includes(`-> ${expected}`), expected);
    }
    assert.match(text, /page 0 {2}\|ws{15}r+J-+\|/);
    assert.match(text, /memoryArray \| +\| 0 of 3 pages: STALE/);
  });
});

// Without motion, so that a colour is not looked at while it changes.
const browserOptions = { args: ['--force-prefers-reduced-motion'], preferences: { 'ui.prefersReducedMotion': 1 } };

describe('the page', () => {
  let server;
  before(async () => (server = await serve()));
  after(() => server.close());

  test('is isolated, allows no inline script, and nothing else is served', async () => {
    const { headers } = await fetch(server.origin);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-embedder-policy'), 'require-corp');
    assert.doesNotMatch(headers.get('content-security-policy'), /unsafe-inline|'unsafe-eval'|\*/);
    for (const path of ['/build.mjs', '/page/..%2fbuild.mjs', '/allot/%2e%2e/package.json', '/modules/none.wasm']) {
      assert.equal((await fetch(server.origin + path)).status, 404, path);
    }
  });

  for (const browser of browsers) {
    test(`in ${browser}`, () =>
      inBrowser(browser, browserOptions, async (page) => {
        await resize(page, 1280, 860);
        await page.goto(server.origin);
        await page.waitForSelector('#next:enabled');
        await walk(page);
        await play(page);
        await assertFitsAPhone(page);
      }));
  }

  const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);
  const byteAt = (page, address) =>
    page.$eval(`[data-name=memory] [data-address='${address}']`, (cell) => [cell.firstChild.data, cell.dataset.by]);
  /** How many cells in a row have a colour, as in `1 blue, 15 grey`. */
  const colours = (page) =>
    page.$$eval('.picture .cells i', (cells) => {
      const all = cells.map((cell) => getComputedStyle(cell).backgroundColor).join(';');
      return all.replaceAll(/([^;]+)(;\1)*/g, (run, colour) => `${run.split(';').length} ${colour}`);
    });

  /** Goes through the lesson by the keyboard alone. */
  async function walk(page) {
    const told = [];
    const seen = new Set();
    for (const [index, { title, lines, look }] of steps.entries()) {
      assert.equal(await textOf(page, '#title'), title);
      for (const [i, { code, say }] of lines.entries()) {
        // Either key does: the arrow anywhere, Enter on the button.
        if (i % 2) await page.keyboard.press('ArrowRight');
        else await page.focus('#next').then(() => page.keyboard.press('Enter'));
        await page.waitForSelector(`#lines li:nth-child(${i + 1}).ran`);
        const item = await page.$eval(`#lines li:nth-child(${i + 1})`, (li) =>
          ['code', 'output', 'p'].map((tag) => li.querySelector(tag)?.textContent ?? ''));
        assert.deepEqual([item[0], item[2]], [code, say]);
        told.push({ step: index + 1, code, text: item[1] });
      }
      if (look[0] === 'memory') seen.add(await colours(page));
      if (index === 4) assert.deepEqual([await byteAt(page, 0), await byteAt(page, 2)], [['42', 'js'], ['7', 'cpp']]);
      if (index === 5) assert.deepEqual([await byteAt(page, 0), await byteAt(page, 1)], [['21', 'as'], ['99', 'as']]);
      if (index === 7) assert.match(await textOf(page, '[data-view=u16]'), /4 of 6 pages: stale/);
      if (index === steps.length - 1) continue;
      await page.keyboard.press('ArrowRight');
      await until(page, (number) => location.hash === `#${number}`, index + 2);
    }
    checkResults(told);
    assert.ok(seen.size >= 6, 'the picture of the memory changes from step to step');
  }

  /** Both sides write what the other reads, allocate and free. */
  async function play(page) {
    const press = async (code) => {
      await page.evaluate((wanted) => {
        for (const item of document.querySelectorAll('#log li')) item.dataset.old = '';
        [...document.querySelectorAll('#play button')].find((button) => button.textContent.startsWith(wanted)).click();
      }, code);
      await page.waitForSelector('#log li:first-child:not([data-old])');
      return textOf(page, '#log li');
    };
    const fill = (id, value) => page.$eval(`#${id}`, (input, text) => (input.value = text), `${value}`);
    await press('heap.writeUint8');
    assert.deepEqual(await byteAt(page, 5), ['42', 'js']);
    assert.match(await press('cpp.readMemory'), /→ 42$/);
    await fill('value', 77);
    await press('cpp.writeMemory');
    assert.deepEqual(await byteAt(page, 5), ['77', 'cpp']);
    assert.match(await press('script.readMemory'), /→ 77$/);
    await fill('address', 20000);
    assert.match(await press('heap.writeUint8'), /RangeError.*byte 20000 is not yours/);
    const before = await colours(page);
    const allocated = await press('cpp.malloc');
    assert.match(allocated, /^cpp\.malloc\(3000\) → \d+$/);
    const block = await colours(page);
    assert.notEqual(block, before);
    assert.match(await textOf(page, '#legend'), /block of C\+\+/);
    assert.match(await press('heap.free'), /^heap\.free\(\d+\)$/);
    assert.match(await press('heap.free'), /HeapError double_free/);
    // C++ takes it in when it allocates next.
    assert.equal(await press('cpp.malloc'), allocated);
    assert.equal(await colours(page), block);
  }
});
