// The declarations in a user's project: strict, nothing skipped, with the least of libraries that they promise to
// do with, by the oldest and the newest compiler that are supported.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { consumer } from './places.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = join(consumer, 'types');
mkdirSync(folder, { recursive: true });
const files = readdirSync(here('consumer'));
for (const file of files) copyFileSync(here(`consumer/${file}`), join(folder, file));

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
const surroundings = {
  'DOM alone': { lib: ['es2022', 'dom'], types: [] },
  'a worker': { lib: ['es2022', 'webworker'], types: [] },
  'DOM and @types/node': { lib: ['es2022', 'dom'], types: ['node'], typeRoots: [here('node_modules/@types')] },
  'the newest of all': { lib: ['esnext', 'dom'], types: [] },
};

for (const compiler of ['typescript5', 'typescript7']) {
  for (const [resolution, how] of Object.entries(resolutions)) {
    for (const [around, given] of Object.entries(surroundings)) {
      test(`${compiler}, ${resolution}, ${around}`, () => {
        const project = join(folder, `${compiler}-${resolution}-${Object.keys(surroundings).indexOf(around)}.json`);
        const compilerOptions = {
          target: 'es2022',
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          noEmit: true,
          ...how,
          ...given,
        };
        writeFileSync(project, JSON.stringify({ compilerOptions, files }));
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          [here(`node_modules/${compiler}/bin/tsc`), '--project', project],
          { encoding: 'utf8' },
        );
        assert.equal(status, 0, stdout + stderr);
      });
    }
  }
}
