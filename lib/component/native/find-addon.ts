/**
 * Finds the addon: in this package's own folder, or as the file that the program names, and nowhere else. A folder that
 * other people may write to must not decide which code is loaded (CWE-427).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { IDENTITY, NAME, VERSION } from './identity.js';

/** This code, below the folder of the package: in a checkout, and in the package as it is published. */
const OWN_PLACES = [
  join('dist', 'lib', 'component', 'native', 'find-addon.js'),
  join('dist', 'package', 'addon.js'),
];

/** Advice for a program that has no addon beside it. */
export const HOW_TO_NAME =
  'set the environment variable WSPC_ADDON to the absolute path of the .node file of this processor in the ' +
  "package's folder prebuilds";

/** The addon cannot be loaded; the message is a reason to show. */
export class NoAddon extends Error {}

/**
 * The folder of the package. It is valid only if this file lies where it is compiled to, under a package.json of this
 * package: in a bundle, the folder four levels up may be any folder.
 *
 * @throws NoAddon
 */
function packageFolder(): string {
  const isBundled = new NoAddon(`this program is bundled, so the addon has to be named: ${HOW_TO_NAME}`);
  // In a bundle that is an ES module this name does not exist.
  if (typeof __filename !== 'string' || !isAbsolute(__filename)) throw isBundled;
  const place = OWN_PLACES.find((each) => __filename.endsWith(sep + each));
  if (place === undefined) throw isBundled;
  const folder = __filename.slice(0, -place.length);
  let found: { name?: unknown; version?: unknown } | null;
  try {
    found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as typeof found;
  } catch {
    throw isBundled;
  }
  if (found?.name !== NAME || found.version !== VERSION) throw isBundled;
  return folder;
}

/** The parts of node-gyp-build that read the names of prebuilds; it has no types. */
interface PrebuildNames {
  parseTuple(name: string): object | undefined;
  matchTuple(platform: string, arch: string): (tuple: object | undefined) => boolean;
  parseTags(file: string): ({ file: string } & object) | undefined;
  matchTags(runtime: string, abi: string): (tags: object | undefined) => boolean;
  compareTags(runtime: string): (one: object, other: object) => number;
}

/** In a checkout, node-gyp's own output comes first, in the order of node-gyp-build. */
function builtHere(folder: string): string | undefined {
  const built = join(folder, 'build', 'Release', `${NAME}.node`);
  return existsSync(join(folder, 'binding.gyp')) && existsSync(built) ? built : undefined;
}

/**
 * The prebuild for this process. node-gyp-build reads the names. It is given the folder and the processor, because
 * otherwise it would also take them from environment variables, and would look beside the executable.
 */
function prebuiltIn(folder: string): string | undefined {
  // Only Windows has a binary, so no other system loads node-gyp-build.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const names = require('node-gyp-build') as PrebuildNames;
  const runtime = process.versions['electron'] === undefined ? 'node' : 'electron';
  const isMine = names.matchTuple(process.platform, process.arch);
  const prebuilds = join(folder, 'prebuilds');
  if (!existsSync(prebuilds)) return undefined;
  const tuple = readdirSync(prebuilds).find((name) => isMine(names.parseTuple(name)));
  if (tuple === undefined) return undefined;
  const [best] = readdirSync(join(prebuilds, tuple))
    .map((file) => names.parseTags(file))
    .filter((tags) => tags !== undefined)
    .filter(names.matchTags(runtime, process.versions.modules))
    .sort(names.compareTags(runtime));
  return best === undefined ? undefined : join(prebuilds, tuple, best.file);
}

/** @throws NoAddon the file that the program named is not the addon of this version. */
function checkNamed(file: string): void {
  if (!isAbsolute(file)) throw new NoAddon(`the addon has to be named by an absolute path, not ${file}`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new NoAddon(`the addon that was named cannot be read: ${(error as Error).message}`);
  }
  if (bytes.includes(`${IDENTITY}\0`)) return;
  const isOther = bytes.includes(`${NAME}@`);
  throw new NoAddon(
    isOther
      ? `${file} is the addon of another version of ${NAME}, and this is ${VERSION}`
      : `${file} is not the addon of ${NAME}`,
  );
}

/**
 * The file of the addon.
 *
 * @param named - the absolute path that the program gave; if undefined, the package's folder is searched.
 * @throws NoAddon
 */
export function findAddon(named: string | undefined): string {
  if (named !== undefined && named !== '') {
    checkNamed(named);
    return named;
  }
  const folder = packageFolder();
  const file = builtHere(folder) ?? prebuiltIn(folder);
  if (file !== undefined) return file;
  throw new NoAddon(
    existsSync(join(folder, 'binding.gyp'))
      ? `this checkout has no binary for ${process.platform}-${process.arch}: npm run prebuilds builds it`
      : `the package has no binary for ${process.platform}-${process.arch}`,
  );
}
