// Fetches Debian packages, source and binary, without installing them: unpacked into build/bench/fetched.
//
// Works without root and leaves the system's apt alone: lists and cache are private, the archives are those that
// the system's own configuration names.

import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/make.mjs';
import { output } from '../lib/paths.mjs';

const fetched = join(output, 'fetched');
const home = join(fetched, 'apt');
const config = join(home, 'apt.conf');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The sources of a package as its authors released them, without Debian's patches: { folder, version }. */
export const source = (name) =>
  unpacked(`${name}-source`, (folder) => {
    apt(['source', '--download-only', '--only-source', name], folder);
    const archives = readdirSync(folder).filter((file) => /\.orig\.tar\./.test(file));
    for (const file of archives) run(['tar', 'xf', join(folder, file), '--strip-components=1', '-C', folder]);
    return versionIn(folder, /^[^_]+_(.+)\.dsc$/);
  });

/** The files of a binary package (all, or those named) laid out as they would be installed: { folder, version }. */
export const binary = (name, files = []) =>
  unpacked(name, (folder) => {
    apt(['download', name], folder);
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download ${name} brought no file`);
    const tar = join(folder, 'data.tar');
    const to = openSync(tar, 'w');
    run(['dpkg-deb', '--fsys-tarfile', join(folder, archive)], { stdio: ['ignore', to, 'inherit'] });
    closeSync(to);
    run(['tar', 'xf', tar, '-C', folder, ...files.map((file) => `./${file}`)]);
    const version = versionIn(folder, /^[^_]+_(.+)_[^_]+\.deb$/);
    for (const file of [archive, 'data.tar']) rmSync(join(folder, file));
    return version;
  });

// What failed half way is thrown away: the version is written last.
function unpacked(name, fill) {
  const folder = join(fetched, name);
  const record = join(folder, 'version');
  if (!existsSync(record)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(record, fill(folder));
  }
  return { folder, version: readFileSync(record, 'utf8') };
}

function versionIn(folder, pattern) {
  const version = readdirSync(folder)
    .map((file) => pattern.exec(file)?.[1])
    .find(Boolean);
  if (version === undefined) throw new Error(`${folder} does not tell its version`);
  return decodeURIComponent(version); // an epoch's colon is escaped in a file's name
}

function apt(words, folder) {
  update();
  run(['apt-get', '--quiet', '--quiet', ...words], { cwd: folder, ...quiet() });
}

let updated = false;

// Once a process at most: lists that are a day old may name versions that the archive has no more.
function update() {
  if (updated) return;
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(home, folder), { recursive: true });
  const trusted = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const entry = `${trusted}$(REPO_URI) $(RELEASE) $(COMPONENT)`;
  const archives = (type) => run(['apt-get', 'indextargets', '--format', `${type} ${entry}`, 'Created-By: Packages']);
  // apt names only the lists that it has.
  if (archives('deb') === '') {
    if (process.getuid() !== 0) throw new Error('apt has no lists of packages yet; please run:  sudo apt-get update   and then this again');
    run(['apt-get', '--quiet', '--quiet', 'update']);
  }
  writeFileSync(join(home, 'sources.list'), archives('deb') + archives('deb-src'));
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${join(home, 'sources.list')}";
Dir::Etc::sourceparts "-";
Dir::State::lists "${join(home, 'lists')}";
Dir::Cache "${join(home, 'cache')}";
APT::Sandbox::User "root";
`,
  );
  run(['apt-get', '--quiet', '--quiet', 'update'], quiet());
  updated = true;
}

function quiet() {
  return { env: { ...process.env, APT_CONFIG: config, LC_ALL: 'C' } };
}
