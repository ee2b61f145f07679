/** Sessions: a session drives a handle in bulk after its opening handshake. It does no I/O. */
import { bulkDriver } from '../component/bulk.js';
import type { BulkDrivable, BulkDriver } from '../component/bulk.js';
import type { SessionHandle } from '../component/contract.js';
import { ActionLoop } from './action-loop.js';

export { ActionLoop } from './action-loop.js';
export type { ActionLoopOptions } from './action-loop.js';
export type { BulkDriver, IndicationSink } from '../component/bulk.js';

/** Options of a session. */
export interface SessionOptions {
  /**
   * `'auto'`: the backend's own driver if it has one, otherwise the action loop; `'action-loop'`: always
   * the loop. Both give the same bytes and the same indications, up to where a message is cut into fragments.
   * Default: `'auto'`.
   */
  readonly driver?: 'auto' | 'action-loop';
}

/**
 * Takes over a handle whose handshake is done. From now on, the caller may call only `abort` and `delete` on the
 * handle, and no other session functions.
 */
export function openSession(handle: SessionHandle, options?: SessionOptions): BulkDriver {
  if (options?.driver !== 'action-loop' && bulkDriver in handle) {
    const driver = (handle as SessionHandle & BulkDrivable)[bulkDriver]();
    if (driver !== null) return driver;
  }
  return new ActionLoop(handle);
}
