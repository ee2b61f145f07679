/** The client's side of RFC 8441: a WebSocket on a stream of an HTTP/2 connection. */
import type { ClientHttp2Session, ClientHttp2Stream, SecureClientSessionOptions } from 'node:http2';
import type { HttpHeader } from '../../component/index.js';
import { concludeExtension, Connection, delayOption, groupOf } from '../../connection/index.js';
import type { MessageCodec } from '../../connection/index.js';
import { HandshakeError } from '../index.js';
import { chooseBackend, connectionSettings, extensionsOf, propertiesOf } from '../shared.js';
import type { ConnectOptions } from '../index.js';
import { flatHeaders, headersForHttp2, responseHeaders } from './handshake.js';

/** Options of {@link connectHttp2}: those of `connect` that make sense without a transport of one's own. */
export interface Http2ConnectOptions extends Omit<
  ConnectOptions,
  'agent' | 'createConnection' | 'followRedirects' | 'maxRedirects' | 'net' | 'socketPath' | 'tls' | 'driver'
> {
  /** The HTTP/2 connection to use, which stays open afterwards. Default: one of its own. */
  readonly session?: ClientHttp2Session;
  /** Options of http2.connect for an own connection, such as `ca`. */
  readonly tls?: SecureClientSessionOptions;
}

/**
 * Opens a WebSocket over HTTP/2. Any number of them can share one HTTP/2 connection; each has flow control of its own,
 * so a slow reader holds up nobody else.
 *
 * @param url - `wss:` (or `https:`); `ws:` and `http:` are HTTP/2 without TLS, with prior knowledge.
 * @throws HandshakeError (in the promise) `ERR_CONNECT_FAILED`: no HTTP/2 connection, or one whose server does not offer
 *   WebSockets on it; `ERR_UNEXPECTED_RESPONSE`, `ERR_INVALID_HANDSHAKE`, `ERR_HANDSHAKE_TIMEOUT`; TypeError, RangeError;
 *   the signal's reason.
 */
export async function connectHttp2(
  url: string | URL,
  options: Http2ConnectOptions = {},
): Promise<Connection> {
  const target = new URL(url);
  const scheme = { 'wss:': 'https', 'https:': 'https', 'ws:': 'http', 'http:': 'http' }[target.protocol];
  if (scheme === undefined)
    throw new TypeError(`the URL must begin with ws: or wss:, not ${target.protocol}`);
  if (target.hash !== '') throw new TypeError('the URL of a WebSocket has no fragment (RFC 6455, section 3)');
  // Loaded when it is used: who stays with HTTP/1.1 does without.
  const http2 = await import('node:http2');
  options.signal?.throwIfAborted();
  const timeout = delayOption('handshakeTimeout', options.handshakeTimeout, 30_000, 0);
  const { component } = chooseBackend(options);
  const group = groupOf(connectionSettings(options, component));
  const extensions = extensionsOf(options);
  const protocols = typeof options.protocols === 'string' ? [options.protocols] : (options.protocols ?? []);
  const handle = component.createClientHandle(propertiesOf(options, component));
  const session = options.session ?? http2.connect(`${scheme}://${target.host}`, options.tls);
  const opening = new Opening(session, options.signal, timeout);
  try {
    const offered = handle.beginClientHandshake({
      subprotocols: protocols,
      extensions: extensions.flatMap((extension) => extension.offers()),
    });
    await opening.settings();
    const stream = session.request({
      ...headersForHttp2([...headersGiven(options), ...offered]),
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': scheme,
      ':authority': target.host,
      ':path': `${target.pathname}${target.search}`,
    });
    const answer = await opening.response(stream);
    let protocol = '';
    let codec: MessageCodec | undefined;
    try {
      const { selectedSubprotocol } = handle.endClientHandshake(responseHeaders(offered, answer));
      protocol = selectedSubprotocol === undefined ? '' : protocols[selectedSubprotocol]!;
      if (extensions.length !== 0)
        codec = concludeExtension(extensions, answer['sec-websocket-extensions'])?.();
    } catch (cause) {
      stream.destroy();
      const why = (cause as Error).message;
      throw new HandshakeError('ERR_INVALID_HANDSHAKE', `the server's answer is not acceptable: ${why}`, {
        cause,
      });
    }
    const connection = new Connection(stream, handle, group, {
      protocol,
      url: target.href.replace(/^http/, 'ws'),
      ...(codec === undefined ? {} : { codec, extensions: answer['sec-websocket-extensions']! }),
    });
    if (options.session === undefined) void connection.closed.then(() => session.close());
    return connection;
  } catch (error) {
    handle.delete();
    if (options.session === undefined) session.destroy();
    throw error;
  } finally {
    opening.end();
  }
}

