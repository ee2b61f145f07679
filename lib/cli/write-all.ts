/** Writes several files, or none of them. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const SUFFIX = '.wspc-new';

/**
 * Writes every text to a file beside its target, then puts each in its place. If one write fails, all targets stay
 * unchanged.
 *
 * @param texts - by the path of the target.
 */
export function writeAll(texts: ReadonlyMap<string, string>): void {
  const replaced: (readonly [file: string, before: Buffer | null])[] = [];
  try {
    for (const [file, text] of texts) writeFileSync(`${file}${SUFFIX}`, text);
    for (const file of texts.keys()) {
      const before = existsSync(file) ? readFileSync(file) : null;
      renameSync(`${file}${SUFFIX}`, file);
      replaced.push([file, before]);
    }
  } catch (error) {
    for (const [file, before] of replaced) {
      if (before === null) rmSync(file, { force: true });
      else writeFileSync(file, before);
    }
    throw error;
  } finally {
    for (const file of texts.keys()) rmSync(`${file}${SUFFIX}`, { force: true, recursive: true });
  }
}
