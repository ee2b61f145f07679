/**
 * Readers on loan. Between two messages a reader knows nothing that another one with the same rules does not: so a
 * connection has one only while a chunk is read, and from the middle of a message on.
 */
import { FrameReader } from './frame-reader.js';
import type { ReaderRules } from './frame-reader.js';

/** The reader that most sessions with the same rules take turns with. */
export class ReaderLoan {
  private spare: FrameReader | null = null;

  constructor(readonly rules: ReaderRules) {}

  take(compressionAllowed: boolean): FrameReader {
    const reader = this.spare ?? new FrameReader(this.rules);
    this.spare = null;
    reader.compressionAllowed = compressionAllowed;
    return reader;
  }

  /** @param reader - one that is between messages, and that nobody else has. */
  giveBack(reader: FrameReader): void {
    this.spare = reader;
  }
}
