// The examples in the documents are true: what is JavaScript runs, what is TypeScript passes the compiler.
//
//   ```js              runs as it is written; a console.assert that fails, fails the test
//   ```js continued    runs after the examples above it, up to the last one that is not continued
//   ```js fragment     only has to be JavaScript: it shows a part, or what one should not do
//   ```ts              compiles, strictly, against the declarations of the package; `continued` as above

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packageFolder = join(root, 'js');
const { exports } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([entry, target]) => ({ name: entry.replace(/^\./, 'allot'), ...target }));

// docs/api is made from the comments in the sources.
const documents = ['README.md', 'js/README.md', ...readdirSync(join(root, 'docs'), { recursive: true })
  .filter((name) => name.endsWith('.md') && !name.startsWith('api')).map((name) => `docs/${name}`)];

const node = (args, options) => spawnSync(process.execPath, args, { encoding: 'utf8', ...options });

/** @returns {{ title: string, language: string, kind: string, code: string }[]} */
function examplesOf(name) {
  const examples = [];
  let above = {};
  for (const [, info, code] of readFileSync(join(root, name), 'utf8').matchAll(/^```([^\n]+)\n(.*?)^```/gms)) {
    const [language, kind = '', ...more] = info.trim().split(/\s+/);
    if (!['js', 'ts'].includes(language)) {
      // Another name for the same would escape.
      const isOther = /^(?:javascript|typescript|mjs|mts|jsx|tsx|node)$/i.test(language);
      assert.ok(!isOther, `${name}: write js or ts, not ${language}`);
      continue;
    }
    assert.ok(['', 'continued', 'fragment'].includes(kind) && more.length === 0, `${name}: what is '${info}'?`);
    const whole = kind === 'continued' ? `${above[language]}\n${code}` : code;
    if (kind !== 'fragment') above = { ...above, [language]: whole };
    examples.push({ title: `${name}, example ${examples.length + 1} (${info})`, language, kind, code: whole });
  }
  return examples;
}

const examples = documents.flatMap(examplesOf);

/** A module that is only text cannot name packages; this file can, and hands it the addresses. */
function located(code) {
  return code.replaceAll(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])(allot(?:\/[^'"]*)?)\2/g, (_, before, quote, name) => {
    return `${before}${quote}${import.meta.resolve(name)}${quote}`;
  });
}

async function run(code) {
  const { assert: original } = console;
  const failures = [];
  console.assert = (condition, ...said) => {
    if (condition) return;
    const message = `console.assert failed: ${said.join(' ')}`;
    failures.push(new assert.AssertionError({ message, stackStartFn: console.assert }));
  };
  try {
    await import(`data:text/javascript,${encodeURIComponent(located(code))}`);
  } finally {
    console.assert = original;
  }
  if (failures.length > 0) throw failures[0];
}

test('there are examples', () => assert.ok(examples.length >= 2));

for (const { title, code, kind } of examples.filter(({ language }) => language === 'js')) {
  test(title, async () => {
    if (kind !== 'fragment') {
      await run(code);
      return;
    }
    const { status, stderr } = node(['--input-type=module', '--check', '-'], { input: code });
    assert.equal(status, 0, stderr);
  });
}

const typed = examples.filter(({ language, kind }) => language === 'ts' && kind !== 'fragment');
if (typed.length > 0) {
  const folder = join(root, `build/test/examples-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const files = typed.map(({ code }, i) => {
    // Each is a module, also without an import.
    writeFileSync(join(folder, `example-${i}.ts`), `${code}\nexport {};\n`);
    return `example-${i}.ts`;
  });
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable', 'dom'],
    types: [],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    paths: Object.fromEntries(entries.map(({ name, types }) => [name, [join(packageFolder, types)]])),
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const compiler = join(packageFolder, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr, status } = node([compiler, '--project', folder, '--pretty', 'false'], { cwd: folder });
  rmSync(folder, { recursive: true });

  test('the compiler looked at the examples', () => {
    assert.ok(status === 0 || stdout.includes('example-'), stdout + stderr);
  });
  typed.forEach(({ title }, i) => {
    test(title, () => {
      const complaints = stdout.split('\n').filter((line) => line.startsWith(`example-${i}.ts`));
      assert.deepEqual(complaints, []);
    });
  });
}
