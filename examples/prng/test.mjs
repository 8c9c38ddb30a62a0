// Tests of the example: what is built, the numbers, and the page in browsers. What the wrapper does with memory is also
// tested as the original's document has it, in js/test/compat-lewd-samples.test.mjs.
// Puppeteer, which tests/runtimes has, wants Node 24: tests/runtimes/node_modules/n24/bin/node --test test.mjs

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prngBase64 } from '../../js/test/support/lewd-guests.mjs';
import { ModelPRNG, table } from '../../js/test/support/prng-model.mjs';
import { assertFitsAPhone, browsers, inBrowser } from '../../tests/runtimes/one-page.mjs';
import { build, embed, folder, library, modulePath } from './build.mjs';
import { serve } from './serve.mjs';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const pageBytes = 65536;
let lewd;
let MyPRNG;

before(async () => {
  await build();
  ({ MyPRNG } = await import(pathToFileURL(library)));
  lewd = await import(pathToFileURL(`${folder}/node_modules/allot/dist/compat/lewd.js`));
});

describe('what is built', () => {
  test('the module that the tests of the package have is this one', () => {
    assert.equal(readFileSync(modulePath).toString('base64'), prngBase64);
  });

  test('it is small enough to be compiled at once anywhere, and uses no data but what it is given', () => {
    const module = new WebAssembly.Module(readFileSync(modulePath));
    assert.ok(readFileSync(modulePath).length < 4096);
    const imports = WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => [from, name, kind]);
    assert.deepEqual(imports, [['env', 'mem', 'memory'], ['env', 'tab', 'global']]);
    const exports = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert.deepEqual(exports, ['init', 'seed', 'rand', 'fill']);
  });

  test('the bytes stand where the source waits for them', () => {
    const text = readFileSync(library, 'utf8');
    assert.match(text, /new Uint8Array\(\[\n {4}0, 97, 115, 109, 1, 0, 0, 0, /);
    assert.equal(text, embed(readFileSync(fileOf('my-prng.mjs'), 'utf8'), readFileSync(modulePath)));
    assert.throws(() => embed('no place', new Uint8Array()), /no place/);
  });
});

describe('the wrapper', () => {
  const tableOfNow = () => [...new Int32Array(lewd.buffer, 0, 256)];

  test('the table comes first, and no generator lies in it', () => {
    assert.deepEqual(tableOfNow(), table);
    const before = lewd.used();
    const many = Array.from({ length: 100 }, (_, seed) => new MyPRNG(seed));
    assert.equal(lewd.used(), before + 1600);
    many.forEach((prng, seed) => assert.deepEqual(prng.state, new ModelPRNG(seed).state));
    assert.deepEqual(tableOfNow(), table);
  });

  test('rand and fill give one row of numbers, whatever their parts', () => {
    const prng = new MyPRNG(-5);
    const model = new ModelPRNG(-5);
    for (const length of [0, 1, 16384, 16385, 100_000]) {
      const out = new Int32Array(length);
      prng.fill(out);
      assert.deepEqual([...out], model.take(length));
      assert.equal(prng.rand(), model.rand());
      assert.equal(lewd.total(), pageBytes);
    }
    const part = new Int32Array(30).subarray(10, 20);
    prng.fill(part);
    assert.deepEqual([...part], model.take(10));
    assert.ok([...new Int32Array(part.buffer)].every((word, i) => (i >= 10 && i < 20) || word === 0));
  });

  test('it goes on when memory has run out', () => {
    const prng = new MyPRNG(6);
    const model = new ModelPRNG(6);
    const { grow } = WebAssembly.Memory.prototype;
    const out = new Int32Array(50_000);
    let refused = 0;
    lewd.on('oom', prng, () => refused++);
    try {
      WebAssembly.Memory.prototype.grow = () => {
        throw new RangeError('no more');
      };
      prng.fill(out);
    } finally {
      WebAssembly.Memory.prototype.grow = grow;
    }
    assert.ok(refused > 0, 'it did run out');
    assert.deepEqual([...out], model.take(out.length));
  });

  test('its state can be set, to what can be one', () => {
    const prng = new MyPRNG(1);
    const { state } = prng;
    const expected = prng.rand();
    prng.state = state;
    assert.equal(prng.rand(), expected);
    assert.throws(() => (prng.state = [1, 2, 3]), TypeError);
    assert.throws(() => (prng.state = [0, 0, 0, 0]), RangeError);
    assert.throws(() => prng.fill([1, 2]), TypeError);
  });

  test('in a terminal, where those that are dropped are collected', () => {
    const text = execFileSync(process.execPath, ['--expose-gc', fileOf('run.mjs')], { encoding: 'utf8' });
    assert.match(text, /a generator +1 pages, 1040 bytes used/);
    assert.ok(text.includes(new ModelPRNG(42).take(5).join(' ')));
    assert.match(text, /the same: true/);
    assert.match(text, /20000 more +5 pages, 321040 bytes used/);
    assert.match(text, /collected: 20000 of them +5 pages, 1040 bytes used\ntrimmed +1 pages, 1040 bytes used/);
  });
});

const browserOptions = { args: ['--js-flags=--expose-gc'], preferences: { 'dom.testing.testutils.enabled': true } };

describe('the page', () => {
  let server;
  before(async () => (server = await serve()));
  after(() => server.close());

  test('forbids eval and inline scripts, and nothing else is served', async () => {
    const { headers } = await fetch(server.origin);
    assert.doesNotMatch(headers.get('content-security-policy'), /unsafe-inline|'unsafe-eval'|\*/);
    for (const path of ['/build.mjs', '/page/..%2fbuild.mjs', '/allot/%2e%2e/package.json', '/prng.wat']) {
      assert.equal((await fetch(server.origin + path)).status, 404, path);
    }
  });

  for (const browser of browsers) {
    test(`in ${browser}`, () =>
      inBrowser(browser, browserOptions, async (page) => {
        await page.goto(server.origin);
        await page.waitForSelector('body[data-ready=true]');
        await play(page);
        await assertFitsAPhone(page);
      }));
  }

  const figure = (page, name) => page.$eval(`#figure-${name}`, ({ dataset }) => Number(dataset.value));
  const log = (page) => page.$$eval('#log li', (items) => items.map(({ textContent }) => textContent));
  const press = (page, id) => page.$eval(`#${id}`, (button) => button.click());

  async function play(page) {
    const model = new ModelPRNG(42);
    const expectNumbers = async () => {
      const shown = await page.$eval('#numbers', ({ textContent }) => textContent);
      assert.equal(shown, model.take(3).join(', '));
    };
    await expectNumbers();
    assert.deepEqual([await figure(page, 'total'), await figure(page, 'used')], [pageBytes, 1040]);

    await press(page, 'fill');
    const pixels = model.take(65536);
    await expectNumbers();
    // Of each pixel the first three bytes are a number's; the fourth says how opaque it is.
    const drawn = await page.$eval('#canvas', (canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, 256, 256);
      return [...new Int32Array(data.buffer)].map((word) => word & 0xffffff);
    });
    assert.deepEqual(drawn, pixels.map((word) => word & 0xffffff));
    const moves = ['resize: 2 → 1 pages', 'trim: 2 → 1 pages', 'resize: 1 → 2 pages', 'grow: 1 → 2 pages'];
    assert.deepEqual(await log(page), moves);

    await press(page, 'make');
    await expectNumbers();
    assert.deepEqual([await figure(page, 'total'), await figure(page, 'used')], [3 * pageBytes, 161_040]);
    await press(page, 'drop');
    await expectNumbers();
    for (let i = 0; i < 100 && (await figure(page, 'used')) > 1040; i++) {
      await page.evaluate(async () => {
        if (globalThis.gc) globalThis.gc();
        else await TestUtils.gc();
        await new Promise((resolve) => setTimeout(resolve, 100));
      });
    }
    assert.equal(await figure(page, 'used'), 1040);
    await press(page, 'trim');
    await expectNumbers();
    assert.deepEqual([await figure(page, 'total'), await figure(page, 'free')], [pageBytes, pageBytes - 1040]);
    assert.deepEqual((await log(page)).slice(0, 2), ['resize: 3 → 1 pages', 'trim: 3 → 1 pages']);
  }
});
