#!/usr/bin/env node
// Packs the JavaScript package as it would be published and installs it in a clean project, without a network.
//
//   tests/package/install.mjs      makes build/package: the tarball, its list of files (pack.json), and consumer/

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { consumer, packed, root } from './places.mjs';

const folder = join(root, 'build/package');
const npm = (...args) => execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

rmSync(folder, { recursive: true, force: true });
mkdirSync(consumer, { recursive: true });
// What is packed is built anew by `prepack`; its output would stand before the JSON.
const said = npm('pack', join(root, 'js'), '--json', '--foreground-scripts=false', '--pack-destination', folder);
const [{ filename, files, size, unpackedSize }] = JSON.parse(said.slice(said.indexOf('[\n')));
const paths = files.map(({ path }) => path).sort();
writeFileSync(packed, JSON.stringify({ tarball: join(folder, filename), paths, size, unpackedSize }));

writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
npm('install', '--offline', '--no-audit', '--no-fund', '--prefix', consumer, join(folder, filename));
console.log(`${filename}: ${paths.length} files, ${size} bytes packed, ${unpackedSize} unpacked`);
