/** Files that a person names. An error about one has its name, and is a mistake in the arguments. */
import { readFileSync } from 'node:fs';
import { BundleFormatError } from '../../parity/bundle.js';
import { TraceFormatError } from '../../parity/replay.js';
import { DocumentError } from '../../parity/scenario/document.js';
import { UsageError } from '../usage.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  EACCES: 'this file may not be read',
};

/** The encodings that a mark at the beginning of a file names. `>` of Windows PowerShell writes UTF-16. */
const MARKS: readonly (readonly [mark: readonly number[], encoding: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** The text of bytes, without a mark at the beginning: editors of Windows write that of UTF-8, which the decoder removes. */
function decoded(bytes: Uint8Array): string {
  const found = MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte));
  return new TextDecoder(found?.[1] ?? 'utf-8').decode(bytes);
}

/**
 * The text of a file, in UTF-8 or, with a byte order mark, in UTF-16.
 *
 * @param help - the command whose help explains the file.
 * @throws UsageError the file cannot be read.
 */
export function textOf(file: string, help: string): string {
  try {
    return decoded(readFileSync(file));
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${file}: ${REASONS[code] ?? message}`, help);
  }
}

/**
 * Reads something in the text of a file.
 *
 * @throws UsageError the text has not the format. Other errors pass.
 */
export function reading<T>(file: string, help: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BundleFormatError || error instanceof TraceFormatError)
      throw new UsageError(`${file}: ${error.message}`, help);
    // It names the file and the line.
    if (error instanceof DocumentError) throw new UsageError(error.message, help);
    throw error;
  }
}
