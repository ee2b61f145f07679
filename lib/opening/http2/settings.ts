/** Waits for the settings of the server of an HTTP/2 connection. */
import type { ClientHttp2Session } from 'node:http2';
import { connectFailed } from '../errors.js';
import { reasonOf } from '../transport-errors.js';

/** By session: settled as soon as the server's first settings are known. */
const first = new WeakMap<ClientHttp2Session, Promise<void>>();

/**
 * Settings are the first frame of a server (RFC 9113, section 3.4). node:http2 does not tell whether they have come: it
 * shows defaults until then. The answer to a ping comes after the settings, so this function sends a ping and waits.
 */
function firstSettings(session: ClientHttp2Session, isSecure: boolean): Promise<void> {
  const why = (cause: Error & { readonly code?: string }): string =>
    cause.code === 'ERR_HTTP2_ERROR'
      ? `the server speaks no HTTP/2 here: ${cause.message}`
      : reasonOf(cause, session.encrypted ?? isSecure);
  const hint = isSecure ? '' : '; the URL of a server with TLS begins with wss:';
  return new Promise((resolve, reject) => {
    // A later end of the session ends its streams too, and their connections report it.
    session.on('error', (cause: Error) =>
      reject(connectFailed(`no HTTP/2 connection: ${why(cause)}`, cause)),
    );
    session.once('close', () =>
      reject(connectFailed(`the HTTP/2 connection was closed before the server's settings came${hint}`)),
    );
    session.once('remoteSettings', () => resolve());
    if (session.remoteSettings.enableConnectProtocol) resolve();
    // Too many pings are under way: wait for the settings themselves.
    const ping = (): void => {
      // Node emits 'connect' also after a session was destroyed while it was connecting; 'close' follows.
      if (!session.destroyed) session.ping((error) => error ?? resolve());
    };
    if (session.connecting) session.once('connect', ping);
    else ping();
  });
}

/**
 * Waits until the server has announced extended CONNECT; a client may not send one earlier (RFC 8441, section 3).
 *
 * @param isSecure - whether the URL is one with TLS, for the messages of errors.
 * @throws HandshakeError (in the promise) `ERR_CONNECT_FAILED`: the server does not support extended CONNECT, or there
 *   is no HTTP/2 connection.
 */
export async function settingsOf(session: ClientHttp2Session, isSecure: boolean): Promise<void> {
  if (session.closed || session.destroyed) throw connectFailed('the HTTP/2 connection was closed');
  let settings = first.get(session);
  if (settings === undefined) first.set(session, (settings = firstSettings(session, isSecure)));
  await settings;
  if (session.remoteSettings.enableConnectProtocol === true) return;
  throw connectFailed(
    'the server does not offer WebSockets over HTTP/2: its settings lack ENABLE_CONNECT_PROTOCOL',
  );
}
