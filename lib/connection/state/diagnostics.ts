/**
 * The diagnostics of a connection: channels of `node:diagnostics_channel`, and lines on stderr with
 * `NODE_DEBUG=wspc`. Free while nobody listens.
 *
 * - `websocket-protocol-component:handshake` `{ role, url, ok, error }`: an opening handshake has ended.
 * - `websocket-protocol-component:open` `{ connection }`
 * - `websocket-protocol-component:close` `{ connection, code, reason, wasClean }`
 * - `websocket-protocol-component:error` `{ connection, error }`: a connection failed, before its `close`.
 */
import { channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';

const PREFIX = 'websocket-protocol-component';

export const channels = {
  handshake: channel(`${PREFIX}:handshake`),
  open: channel(`${PREFIX}:open`),
  close: channel(`${PREFIX}:close`),
  error: channel(`${PREFIX}:error`),
} as const;

/** The log of `NODE_DEBUG=wspc`. Check `enabled` before computing arguments. */
export const debug = debuglog('wspc');
