import type { SessionHandle } from '../../lib/component/index.js';
import type { BulkDriver } from '../../lib/component/bulk.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';

/** Every way to drive a handle. The conformance suite compares them. */
export const DRIVERS: Readonly<Record<string, (handle: SessionHandle) => BulkDriver>> = {
  'action loop': (handle) => openSession(handle, { driver: 'action-loop' }),
  'action loop, both queues, one buffer': (handle) => new ActionLoop(handle, { queues: 'all', capacity: 1 }),
  'bulk driver': (handle) => openSession(handle),
};
