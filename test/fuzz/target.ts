import type { Random } from './random.js';

/** Code that takes bytes from a stranger. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /** Parts of the format that are worth inserting. */
  readonly tokens: readonly Buffer[];
  /**
   * Throws if a promise is broken. The returned text names the result: an input with a new result is kept, and other
   * inputs are made from it.
   */
  readonly run: (input: Buffer, random: Random) => string | Promise<string>;
}
