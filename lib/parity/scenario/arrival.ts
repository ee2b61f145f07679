/** The ways in which the bytes of a scenario's network arrive. */

/** How the bytes of the network arrive. */
export interface Arrival {
  /** Name for messages: `whole`, `cut at 7`, `one byte at a time`. */
  readonly name: string;
  /** Whether a read ends at this position of the handle's incoming bytes, even if more bytes follow. */
  cuts(position: number): boolean;
}

/** All bytes arrive at once. */
export const WHOLE: Arrival = { name: 'whole', cuts: () => false };
