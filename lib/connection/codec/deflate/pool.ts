/**
 * A pool of flows for sides that forget their window after each message. A connection needs such a flow for one message
 * only, so a few flows serve all connections.
 */
import type { ZlibOptions } from 'node:zlib';
import { Flow } from './flow.js';
import type { FlowKind } from './flow.js';

/** Most idle flows that are kept for each kind with equal options. */
const MOST_IDLE = 4;
const idle = new Map<string, Flow[]>();

function keyOf(kind: FlowKind, options: ZlibOptions, limit: number): string {
  return `${kind} ${limit} ${JSON.stringify(options)}`;
}

/** @returns a flow whose window is empty. */
export function takeFlow(kind: FlowKind, options: ZlibOptions, limit: number): Flow {
  return idle.get(keyOf(kind, options, limit))?.pop() ?? new Flow(kind, options, limit);
}

/** Takes back a flow after its message is complete. */
export function giveFlow(flow: Flow, kind: FlowKind, options: ZlibOptions, limit: number): void {
  if (flow.isClosed) return;
  const key = keyOf(kind, options, limit);
  let flows = idle.get(key);
  if (flows === undefined) idle.set(key, (flows = []));
  // A reset would also drop a preset dictionary.
  if (flows.length >= MOST_IDLE || idle.size > 16) {
    flow.close();
    return;
  }
  flow.reset();
  flows.push(flow);
}
