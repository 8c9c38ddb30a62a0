// Tests of the example: run as a newcomer runs it, and its account compared with what the data say.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadDataset } from '../demo/lib/dataset.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'run.mjs');

function command(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('a C++ host and SQLite in one heap', () => {
  let told;
  before(async () => (told = await command()));

  test('ends well, in plain text of at most 100 columns', () => {
    assert.equal(told.stderr, '');
    assert.equal(told.code, 0);
    assert.doesNotMatch(told.stdout, /\x1b|\r/);
    for (const line of told.stdout.split('\n')) assert.ok([...line].length <= 100, line);
  });

  test('gives the rows that the data have', () => {
    const { cities } = loadDataset();
    assert.match(told.stdout, new RegExp(`${cities.length} cities were inserted .*, ${2 * cities.length} texts`, 's'));
    // As SQLite orders them: by population, then by number.
    const largest = cities.sort((a, b) => b.population - a.population || a.id - b.id).slice(0, 5);
    const shown = [...told.stdout.matchAll(/^ {4}(\S.*?) +([A-Z]{2}) +(\d+)$/gm)].map(([, ...columns]) => columns);
    assert.deepEqual(
      shown,
      largest.map(({ name, country, population }) => [name, country, String(population)]),
    );
  });

  test('finds a second free, a sound heap each time, and nothing left', () => {
    assert.match(told.stdout, /"SQLite format 3", and frees/);
    assert.match(told.stdout, /A second free of it is refused, and changes nothing: double_free\./);
    const accounts = [...told.stdout.matchAll(/The heap: (\d+) blocks .* every invariant holds/g)];
    assert.deepEqual(
      accounts.map(([, blocks]) => blocks === '0'),
      [true, false, false, true],
    );
    assert.match(told.stdout, /Nothing is left allocated/);
  });

  test('loads as many rows as it is told, and explains itself', async () => {
    const few = await command('--rows', '10');
    assert.equal(few.code, 0);
    assert.match(few.stdout, /^ {2}10 cities were inserted .* 20 texts/ms);
    const { code, stdout } = await command('--help');
    assert.equal(code, 0);
    assert.match(stdout, /^usage: .\/dev demo host/);
    for (const wrong of [['--nonsense'], ['--rows', '0'], ['--rows', 'many'], ['extra']]) {
      const answer = await command(...wrong);
      assert.equal(answer.code, 2, wrong.join(' '));
      assert.match(answer.stderr, /Try --help/);
    }
  });
});
