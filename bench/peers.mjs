/** The measured packages: ours as it is published (dist/package), the peers from bench/node_modules. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const folder = fileURLToPath(new URL('.', import.meta.url));

/** Loads a peer, or one of its files. */
export const peer = createRequire(`${folder}package.json`);

/** Imports a library that the benches use themselves. */
export const installed = (name) => {
  installPeers();
  return import(pathToFileURL(peer.resolve(name)).href);
};

/** Loads one of our modules that is not published by itself: `ours('session/index.js')`. */
const load = createRequire(import.meta.url);
export const ours = (path) => load(`${root}dist/lib/${path}`);

/** The file that a program gets which requires this entry (`.`, `./ws`) of the package as it is published. */
export const entry = (name) =>
  createRequire(`${root}package.json`).resolve(`websocket-protocol-component${name.slice(1)}`);

/** Loads an entry of our package as it is published. */
export const published = (name) => load(entry(name));

/** Version of a peer. */
export function versionOf(name) {
  return load(`${folder}node_modules/${name}/package.json`).version;
}

/** Installs the peers if one is missing. Their tarballs have their binaries, so no install script runs. */
export function installPeers() {
  const { dependencies } = peer('./package.json');
  if (Object.keys(dependencies).every((name) => existsSync(`${folder}node_modules/${name}`))) return;
  console.error('Installing the peers into bench/node_modules ...');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci failed in bench/');
}
