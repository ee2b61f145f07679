/**
 * The component (`websocket-protocol-component/component`): picks the backend, and says which and why.
 *
 * On Windows 8 and later `websocket.dll` answers, everywhere else the portable engine. The environment variable
 * `WSPC_BACKEND` forces one of them: `native` (importing fails if that is impossible) or `portable`.
 */
import './host.js';
import type { Component } from './contract.js';
import { loadNative, nativeUnavailableReason } from './native/index.js';
import { portable } from './portable/index.js';

export * from './contract.js';
export { ComponentError, HRESULTS } from './errors.js';
export type { ErrorCode } from './errors.js';
export { takeOutput } from './take-output.js';
export { recordTrace } from './trace.js';
export type { TracedComponent, TraceOptions } from './trace.js';
export {
  loadNative,
  nativeFileVersion,
  NativeUnavailableError,
  nativeUnavailableReason,
} from './native/index.js';
export type { NativeOptions } from './native/index.js';
export { portable } from './portable/index.js';

/** The native backend if it can be used. A program on Windows that gets the portable one instead is warned. */
function chooseForMachine(): Component {
  const reason = nativeUnavailableReason();
  if (reason === undefined) return loadNative();
  if (process.platform === 'win32') {
    process.emitWarning(`the TypeScript engine answers in place of websocket.dll: ${reason}`, {
      type: 'NativeUnavailableWarning',
      code: 'WSPC_NATIVE_UNAVAILABLE',
      detail:
        'WSPC_BACKEND=portable chooses the engine without this warning, WSPC_BACKEND=native makes it an error.',
    });
  }
  return portable;
}

function choose(wanted: string | undefined): Component {
  switch (wanted) {
    case 'native':
      return loadNative();
    case 'portable':
      return portable;
    case undefined:
    case '':
      return chooseForMachine();
    default:
      throw new RangeError(`WSPC_BACKEND must be "native" or "portable", not "${wanted}"`);
  }
}

/** The component, over the backend that was chosen; {@link Component.backend} says which one. */
export const component: Component = choose(process.env['WSPC_BACKEND']);
