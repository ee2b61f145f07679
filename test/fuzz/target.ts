import type { Random } from './random.js';

/** Something that takes bytes from a stranger. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /** Pieces worth inserting. */
  readonly tokens: readonly Buffer[];
  /**
   * Throws where a promise is broken. What it returns stands for what happened: an input that shows something new is
   * kept, and others are made of it.
   */
  readonly run: (input: Buffer, random: Random) => string | Promise<string>;
}
