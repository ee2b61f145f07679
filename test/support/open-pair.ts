import { ActionQueue, BufferType } from '../../lib/component/contract.js';
import type {
  ActionResult,
  ClientHandle,
  Component,
  HandleProperties,
  ServerHandle,
  SessionHandle,
} from '../../lib/component/contract.js';

export interface Pair {
  readonly client: ClientHandle;
  readonly server: ServerHandle;
}

/** A client and a server handle with an open session. */
export function openPair(
  component: Component,
  clientProperties?: HandleProperties,
  serverProperties?: HandleProperties,
): Pair {
  const client = component.createClientHandle(clientProperties);
  const server = component.createServerHandle(serverProperties);
  const requestHeaders = [...client.beginClientHandshake(), { name: 'Host', value: 'localhost' }];
  client.endClientHandshake(server.beginServerHandshake({ requestHeaders }));
  server.endServerHandshake();
  return { client, server };
}

/** The bytes of a send on the wire, after all its actions. */
export function bytesOf(handle: SessionHandle, maxBuffers?: number): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const { actionContext, buffers } = handle.getAction(ActionQueue.Send, maxBuffers);
    if (actionContext === null) return Buffer.concat(chunks);
    const bytes = Buffer.concat(buffers);
    chunks.push(bytes);
    handle.completeAction(actionContext, bytes.byteLength);
  }
}

/** Lets the handle read the bytes until it indicates. The indication is left outstanding. */
export function indicationOf(handle: SessionHandle, bytes: Uint8Array): ActionResult {
  let unread = bytes;
  for (;;) {
    const result = handle.getAction(ActionQueue.Receive);
    const [window] = result.buffers;
    if (window === undefined || result.bufferType !== 0) return result;
    const taken = unread.subarray(0, window.byteLength);
    unread = unread.subarray(taken.byteLength);
    window.set(taken);
    handle.completeAction(result.actionContext, taken.byteLength);
  }
}

export function isMessage(type: BufferType | 0): boolean {
  return type === BufferType.Utf8Message || type === BufferType.BinaryMessage;
}
