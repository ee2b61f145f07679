/** The client's opening handshake over node:http. */
import { validateHeaderName, validateHeaderValue, request as httpRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect, isIP, Socket } from 'node:net';
import type { NetConnectOpts, TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { ComponentError } from '../component/index.js';
import type { ClientHandle, Component } from '../component/index.js';
import {
  channels,
  concludeExtension,
  Connection,
  debug,
  delayOption,
  groupOf,
  integerOption,
} from '../connection/index.js';
import type { ConnectionOptions, Extension, MessageCodec } from '../connection/index.js';
import { openSession } from '../session/index.js';
import { HandshakeError } from './errors.js';
import type { HandshakeResponse } from './errors.js';
import { chooseBackend, connectionSettings, extensionsOf, headersOf, propertiesOf } from './shared.js';
import type { ComponentOptions } from './shared.js';

/** Options of {@link connect}. */
export interface ConnectOptions extends ConnectionOptions, ComponentOptions {
  /** Subprotocols, the preferred one first; the server chooses one or none. Default: none. */
  readonly protocols?: string | readonly string[];
  /** Request headers. Those of the handshake itself cannot be replaced. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The header `Origin`. Default: none. */
  readonly origin?: string;
  /** Milliseconds from the call to the open connection, redirects included; 0 is no limit. Default: 30000. */
  readonly handshakeTimeout?: number;
  /** Gives up; the promise rejects with the signal's reason. Without effect on an open connection. */
  readonly signal?: AbortSignal;
  /** TLS options for `wss:`, such as `ca`, `cert`, `rejectUnauthorized`, `servername`. */
  readonly tls?: TlsOptions;
  /** An agent, such as one of `https-proxy-agent`. Default: a transport of its own for each connection. */
  readonly agent?: Agent;
  /** Makes the transport: any Duplex of bytes; TLS, if any, is its own. Default: net.connect or tls.connect. */
  readonly createConnection?: (options: { readonly host: string; readonly port: number }) => Duplex;
  /** A unix socket, or a named pipe of Windows, to connect to instead of the URL's host. */
  readonly socketPath?: string;
  /** Further options of net.connect, such as `family`, `localAddress`, `lookup`. */
  readonly net?: Omit<TcpNetConnectOpts, 'host' | 'port'>;
  /** Follow redirects. Credentials do not go to another origin, and never from `wss:` to `ws:`. Default: false. */
  readonly followRedirects?: boolean;
  /** Most redirects. Default: 10. */
  readonly maxRedirects?: number;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const LARGEST_BODY = 65536;
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Opens a connection.
 *
 * @param url - `ws:` or `wss:` (`http:` and `https:` mean the same); user and password become basic authorization.
 *   `ws+unix:/path/of.sock:/request/path` is a unix socket.
 * @throws HandshakeError (in the promise); TypeError, RangeError: a URL or option that cannot be used; the signal's
 *   reason.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Connection> {
  const opening = new Opening(url, options);
  try {
    const connection = await opening.run();
    publish(opening.url, true, undefined);
    return connection;
  } catch (error) {
    publish(opening.url, false, error);
    throw error;
  } finally {
    opening.end();
  }
}

function publish(url: string, ok: boolean, error: unknown): void {
  if (debug.enabled) debug('handshake %s: %s', url, ok ? 'open' : error);
  if (channels.handshake.hasSubscribers) channels.handshake.publish({ role: 'client', url, ok, error });
}

/** Where a request goes. */
interface Target {
  readonly url: URL;
  readonly isSecure: boolean;
  readonly socketPath: string | undefined;
  /** Path and query. */
  readonly path: string;
}

function targetOf(url: string | URL, socketPath: string | undefined): Target {
  const parsed = new URL(url);
  const scheme = parsed.protocol.replace(/^http/, 'ws');
  if (scheme !== 'ws:' && scheme !== 'wss:' && scheme !== 'ws+unix:' && scheme !== 'wss+unix:') {
    throw new TypeError(`the URL must begin with ws: or wss:, not ${parsed.protocol}`);
  }
  if (parsed.hash !== '') throw new TypeError('the URL of a WebSocket has no fragment (RFC 6455, section 3)');
  const isSecure = scheme.startsWith('wss');
  if (!scheme.endsWith('+unix:')) {
    return { url: parsed, isSecure, socketPath, path: `${parsed.pathname}${parsed.search}` };
  }
  const [file = '', path = '/'] = decodeURIComponent(parsed.pathname).split(/:(?=\/)/);
  if (file === '') throw new TypeError('the URL has no path of a unix socket');
  return { url: parsed, isSecure, socketPath: file, path: `${path}${parsed.search}` };
}

/** What the handshake has found out. */
interface Agreed {
  readonly protocol: string;
  readonly codec?: MessageCodec;
  readonly extensions?: string;
}

class UnacceptableExtension extends Error {}

/** The URL without user and password. */
function publicUrl(url: URL): string {
  if (url.username === '' && url.password === '') return url.href;
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

class Opening {
  url: string;
  readonly #options: ConnectOptions;
  readonly #component: Component;
  readonly #extensions: readonly Extension[];
  #target: Target;
  #withCredentials = true;
  #request: ClientRequest | null = null;
  #timer: NodeJS.Timeout | null = null;
  #giveUp: ((error: Error) => void) | null = null;
  readonly #onAbort = (): void => this.#giveUp?.(this.#options.signal!.reason as Error);

  constructor(url: string | URL, options: ConnectOptions) {
    this.#options = options;
    const { component, reason } = chooseBackend(options);
    this.#component = component;
    this.#extensions = extensionsOf(options);
    if (debug.enabled) debug('the %s backend: %s', component.backend, reason);
    this.#target = targetOf(url, options.socketPath);
    this.url = publicUrl(this.#target.url);
  }

  async run(): Promise<Connection> {
    const { signal, handshakeTimeout } = this.#options;
    signal?.throwIfAborted();
    const group = groupOf(connectionSettings(this.#options, this.#component));
    const timeout = delayOption('handshakeTimeout', handshakeTimeout, 30_000, 0);
    let redirectsLeft = integerOption('maxRedirects', this.#options.maxRedirects, 10, 0);
    const gaveUp = new Promise<never>((_, reject) => {
      this.#giveUp = (error) => {
        reject(error);
        this.#request?.destroy();
      };
    });
    gaveUp.catch(() => {
      // Raced below; when the handshake has failed before, nobody waits for this.
    });
    signal?.addEventListener('abort', this.#onAbort);
    if (timeout !== 0) {
      this.#timer = setTimeout(() => {
        this.#giveUp!(
          new HandshakeError('ERR_HANDSHAKE_TIMEOUT', `the server did not answer within ${timeout} ms`),
        );
      }, timeout);
    }
    for (;;) {
      const handle = this.#component.createClientHandle(propertiesOf(this.#options, this.#component));
      try {
        const answer = await Promise.race([this.#ask(handle), gaveUp]);
        if (answer.socket !== null) {
          const agreed = this.#check(handle, answer.response);
          return this.#open(handle, answer.socket, answer.head, group, agreed);
        }
        handle.delete();
        await Promise.race([this.#unexpected(answer.response, redirectsLeft--), gaveUp]);
      } catch (error) {
        handle.delete();
        this.#request?.destroy();
        throw error;
      }
    }
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#request = null;
  }

  #protocols(): readonly string[] {
    const { protocols = [] } = this.#options;
    return typeof protocols === 'string' ? [protocols] : protocols;
  }

  /** Sends the request; the socket is null for an answer that is not an upgrade. */
  #ask(handle: ClientHandle): Promise<{ response: IncomingMessage; socket: Duplex | null; head: Buffer }> {
    const { isSecure } = this.#target;
    const options = this.#requestOptions(handle);
    return new Promise((resolve, reject) => {
      const request = isSecure ? httpsRequest(options) : httpRequest(options);
      this.#request = request;
      request.on('upgrade', (response, socket, head) => resolve({ response, socket, head }));
      request.on('response', (response) => resolve({ response, socket: null, head: Buffer.alloc(0) }));
      request.on('error', (cause) => {
        reject(
          new HandshakeError('ERR_CONNECT_FAILED', `no connection to ${this.url}: ${cause.message}`, {
            cause,
          }),
        );
      });
      request.end();
    });
  }

  #requestOptions(handle: ClientHandle): RequestOptions {
    const { url, path, isSecure, socketPath } = this.#target;
    const { agent, createConnection, tls } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const options: RequestOptions = {
      host,
      port,
      path,
      headers: this.#headers(handle),
    };
    if (agent !== undefined)
      return { ...tls, ...options, agent, ...(socketPath === undefined ? {} : { socketPath }) };
    options.createConnection = () => createConnection?.({ host, port }) ?? this.#transport(host, port);
    return options;
  }

  #transport(host: string, port: number): Duplex {
    const { net, tls } = this.#options;
    const { isSecure, socketPath } = this.#target;
    const where = socketPath === undefined ? { ...net, host, port } : { path: socketPath };
    if (!isSecure) return netConnect({ ...where, noDelay: true } as NetConnectOpts);
    // SNI is for names (RFC 6066, section 3).
    const servername = isIP(host) === 0 ? host : '';
    const socket = tlsConnect({ servername, ...where, ALPNProtocols: ['http/1.1'], ...tls });
    socket.setNoDelay(true);
    return socket;
  }

  /** Names and values, one after the other. */
  #headers(handle: ClientHandle): string[] {
    const { url, socketPath } = this.#target;
    const { origin } = this.#options;
    const own = handle.beginClientHandshake({
      subprotocols: this.#protocols(),
      extensions: this.#extensions.flatMap((extension) => extension.offers()),
    });
    const taken = new Set(own.map(({ name }) => name.toLowerCase()));
    const given: string[] = [];
    for (const [name, value] of Object.entries(this.#options.headers ?? {})) {
      const key = name.toLowerCase();
      if (value === undefined || taken.has(key) || (!this.#withCredentials && CREDENTIALS.has(key))) continue;
      validateHeaderName(name);
      for (const each of typeof value === 'string' ? [value] : value) {
        validateHeaderValue(name, each);
        given.push(name, each);
      }
    }
    const isGiven = (name: string): boolean =>
      given.some((entry, index) => index % 2 === 0 && entry.toLowerCase() === name);
    const headers: string[] = [];
    if (!isGiven('host'))
      headers.push('Host', socketPath !== undefined && url.host === '' ? 'localhost' : url.host);
    headers.push(...given);
    for (const { name, value } of own) headers.push(name, value);
    if (origin !== undefined && !isGiven('origin')) {
      validateHeaderValue('Origin', origin);
      headers.push('Origin', origin);
    }
    if (url.username !== '' && this.#withCredentials && !isGiven('authorization')) {
      const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      headers.push('Authorization', `Basic ${Buffer.from(user).toString('base64')}`);
    }
    return headers;
  }

  /** Checks the headers of the 101. */
  #check(handle: ClientHandle, response: IncomingMessage): Agreed {
    try {
      const { selectedSubprotocol } = handle.endClientHandshake(headersOf(response.rawHeaders));
      const protocol = selectedSubprotocol === undefined ? '' : this.#protocols()[selectedSubprotocol]!;
      const header = response.headers['sec-websocket-extensions'];
      const codec = this.#extensions.length === 0 ? undefined : this.#conclude(header);
      return codec === undefined ? { protocol } : { protocol, codec: codec(), extensions: header! };
    } catch (cause) {
      if (!(cause instanceof ComponentError || cause instanceof UnacceptableExtension)) throw cause;
      throw new HandshakeError(
        'ERR_INVALID_HANDSHAKE',
        `the server's answer is not acceptable: ${cause.message}`,
        {
          cause,
          response: { ...summaryOf(response), body: Buffer.alloc(0) },
        },
      );
    }
  }

  #conclude(header: string | undefined): (() => MessageCodec) | undefined {
    try {
      return concludeExtension(this.#extensions, header);
    } catch (cause) {
      throw new UnacceptableExtension((cause as Error).message, { cause });
    }
  }

  #open(
    handle: ClientHandle,
    socket: Duplex,
    head: Buffer,
    group: ReturnType<typeof groupOf>,
    agreed: Agreed,
  ): Connection {
    if (socket instanceof Socket) socket.setTimeout(0);
    if (head.byteLength !== 0) socket.unshift(head);
    const session = openSession(handle, { driver: this.#options.driver ?? 'auto' });
    return new Connection(socket, handle, group, { ...agreed, url: this.url, session });
  }

  /** An answer that is not an upgrade: a redirect moves the target, anything else is an error. */
  async #unexpected(response: IncomingMessage, redirectsLeft: number): Promise<void> {
    const { statusCode = 0, headers } = response;
    if (
      this.#options.followRedirects === true &&
      REDIRECTS.has(statusCode) &&
      headers.location !== undefined
    ) {
      response.destroy();
      if (redirectsLeft <= 0)
        throw new HandshakeError('ERR_TOO_MANY_REDIRECTS', 'the server redirects too often', { statusCode });
      this.#redirect(headers.location, statusCode);
      return;
    }
    const body = await bodyOf(response);
    const summary: HandshakeResponse = { ...summaryOf(response), body };
    throw new HandshakeError('ERR_UNEXPECTED_RESPONSE', sentenceOf(summary), { response: summary });
  }

  #redirect(location: string, statusCode: number): void {
    const from = this.#target;
    let target: Target;
    try {
      target = targetOf(new URL(location, from.url), undefined);
    } catch (cause) {
      throw new HandshakeError('ERR_UNSAFE_REDIRECT', `the server redirects to ${location}`, {
        cause,
        statusCode,
      });
    }
    if (from.isSecure && !target.isSecure) {
      throw new HandshakeError(
        'ERR_UNSAFE_REDIRECT',
        `the server redirects from wss: to ws:, to ${location}`,
        { statusCode },
      );
    }
    const isSameOrigin = from.url.host === target.url.host && from.isSecure === target.isSecure;
    if (!isSameOrigin) {
      if (from.socketPath !== undefined) {
        throw new HandshakeError(
          'ERR_UNSAFE_REDIRECT',
          `the server of a socket path redirects to ${location}`,
          { statusCode },
        );
      }
      this.#withCredentials = false;
    }
    this.#target = isSameOrigin ? { ...target, socketPath: from.socketPath } : target;
    this.url = publicUrl(target.url);
  }
}

function summaryOf(response: IncomingMessage): Omit<HandshakeResponse, 'body'> {
  const { statusCode = 0, statusMessage = '', headers } = response;
  return { statusCode, statusMessage, headers };
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length >= LARGEST_BODY) break;
    }
  } catch (error) {
    // The status is what matters; a body that was cut off is given as far as it came.
    debug('the body of the answer was cut off: %s', error);
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, LARGEST_BODY);
}

function sentenceOf({ statusCode, statusMessage, headers }: HandshakeResponse): string {
  const answer = `the server answered ${statusCode} ${statusMessage}`.trimEnd();
  switch (statusCode) {
    case 200:
      return `${answer}: it does not speak WebSocket at this URL`;
    case 401:
      return `${answer}: it wants credentials (${headers['www-authenticate'] ?? 'of an unknown kind'})`;
    case 403:
      return `${answer}: it refuses this client, perhaps for its Origin`;
    case 404:
      return `${answer}: there is nothing at this URL`;
    case 407:
      return `${answer}: the proxy wants credentials`;
    case 426:
      return `${answer}: it wants another protocol or version (Sec-WebSocket-Version: ${headers['sec-websocket-version'] ?? 'not given'})`;
    default:
      return REDIRECTS.has(statusCode)
        ? `${answer}, to ${headers.location ?? 'nowhere'}; followRedirects is off`
        : answer;
  }
}
