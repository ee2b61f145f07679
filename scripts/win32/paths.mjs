// The folders of the Windows half. Everything that is fetched or built for tests is below .cache, which git ignores.
// The binaries for users are in prebuilds.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const cache = path.join(repository, '.cache');
export const prebuild = path.join(repository, 'prebuilds/win32-x64/websocket-protocol-component.node');

export const inCache = (...parts) => path.join(cache, ...parts);
