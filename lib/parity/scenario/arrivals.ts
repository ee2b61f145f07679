/** The ways in which the network bytes of a scenario arrive. */
import type { Arrival } from './player.js';
import { WHOLE } from './player.js';

/** Up to here every position is tried. */
const EVERY_POSITION_BELOW = 200;
/** Header bytes of a frame at most, and a few of what is around. */
const HEADER = 18;
const SPREAD = 12;

function cutAt(position: number): Arrival {
  return { name: `cut at ${position}`, cuts: (end) => end === position };
}

/** Each byte arrives on its own. */
export const ONE_BYTE_AT_A_TIME: Arrival = { name: 'one byte at a time', cuts: () => true };

/** For many bytes: a prime, so that the pieces begin everywhere within the frames. */
const SMALL_PIECES: Arrival = { name: 'in pieces of 61', cuts: (position) => position % 61 === 0 };
const BYTE_BY_BYTE_BELOW = 2000;

/**
 * Whole, in two arrivals for every position, and byte by byte, or in small pieces where that
 * would be many.
 *
 * @param longest - bytes that the handle which receives most is sent.
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
