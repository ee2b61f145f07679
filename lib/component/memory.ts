/** Memory that several have parts of. */
import { markAsUntransferable } from 'node:worker_threads';

const { bun, deno } = process.versions as Partial<typeof process.versions>;
const CAN_MARK = bun === undefined && deno === undefined;

/**
 * Keeps memory from being transferred, as Node does with its own pool: who transfers one part to another thread would
 * take along everybody else's. `postMessage` and `structuredClone` refuse it from then on (Node 20: they copy it).
 */
export function keepInPlace(memory: ArrayBufferLike): void {
  if (CAN_MARK) markAsUntransferable(memory);
}