function headersGiven({ headers = {}, origin }: Http2ConnectOptions): HttpHeader[] {
  const given: HttpHeader[] = origin === undefined ? [] : [{ name: 'origin', value: origin }];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const each of typeof value === 'string' ? [value] : value) given.push({ name, value: each });
  }
  return given;
}

/** What the openings on one session wait for; the listeners are the same for all of them. */
class Watch {
  readonly openings = new Set<Opening>();
  /** The server has told its settings. */
  readonly settings: Promise<void>;

  constructor(session: ClientHttp2Session) {
    const isKnown = !session.connecting && session.remoteSettings.enableConnectProtocol !== undefined;
    this.settings = isKnown
      ? Promise.resolve()
      : new Promise((resolve) => session.once('remoteSettings', () => resolve()));
    // What ends the session later, ends its streams, whose connections tell it.
    session.on('error', (cause: Error) => {
      const why = `no HTTP/2 connection: ${cause.message}`;
      for (const opening of this.openings)
        opening.giveUp(new HandshakeError('ERR_CONNECT_FAILED', why, { cause }));
    });
    session.on('close', () => {
      for (const opening of this.openings) opening.giveUp(closedError());
    });
  }
}

const watches = new WeakMap<ClientHttp2Session, Watch>();

function watchOf(session: ClientHttp2Session): Watch {
  let watch = watches.get(session);
  if (watch === undefined) watches.set(session, (watch = new Watch(session)));
  return watch;
}

function closedError(): HandshakeError {
  return new HandshakeError('ERR_CONNECT_FAILED', 'the HTTP/2 connection was closed');
}

/** Waits for what the session tells, until something ends the wait. */
class Opening {
  readonly #session: ClientHttp2Session;
  readonly #watch: Watch;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #stream: ClientHttp2Stream | null = null;
  #reject!: (error: Error) => void;
  readonly #failed: Promise<never>;
  readonly #onAbort = (): void => this.giveUp(this.#signal!.reason as Error);

  constructor(session: ClientHttp2Session, signal: AbortSignal | undefined, timeout: number) {
    this.#session = session;
    this.#watch = watchOf(session);
    this.#signal = signal;
    this.#failed = new Promise((_, reject) => (this.#reject = reject));
    this.#failed.catch(() => {
      // Raced below; when the handshake is done, nobody waits for this.
    });
    this.#watch.openings.add(this);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeout === 0) return;
    const error = new HandshakeError(
      'ERR_HANDSHAKE_TIMEOUT',
      `the server did not answer within ${timeout} ms`,
    );
    this.#timer = setTimeout(() => this.giveUp(error), timeout);
  }

  giveUp(error: Error): void {
    this.#reject(error);
    this.#stream?.destroy();
  }

  /** The server has to say that it knows extended CONNECT, before it may be asked (RFC 8441, section 3). */
  async settings(): Promise<void> {
    const session = this.#session;
    if (session.closed || session.destroyed) throw closedError();
    await Promise.race([this.#watch.settings, this.#failed]);
    if (session.remoteSettings.enableConnectProtocol === true) return;
    throw new HandshakeError(
      'ERR_CONNECT_FAILED',
      'the server does not offer WebSockets over HTTP/2: its settings lack ENABLE_CONNECT_PROTOCOL',
    );
  }

  async response(stream: ClientHttp2Stream): Promise<Record<string, string>> {
    this.#stream = stream;
    const answered = new Promise<Record<string, string>>((resolve, reject) => {
      stream.once('response', (headers) => resolve(flatHeaders(headers)));
      stream.on('error', (cause: Error) => {
        const why = `the server refused the stream: ${cause.message}`;
        reject(new HandshakeError('ERR_CONNECT_FAILED', why, { cause }));
      });
      stream.once('close', () =>
        reject(new HandshakeError('ERR_CONNECT_FAILED', 'the server ended the stream')),
      );
    });
    const headers = await Promise.race([answered, this.#failed]);
    const statusCode = Number(headers[':status']);
    if (statusCode === 200) return headers;
    stream.destroy();
    throw new HandshakeError('ERR_UNEXPECTED_RESPONSE', `the server answered ${statusCode}`, {
      response: { statusCode, statusMessage: '', headers, body: Buffer.alloc(0) },
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#watch.openings.delete(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
