/** The client's side of RFC 8441: a WebSocket on a stream of an HTTP/2 connection. */
import type { ClientHttp2Session, ClientHttp2Stream, SecureClientSessionOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { errorOf } from '../../component/thrown.js';
import { Alarm, Connection, groupOf } from '../../connection/index.js';
import { askOf } from '../ask.js';
import type { Ask } from '../ask.js';
import { clientArguments, watched } from '../client.js';
import type { Http2ConnectOptions } from '../client-options.js';
import { chooseBackend, connectionSettings, extensionsOf, propertiesOf } from '../component-options.js';
import { connectFailed } from '../errors.js';
import { discard } from '../exchange.js';
import { judge, refusalError } from '../judge.js';
import type { AnswerHead } from '../judge.js';
import { checkOptions, HTTP2_CONNECT_OPTIONS } from '../known-options.js';
import { Patience } from '../patience.js';
import { bodyOf } from '../refusal-body.js';
import { targetOf } from '../target.js';
import type { Target } from '../target.js';
import { answerFields, headersForHttp2 } from './headers.js';
import { settingsOf } from './settings.js';
import { widenWindow } from './window.js';

/**
 * Opens a WebSocket over HTTP/2. Any number of WebSockets can share one HTTP/2 connection. Each has its own flow
 * control, so a slow reader does not hold up the others.
 *
 * @param url - `wss:` (or `https:`); `ws:` and `http:` are HTTP/2 without TLS, with prior knowledge. User and password
 *   become basic authorization.
 * @throws HandshakeError (in the promise) `ERR_CONNECT_FAILED`: no HTTP/2 connection, or one whose server does not
 *   offer WebSockets on it; `ERR_UNEXPECTED_RESPONSE`, `ERR_INVALID_HANDSHAKE`, `ERR_NO_SUBPROTOCOL`,
 *   `ERR_HANDSHAKE_TIMEOUT`; TypeError, RangeError; the signal's reason.
 */
export async function connectHttp2(url: string | URL, options?: Http2ConnectOptions): Promise<Connection>;
/** The same, with the subprotocols as second argument, as in the web's `WebSocket`. */
export async function connectHttp2(
  url: string | URL,
  protocols: string | readonly string[] | undefined,
  options?: Http2ConnectOptions,
): Promise<Connection>;
export async function connectHttp2(
  url: string | URL,
  second?: Http2ConnectOptions | string | readonly string[],
  third?: Http2ConnectOptions,
): Promise<Connection> {
  const options = clientArguments(second, third, HTTP2_CONNECT_OPTIONS);
  checkOptions('connectHttp2', options, HTTP2_CONNECT_OPTIONS);
  const target = targetOf(url);
  if (target.socketPath !== undefined) throw new TypeError('HTTP/2 over a unix socket takes a session');
  return watched(
    () => target.publicUrl,
    () => open(target, options),
  );
}

async function open(target: Target, options: Http2ConnectOptions): Promise<Connection> {
  const extensions = extensionsOf(options);
  const { component } = chooseBackend(options);
  const group = groupOf(connectionSettings(options, component));
  const patience = new Patience(options);
  const handle = component.createClientHandle(propertiesOf(options, component));
  let session: ClientHttp2Session | undefined;
  let stream: ClientHttp2Stream | undefined;
  try {
    const asked = askOf(handle, target, options, extensions, true);
    const own = options.session === undefined ? await connectSession(target, options.tls) : null;
    session = options.session ?? own!.session;
    await patience.wait(settingsOf(session, target.isSecure));
    widenWindow(session);
    const sent = (stream = request(session, target, asked));
    patience.onGiveUp = () => sent.destroy();
    const { head, rawHeaders, hasEnded } = await patience.wait(responseOf(stream));
    if (head.statusCode !== 200) {
      patience.stopClock();
      throw refusalError(head, await patience.wait(bodyOf(stream)));
    }
    if (hasEnded) throw connectFailed('the server accepted the request and ended the stream');
    const required = options.protocolRequired !== false;
    const agreed = judge(handle, asked, head, answerFields(asked.own, rawHeaders), required);
    const connection = new Connection(stream, handle, group, { ...agreed, url: target.publicUrl });
    if (own !== null) closeWith(own, connection, group.settings.closeTimeout);
    return connection;
  } catch (error) {
    handle.delete();
    discard(stream);
    if (options.session === undefined) session?.destroy();
    throw error;
  } finally {
    patience.end();
  }
}

/**
 * Closes the session of its only connection. Node ends this side of the transport and waits for the server's end, which
 * may never come: the transport is destroyed in the end.
 */
function closeWith({ session, transport }: OwnSession, connection: Connection, timeout: number): void {
  void connection.closed.then(() => {
    session.close();
    const socket = transport();
    if (socket === null || socket.destroyed) return;
    const alarm = Alarm.after(timeout, discard, socket);
    socket.once('close', () => alarm.stop());
  });
}

/** A session that serves one connection. */
interface OwnSession {
  readonly session: ClientHttp2Session;
  /** `session.socket` is only a view of it; null before it is connected. */
  readonly transport: () => Socket | null;
}

async function connectSession(
  { isSecure, authority }: Target,
  tls: SecureClientSessionOptions | undefined,
): Promise<OwnSession> {
  // Loaded when it is first used: programs that use only HTTP/1.1 never load it.
  const http2 = await import('node:http2');
  let session: ClientHttp2Session;
  // Nobody reads what a server pushes, so it would stay in memory.
  const settings = { enablePush: false, ...tls?.settings };
  try {
    session = http2.connect(`${isSecure ? 'https' : 'http'}://${authority}`, { ...tls, settings });
  } catch (cause) {
    const { name, message } = errorOf(cause);
    if (['TypeError', 'RangeError'].includes(name)) throw cause;
    // A `createConnection` among the options has thrown, or a certificate cannot be read.
    throw connectFailed(`no HTTP/2 connection: ${message}`, cause);
  }
  let socket: Socket | null = null;
  session.once('connect', (_, connected: Socket) => (socket = connected));
  return { session, transport: () => socket };
}

function request(session: ClientHttp2Session, target: Target, { headers }: Ask): ClientHttp2Stream {
  const host = headers.find(({ name }) => name.toLowerCase() === 'host')?.value;
  try {
    return session.request({
      ...headersForHttp2(headers),
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': target.isSecure ? 'https' : 'http',
      ':authority': host ?? target.authority,
      ':path': target.path,
    });
  } catch (cause) {
    // Two lines of a header that allows only one.
    // Node's TypeError may be of another realm than this module's.
    const { name, message } = errorOf(cause);
    if (name === 'TypeError') throw cause;
    // The session is closing, or has no stream left.
    throw connectFailed(`the HTTP/2 connection takes no request: ${message}`, cause);
  }
}

/** A flag of frames (RFC 9113, section 6.2). */
const END_STREAM = 1;

function responseOf(
  stream: ClientHttp2Stream,
): Promise<{ head: AnswerHead; rawHeaders: readonly string[]; hasEnded: boolean }> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers, flags, rawHeaders?: readonly string[]) => {
      const statusCode = Number(headers[':status']);
      resolve({
        head: { statusCode, statusMessage: '', headers: headers },
        rawHeaders: rawHeaders ?? [],
        hasEnded: (flags & END_STREAM) !== 0,
      });
    });
    stream.on('error', (cause: Error) =>
      reject(connectFailed(`the server refused the stream: ${cause.message}`, cause)),
    );
    stream.once('close', () => reject(connectFailed('the server ended the stream')));
  });
}
