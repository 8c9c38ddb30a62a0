#!/usr/bin/env node
// The lesson in a terminal: `node examples/tutorial/run.mjs`. Each line of code is run as it is printed.

import '../../tools/closed-pipe.mjs';
import { ensureModules, loadModules } from './build.mjs';
import { Lesson, sides, steps } from './lesson.mjs';
import { SetupError } from '../demo/lib/tools.mjs';

const width = 100;
const indent = ' '.repeat(19);
const letters = { empty: '.', written: 'w', stack: 's', free: '-', metadata: 'r', js: 'J', cpp: 'C', both: 'B' };
const meanings = {
  ...{ w: 'written', s: 'C++ stack', J: 'block of JavaScript', C: 'block of C++', B: 'blocks of both' },
  ...{ r: 'allot’s records', '-': 'free in the heap', '.': 'empty' },
};

/** Breaks a text into lines. */
function wrap(text, indent) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1).length + word.length + indent.length >= width) lines.push('');
    lines.push(`${lines.pop()}${word} `);
  }
  return lines.map((line) => indent + line.trimEnd()).join('\n');
}

function* draw({ name, byteLength, pages, views, cells, window }) {
  yield pages ? `${name}: ${pages} pages; a letter is 1 KiB` : `${name}: ${byteLength} bytes`;
  const row = (cells ?? []).map(({ kind, by }) => letters[kind === 'live' ? by : kind]).join('');
  for (let page = 0; page < (pages ?? 0); page++) yield `  page ${page}  |${row.slice(page * 64, page * 64 + 64)}|`;
  const present = Object.keys(meanings).filter((letter) => row.includes(letter));
  if (cells) yield `  ${present.map((letter) => `${letter} ${meanings[letter]}`).join('   ')}`;
  for (const view of views ?? []) {
    const bar = '='.repeat(8 * view.pages).padEnd(8 * pages, ' ');
    yield `  ${view.name.padEnd(11)} |${bar}| ${view.pages} of ${pages} pages${view.isStale ? ': STALE' : ''}`;
  }
  for (let i = 0; i < window.length; i += 16) {
    // What changed last is in brackets.
    const row = window.slice(i, i + 16).map(({ value, isChanged }) => (isChanged ? `[${value}]` : `${value} `));
    yield `  ${`${window[i].address}`.padStart(6)}: ${row.map((text) => text.padStart(5)).join('')}`;
  }
}

async function tell() {
  const { Heap } = await import('../../js/dist/index.js');
  const lesson = new Lesson({ Heap, modules: await loadModules() });
  const print = (text = '') => process.stdout.write(`${text}\n`);
  for (const [index, step] of steps.entries()) {
    const title = `${index + 1}. ${step.title}`;
    print(`${title}\n${'='.repeat(title.length)}\n`);
    for (const text of step.text) print(`${wrap(text, '')}\n`);
    if (step.guest) print(`The guest: examples/tutorial/guests/${step.guest}\n`);
    if (step.lines.length === 0) print('For this one start the page: node examples/tutorial/serve.mjs\n');
    for (const line of step.lines) {
      print(`${`${sides[line.by]}:`.padEnd(16)}${line.code}`);
      const { text, changes } = await lesson.run(line);
      if (text) print(`${' '.repeat(16)}-> ${text.replaceAll('\n', `\n${indent}`)}`);
      print(`${wrap(line.say, indent)}\n`);
      // After each step, and when a growth may have left a view behind.
      if (changes.some(({ grown }) => grown > 0) || line === step.lines.at(-1)) {
        for (const picture of lesson.pictures(step)) print(`${[...draw(picture)].join('\n')}\n`);
      }
    }
  }
}

try {
  await ensureModules();
  await tell();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = error instanceof SetupError ? 2 : 1;
}
