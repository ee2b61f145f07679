/** Memory whose parts belong to several owners. */
import type * as workerThreads from 'node:worker_threads';

const { bun, deno } = process.versions as Partial<typeof process.versions>;
const CAN_MARK = bun === undefined && deno === undefined;

let mark: typeof workerThreads.markAsUntransferable | null = null;

/**
 * Keeps memory from being transferred, as Node does with its own pool: a transfer of one part to another thread would
 * take all other parts along. `postMessage` and `structuredClone` refuse it from then on (Node 20: they copy it).
 */
export function keepInPlace(memory: ArrayBufferLike): void {
  if (!CAN_MARK) return;
  // Loaded here because a program that imports the package and opens no connection yet has no use for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  mark ??= (require('node:worker_threads') as typeof workerThreads).markAsUntransferable;
  mark(memory);
}
