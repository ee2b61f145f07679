/** Takes the output of a handle in an order that is correct on every component, with less code than an action loop. */
import { Action, ActionQueue } from './contract.js';
import type { SessionHandle } from './contract.js';
import { ComponentError, HRESULTS } from './errors.js';

/**
 * Performs every action of the send queue, and returns the bytes to be written, in order. Whole frames come out, so
 * nothing gets between the slices of a frame. Windows' component may hand out a pong between two slices if the
 * receive queue is asked too early (Q-P3). So call this after `send`, and before each `getAction` of the receive queue.
 *
 * The sends have ended when this returns: their `IndicateSendComplete` has been taken, too. If nothing had to be
 * masked, a buffer is a view of the payload that was given to `send`: do not change it before it has been written.
 * After `abort` the sends end without bytes.
 *
 * @param contexts - gets the application context of each send that has ended, in order. Default: they are dropped.
 * @returns no buffers while an action of the send queue, or a pong of the receive queue, is outstanding (D1-3, D1-9):
 *   complete that action first.
 * @throws TypeError an argument that is no handle; the payload of the next send has been detached. The bytes of earlier sends are never lost:
 *   this call returns them, and the next one throws. The handle can only be aborted then.
 * @throws ComponentError `E_INVALID_PROTOCOL_OPERATION`: no session yet. `E_FAIL`: the component gave an action that
 *   the send queue does not have.
 */
export function takeOutput(handle: SessionHandle, contexts?: unknown[]): Uint8Array[] {
  if (typeof (handle as SessionHandle | undefined)?.getAction !== 'function')
    throw new TypeError('takeOutput needs a handle, as createClientHandle and createServerHandle return it');
  const output: Uint8Array[] = [];
  for (;;) {
    let result;
    try {
      result = handle.getAction(ActionQueue.Send);
    } catch (error) {
      // Nothing was handed out, so the next call fails in the same way. Before that, there is output to write.
      if (output.length > 0) return output;
      throw error;
    }
    const { action, buffers, applicationContext, actionContext } = result;
    let bytes = 0;
    switch (action) {
      case Action.NoAction:
        return output;
      case Action.SendToNetwork:
        for (const buffer of buffers) bytes += buffer.byteLength;
        output.push(...buffers);
        break;
      case Action.IndicateSendComplete:
        contexts?.push(applicationContext);
        break;
      default:
        // The buffers of any other action are not output.
        throw new ComponentError(HRESULTS.E_FAIL, 'WebSocketGetAction', handle.backend ?? 'native');
    }
    handle.completeAction(actionContext, bytes);
  }
}
