/** Memory whose parts belong to several owners. */
import { workerThreads } from './on-demand.js';

const { bun, deno } = process.versions as Partial<typeof process.versions>;
const CAN_MARK = bun === undefined && deno === undefined;

/**
 * Keeps memory from being transferred, as Node does with its own pool: a transfer of one part to another thread would
 * take all other parts along. `postMessage` and `structuredClone` refuse it from then on (Node 20: they copy it).
 */
export function keepInPlace(memory: ArrayBufferLike): void {
  if (CAN_MARK) workerThreads().markAsUntransferable(memory);
}
