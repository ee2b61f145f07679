/**
 * Flows of sides that forget their window after each message: they belong to a connection for one message only, so a
 * few serve all of them.
 */
import type { ZlibOptions } from 'node:zlib';
import { Flow } from './flow.js';
import type { FlowKind } from './flow.js';

/** Flows that wait for the next message, of each kind with equal options. */
const MOST_IDLE = 4;
const idle = new Map<string, Flow[]>();

function keyOf(kind: FlowKind, options: ZlibOptions, limit: number): string {
  return `${kind} ${limit} ${JSON.stringify(options)}`;
}

/** @returns a flow without a window. */
export function takeFlow(kind: FlowKind, options: ZlibOptions, limit: number): Flow {
  return idle.get(keyOf(kind, options, limit))?.pop() ?? new Flow(kind, options, limit);
}

/** Takes a flow back whose message is complete. */
export function giveFlow(flow: Flow, kind: FlowKind, options: ZlibOptions, limit: number): void {
  if (flow.isClosed) return;
  const key = keyOf(kind, options, limit);
  let flows = idle.get(key);
  if (flows === undefined) idle.set(key, (flows = []));
  // A dictionary would be gone after a reset.
  if (flows.length >= MOST_IDLE || idle.size > 16) {
    flow.close();
    return;
  }
  flow.reset();
  flows.push(flow);
}
