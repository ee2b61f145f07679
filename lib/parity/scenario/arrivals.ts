/** The ways in which the network bytes of a scenario arrive. */
import type { Arrival } from './arrival.js';
import { WHOLE } from './arrival.js';

/** Below this number of bytes, the bytes are cut at every position. */
const EVERY_POSITION_BELOW = 200;
/** Most bytes of a frame header, and a few more. */
const HEADER = 18;
const SPREAD = 12;

function cutAt(position: number): Arrival {
  return { name: `cut at ${position}`, cuts: (end) => end === position };
}

/** Each byte arrives on its own. */
export const ONE_BYTE_AT_A_TIME: Arrival = { name: 'one byte at a time', cuts: () => true };

/** Pieces for scenarios with many bytes. The size is a prime, so that pieces begin everywhere within the frames. */
const SMALL_PIECES: Arrival = { name: 'in pieces of 61', cuts: (position) => position % 61 === 0 };
const BYTE_BY_BYTE_BELOW = 2000;

/**
 * The arrivals of a scenario: all bytes at once; in two arrivals, cut at every position; and one byte at a time. If
 * there are many bytes, they are cut at some positions only, and arrive in small pieces instead of single bytes.
 *
 * @param longest - number of bytes for the handle that receives most.
 */
export function arrivals(longest: number): Arrival[] {
  const positions = new Set<number>();
  const add = (from: number, to: number) => {
    for (let position = Math.max(1, from); position <= to && position < longest; position++)
      positions.add(position);
  };
  if (longest <= EVERY_POSITION_BELOW) add(1, longest);
  else {
    add(1, HEADER);
    add(longest - HEADER, longest);
    for (let part = 1; part < SPREAD; part++)
      add(Math.floor((longest * part) / SPREAD), Math.floor((longest * part) / SPREAD));
    for (let power = 128; power < longest; power *= 2) add(power - 1, power + 1);
  }
  const cuts = [...positions].map(cutAt);
  return longest < 2
    ? [WHOLE]
    : [WHOLE, ...cuts, longest < BYTE_BY_BYTE_BELOW ? ONE_BYTE_AT_A_TIME : SMALL_PIECES];
}
