/**
 * Readers on loan. Between two messages a reader has no state, so any reader with the same rules will do. A
 * connection has a reader only while a chunk is read, and while a message is unfinished.
 */
import { FrameReader } from './frame-reader.js';
import type { ReaderRules } from './frame-reader.js';

/** A reader that most sessions with the same rules share, one after the other. */
export class ReaderLoan {
  private spare: FrameReader | null = null;

  constructor(readonly rules: ReaderRules) {}

  take(compressionAllowed: boolean): FrameReader {
    const reader = this.spare ?? new FrameReader(this.rules);
    this.spare = null;
    reader.compressionAllowed = compressionAllowed;
    return reader;
  }

  /** @param reader - one that is between messages, and that nobody else uses. */
  giveBack(reader: FrameReader): void {
    this.spare = reader;
  }
}
