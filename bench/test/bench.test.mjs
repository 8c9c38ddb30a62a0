// The bench's own arithmetic and manners; nothing is timed here.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { counted, countedPrograms } from '../lib/callgrind.mjs';
import { debugCostTable } from '../lib/debug_cost.mjs';
import { checkGates, limitFor } from '../lib/gates.mjs';
import { instructionRows } from '../lib/instructions.mjs';
import { make } from '../lib/make.mjs';
import { summary } from '../lib/measure.mjs';
import { selectJobs, selectNames, workloadNames } from '../lib/workloads.mjs';

const tool = (name, ...flags) =>
  spawnSync(process.execPath, [fileURLToPath(new URL(`../${name}`, import.meta.url)), ...flags], {
    encoding: 'utf8',
  });

test('an unknown flag, workload or allocator ends with status 2', () => {
  for (const name of ['run.mjs', 'instructions.mjs']) {
    assert.equal(tool(name, '--fast').status, 2);
    assert.equal(tool(name, '--only', 'W9').status, 2);
    assert.equal(tool(name, '--only').status, 2);
    assert.equal(tool(name, '--only', ',').status, 2);
    assert.equal(tool(name, '--allocators', 'toString').status, 2);
  }
});

test('an unknown engine ends with status 2', () => {
  const { status, stderr } = tool('run.mjs', '--engine', 'netscape');
  assert.equal(status, 2);
  assert.match(stderr, /no engine 'netscape'; there are node24 /);
});

test('--help lists every flag', () => {
  const { status, stdout } = tool('run.mjs', '--help');
  assert.equal(status, 0);
  for (const flag of ['--quick', '--engine', '--only', '--allocators', '--json', '--plots']) assert.match(stdout, new RegExp(flag));
});

test('W4 stands for its four rows, which are one job', () => {
  const names = selectNames(['W4']);
  assert.equal(names.length, 4);
  assert.equal(selectJobs(names).length, 1);
  assert.deepEqual(selectJobs(['W4/malloc'])[0].rows, ['W4/malloc']);
});

test('W1/16 does not stand for W1/16-something, nor W2/10 for W2/10k', () => {
  assert.deepEqual(selectNames(['W1/16']), ['W1/16']);
  assert.throws(() => selectNames(['W2/10']), RangeError);
});

test('whole programs are counted only where that is asked for, and not with an allocator that runs none', () => {
  assert.deepEqual(Object.keys(countedPrograms), ['sqlite', 'lua']);
  assert.deepEqual(instructionRows(['floor'], ['sqlite', 'lua'], { programs: true }), []);
  const asked = [];
  const wanted = (allocator, workload) => void asked.push(workload); // wants nothing
  instructionRows(['allot'], workloadNames, { wanted });
  assert.ok(asked.includes('W3') && !asked.includes('sqlite'));
  instructionRows(['allot'], workloadNames, { wanted, programs: true });
  assert.ok(asked.includes('sqlite') && asked.includes('lua'));
  assert.match(tool('instructions.mjs', '--help').stdout, /--programs/);
});

test('whatever is counted is also timed', () => {
  for (const name of Object.keys({ ...counted, ...countedPrograms })) assert.ok(workloadNames.includes(name), name);
});

test('median, least and most', () => {
  assert.deepEqual(summary([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(summary([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});

test('what debugging costs is told beside a heap that never had it', () => {
  const row = (allocator, median) => ({ allocator, median, min: median, max: median });
  const lines = debugCostTable([row('off again', 31), row('never', 30), row('everything', 600)]).split('\n');
  assert.match(lines[2], /^ {2}off again +31\.0 +31\.0 +31\.0 +1\.03$/);
  assert.match(lines[4], /^ {2}everything +600\.0 .* 20\.00$/);
});

test('a gate lets its limit pass and stops what is above', () => {
  const gates = { allot: { W3: limitFor(100, 3) } };
  const row = (median) => ({ workload: 'W3', allocator: 'allot', median });
  assert.deepEqual(checkGates([row(103)], gates), { passed: 1, failures: [] });
  const { passed, failures } = checkGates([row(103.1)], gates);
  assert.equal(passed, 0);
  assert.match(failures[0], /allot W3: 103\.1 .* 103/);
  assert.deepEqual(checkGates([{ ...row(1), workload: 'W6' }], gates), { passed: 0, failures: [] });
});

test('a target is made again when an input, a listed header or its command changed, and only then', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allot-make-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [input, header, target, listing] = ['in', 'header', 'out', 'out.d'].map((name) => join(folder, name));
  writeFileSync(input, 'a');
  writeFileSync(header, 'b');
  writeFileSync(listing, `${target}: ${input} \\\n  ${header}\n`);
  const build = (command = ['cp', input, target]) => make(target, [input], command, { listing });
  const later = new Date(Date.now() + 60_000);

  assert.equal(build(), true);
  assert.equal(build(), false);
  utimesSync(header, later, later);
  assert.equal(build(), true);
  utimesSync(header, new Date(0), new Date(0));
  assert.equal(build(['cp', '-f', input, target]), true);
  assert.equal(build(['cp', '-f', input, target]), false);
  assert.equal(readFileSync(target, 'utf8'), 'a');
});

test('a command that fails leaves nothing that looks current', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allot-make-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const target = join(folder, 'out');
  assert.throws(() => make(target, [], ['false']), /failed: false/);
  assert.equal(existsSync(`${target}.command`), false);
  assert.throws(() => make(target, [], ['allot-no-such-tool']), /allot-no-such-tool is not installed/);
});
