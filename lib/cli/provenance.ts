/** Says in words which backend answers and why. It names Windows' own component only if the version of the DLL does. */
import { component, nativeUnavailableReason } from '../component/index.js';
import { describeSystem, isStandIn } from '../parity/bundle.js';
import type { System } from '../parity/bundle.js';

/** The name of the DLL that answers; null if no DLL does. */
export function dllOf({ dll, isWindows }: Pick<System, 'dll' | 'isWindows'>): string | null {
  if (dll === null) return null;
  if (isWindows) return `Windows' own websocket.dll ${dll}`;
  return isStandIn(dll)
    ? `the stand-in for tests (websocket.dll ${dll}), not Windows' own`
    : `a websocket.dll (${dll}) that is not Windows' own`;
}

/** Why the backend in use is in use. */
export function whyThisBackend(): string {
  return dllOf(describeSystem(component)) ?? nativeUnavailableReason() ?? 'WSPC_BACKEND asks for it';
}
