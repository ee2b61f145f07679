// Results of compilations, kept below .cache. Every test of the native half begins with a compilation, most of them of the
// same sources.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { inCache } from './paths.mjs';

/** A digest of the names and contents of files, and of everything else that decides the result. */
function digestOf(folder, inputs) {
  const hash = createHash('sha256').update(JSON.stringify(inputs));
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    hash.update(`\0${path.relative(folder, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Builds a file, unless it has been built from the same inputs before.
 *
 * @param name - of the file.
 * @param folder - of the sources.
 * @param inputs - everything else that decides the result: flags, versions of tools and headers.
 * @param build - builds into the folder that it gets.
 * @returns the path of the file.
 */
export function built(name, folder, inputs, build) {
  const kept = inCache('built', digestOf(folder, [name, ...inputs]));
  const file = path.join(kept, name);
  if (existsSync(file)) return file;
  mkdirSync(inCache('built'), { recursive: true });
  const fresh = mkdtempSync(inCache('built', 'new-'));
  build(fresh);
  // Renamed when it is whole, so that no other process takes half of a file.
  try {
    renameSync(fresh, kept);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    // Another process was faster.
    if (!existsSync(file)) throw error;
  }
  return file;
}
