import { INTERIM } from '../../lib/component/portable/interim.js';
import type { Component } from '../../lib/component/index.js';

/** The answer to Q-P3, which the tests change. */
const answer = INTERIM['Q-P3'] as { pongBetweenSlices: boolean };

/**
 * While the tests of this block run, the portable engine has the suspected fault of the DLL: it hands out a pong between
 * two slices of a frame (Q-P3, H-3). The stand-in has it by a switch; `test/wine/` runs these tests with it.
 */
export function pongsGoBetweenSlices(): void {
  let before_: boolean;
  before(() => {
    before_ = answer.pongBetweenSlices;
    answer.pongBetweenSlices = true;
  });
  after(() => {
    answer.pongBetweenSlices = before_;
  });
}

/**
 * Whether a component has the fault in a block of {@link pongsGoBetweenSlices}; undefined if nobody knows, as on
 * Windows itself.
 */
export function hasPongsBetweenSlices({ backend }: Component): boolean | undefined {
  if (backend === 'portable') return true;
  if (process.env['WSPC_NATIVE_LEG'] !== 'wine') return undefined;
  return process.env['WSPC_PONGS_BETWEEN_SLICES'] === '1';
}
