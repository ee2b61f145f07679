/** The client's opening handshake with the options, events and error messages of `ws`. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { RequestOptions as HttpsRequestOptions } from 'node:https';
import type { NetConnectOpts } from 'node:net';
import { unescape } from 'node:querystring';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ClientHandle, HttpHeader } from '../component/index.js';
import * as onDemand from '../component/on-demand.js';
import { concludeExtension, Connection, groupOf, parseExtensions } from '../connection/index.js';
import type { MessageCodec } from '../connection/index.js';
import { attach, CLOSING, CONNECTING, fail, state } from './inner-socket.js';
import type { InnerSocket } from './inner-socket.js';
import { sharedSettings, something } from './options.js';
import type { SharedOptions, SharedSettings } from './options.js';
import { isToken } from './subprotocols.js';

/**
 * Options of a client. The options of `http.request` or `https.request` are also accepted.
 *
 * @since 0.1.0
 */
export interface ClientOptions<S = InnerSocket>
  extends SharedOptions, Omit<HttpsRequestOptions, 'timeout' | 'protocol' | 'checkServerIdentity'> {
  /**
   * Returns undefined if the certificate is valid for the server, as in Node. The boolean is from `@types/ws`.
   *
   * @defaultValue Node's
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a certificate here, `CertMeta` in `@types/ws`
  checkServerIdentity?: ((servername: string, certificate: any) => boolean | Error | undefined) | undefined;
  /**
   * Changes the request of the opening handshake, and has to call its `end`.
   *
   * @defaultValue the request ends unchanged
   */
  finishRequest?: ((request: ClientRequest, websocket: S) => void) | undefined;
  /**
   * Follow redirects.
   *
   * @defaultValue false
   */
  followRedirects?: boolean | undefined;
  /**
   * Fills a Buffer with the 4 bytes of a mask. The option selects the portable backend.
   *
   * @defaultValue the component makes masks that cannot be predicted
   */
  generateMask?: ((mask: Buffer) => void) | undefined;
  /**
   * Milliseconds to wait for the answer of the server.
   *
   * @unit milliseconds
   * @defaultValue no limit
   */
  handshakeTimeout?: number | undefined;
  /**
   * Largest number of redirects that are followed.
   *
   * @unit redirects
   * @defaultValue 10
   */
  maxRedirects?: number | undefined;
  /**
   * The header `Origin`.
   *
   * @defaultValue none
   */
  origin?: string | undefined;
  /**
   * Without effect, as in `ws`: the scheme of the URL decides.
   *
   * @defaultValue without effect
   */
  protocol?: string | null | undefined;
  /**
   * The subprotocols to offer if the constructor has no argument for them.
   *
   * @defaultValue none
   */
  protocols?: string | readonly string[] | undefined;
  /**
   * The value of `Sec-WebSocket-Version`: 8 or 13. The frames are the same for both.
   *
   * @defaultValue 13
   */
  protocolVersion?: number | undefined;
}

const VERSIONS = [8, 13];

/** The opening handshake of one socket. With redirects it makes several requests. */
class Handshake {
  readonly #socket: InnerSocket;
  readonly #options: ClientOptions;
  readonly #protocols: readonly string[];
  readonly #shared: SharedSettings;
  /** The server of the first request. Only this server gets the credentials. */
  #origin: { readonly isSecure: boolean; readonly host: string; readonly isIpc: boolean } | null = null;
  readonly #headers: Record<string, unknown>;
  #handle: ClientHandle | null = null;
  #request: ClientRequest | null = null;

  constructor(socket: InnerSocket, protocols: readonly string[], options: ClientOptions) {
    const { protocolVersion = 13 } = options;
    if (!VERSIONS.includes(protocolVersion)) {
      throw new RangeError(
        `Unsupported protocol version: ${protocolVersion} (supported versions: ${VERSIONS.join(', ')})`,
      );
    }
    this.#socket = socket;
    this.#options = options;
    this.#protocols = protocols;
    this.#shared = sharedSettings(options, true, something(options.generateMask) !== undefined);
    const headers = Object.entries({ ...(options.headers as Record<string, unknown> | undefined) });
    const isLower = options.followRedirects === true;
    this.#headers = Object.fromEntries(
      headers.map(([name, value]) => [isLower ? name.toLowerCase() : name, value]),
    );
  }

  start(address: string | URL): void {
    const url = urlOf(address);
    this.#socket._url = url.href;
    checkUrl(url);
    const seen = new Set<string>();
    for (const protocol of this.#protocols) {
      if (!isToken(protocol) || seen.has(protocol))
        throw new SyntaxError('An invalid or duplicated subprotocol was specified');
      seen.add(protocol);
    }
    this.#ask(url);
  }

  #ask(url: URL): void {
    const options = this.#options;
    const isSecure = url.protocol === 'wss:';
    const isIpc = url.protocol === 'ws+unix:';
    // In an IPC address, the path of the request follows the first colon.
    const [file, target] = isIpc ? cut(url.pathname + url.search, ':') : [undefined, undefined];
    const host = url.hostname.replace(/^\[|\]$/g, '');
    let auth = url.username === '' && url.password === '' ? options.auth : userOf(url);
    let headers = this.#headers;
    if (options.followRedirects === true) {
      const first = (this.#origin ??= { isSecure, host: isIpc ? file! : url.host, isIpc });
      const isSameHost = first.isIpc === isIpc && first.host === (isIpc ? file : url.host);
      // If the program listens to `redirect`, the credentials stay: the program can remove them itself.
      if ((!isSameHost || (first.isSecure && !isSecure)) && this.#socket.listenerCount('redirect') === 0) {
        headers = without(headers, isSameHost ? CREDENTIALS : [...CREDENTIALS, 'host']);
        auth = undefined;
      }
      // The first credentials are used for all later requests that get credentials.
      if (auth !== undefined && auth !== null && auth !== '')
        this.#headers['authorization'] ??= `Basic ${Buffer.from(auth).toString('base64')}`;
    }
    const handle = this.#shared.component.createClientHandle(this.#shared.handle);
    this.#handle = handle;
    const request: RequestOptions = {
      ...(options as RequestOptions),
      createConnection: (options.createConnection ?? (isSecure ? connectTls : connectPlain)) as NonNullable<
        RequestOptions['createConnection']
      >,
      defaultPort: options.defaultPort ?? (isSecure ? 443 : 80),
      port: url.port === '' ? (isSecure ? 443 : 80) : url.port,
      host,
      auth,
      headers: this.#requestHeaders(handle, headers),
      path: target ?? url.pathname + url.search,
      timeout: options.handshakeTimeout,
      socketPath: isIpc ? file : options.socketPath,
      protocol: undefined,
      hostname: undefined,
    };
    const made = (isSecure ? onDemand.https() : onDemand.http()).request(withoutUndefined(request));
    this.#request = made;
    this.#socket._req = made;
    if (this.#socket._redirects > 0) this.#socket.emit('redirect', this.#socket.url, made);
    this.#listen(made, url);
    if (something(options.finishRequest) === undefined) made.end();
    else options.finishRequest!(made, this.#socket);
  }

  #requestHeaders(handle: ClientHandle, given: Record<string, unknown>): Record<string, string> {
    const { protocolVersion = 13 } = this.#options;
    const origin = something(this.#options.origin);
    const { extension } = this.#shared;
    const own = handle.beginClientHandshake({
      subprotocols: this.#protocols,
      extensions: extension === null ? [] : extension.offers(),
    });
    const headers = { ...given } as Record<string, string>;
    for (const { name, value } of own) headers[name] = value;
    if (protocolVersion !== 13) headers['Sec-WebSocket-Version'] = String(protocolVersion);
    if (this.#protocols.length !== 0) headers['Sec-WebSocket-Protocol'] = this.#protocols.join(',');
    if (origin !== undefined) headers[protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = origin;
    return headers;
  }

  #listen(request: ClientRequest, url: URL): void {
    const { handshakeTimeout } = this.#options;
    if (handshakeTimeout !== undefined && handshakeTimeout !== 0)
      request.on('timeout', () => this.#abort(request, 'Opening handshake has timed out'));
    request.on('error', (error) => {
      if (this.#socket._req !== request) return;
      this.#socket._req = null;
      this.#end();
      this.#socket[fail](error);
    });
    request.on('response', (response) => this.#answered(request, response, url));
    request.on('upgrade', (response, transport, head) => {
      this.#socket.emit('upgrade', response);
      // A listener may have closed the socket.
      if (this.#socket[state] !== CONNECTING) {
        transport.destroy();
        this.#end();
        return;
      }
      this.#socket._req = null;
      try {
        this.#open(response, transport, head);
      } catch (error) {
        this.#refuse(transport, error as Error);
      }
    });
  }

  /** Handles an answer that is not an upgrade: follows a redirect, or fails. */
  #answered(request: ClientRequest, response: IncomingMessage, url: URL): void {
    const { followRedirects = false, maxRedirects = 10 } = this.#options;
    const { statusCode = 0 } = response;
    const { location } = response.headers;
    if (
      location !== undefined &&
      location !== '' &&
      followRedirects &&
      statusCode >= 300 &&
      statusCode < 400
    ) {
      if (++this.#socket._redirects > maxRedirects) {
        this.#abort(request, 'Maximum redirects exceeded');
        return;
      }
      this.#socket._req = null;
      request.destroy();
      this.#end();
      let target: URL;
      try {
        target = urlOf(location, url);
        this.#socket._url = target.href;
        checkUrl(target);
      } catch (error) {
        this.#socket[fail](error as Error);
        return;
      }
      this.#ask(target);
      return;
    }
    if (!this.#socket.emit('unexpected-response', request, response))
      this.#abort(request, `Unexpected server response: ${statusCode}`);
  }

  #open(response: IncomingMessage, transport: Duplex, head: Buffer): void {
    const handle = this.#handle!;
    const { headers } = response;
    if (headers.upgrade?.toLowerCase() !== 'websocket') throw new Error('Invalid Upgrade header');
    const protocol = this.#chosenProtocol(headers['sec-websocket-protocol']);
    const codec = this.#chosenCodec(headers['sec-websocket-extensions']);
    try {
      handle.endClientHandshake(answerFor(headers, protocol));
    } catch {
      throw new Error('Invalid Sec-WebSocket-Accept header');
    }
    if (transport instanceof onDemand.net().Socket) {
      transport.setTimeout(0);
      transport.setNoDelay();
    }
    if (head.byteLength !== 0) transport.unshift(head);
    this.#handle = null;
    const { settings, autoPong, maxPendingAutoPongs, allowSynchronousEvents } = this.#shared;
    this.#socket[attach]({
      transport,
      isServer: false,
      protocol,
      extension: codec === undefined ? '' : this.#shared.extension!.name,
      autoPong,
      maxPendingAutoPongs,
      generateMask: something(this.#options.generateMask),
      allowSynchronousEvents,
      makeConnection: (callbacks) =>
        new Connection(transport, handle, groupOf(settings), {
          protocol,
          url: this.#socket.url,
          callbacks,
          ...(codec === undefined ? {} : { codec }),
        }),
    });
  }

  #chosenProtocol(chosen: string | undefined): string {
    if (chosen === undefined) {
      if (this.#protocols.length !== 0) throw new Error('Server sent no subprotocol');
      return '';
    }
    if (this.#protocols.length === 0) throw new Error('Server sent a subprotocol but none was requested');
    if (!this.#protocols.includes(chosen)) throw new Error('Server sent an invalid subprotocol');
    return chosen;
  }

  #chosenCodec(header: string | undefined): MessageCodec | undefined {
    if (header === undefined) return undefined;
    const { extension } = this.#shared;
    if (extension === null)
      throw new Error('Server sent a Sec-WebSocket-Extensions header but no extension was requested');
    const elements = parseExtensions(header);
    if (elements === null || elements.length === 0)
      throw new Error('Invalid Sec-WebSocket-Extensions header');
    if (elements.length > 1 || elements[0]!.name !== extension.name)
      throw new Error('Server indicated an extension that was not requested');
    try {
      return concludeExtension([extension], header)?.();
    } catch {
      throw new Error('Invalid Sec-WebSocket-Extensions header');
    }
  }

  /** Called when the server has switched protocols, but with an answer that is not acceptable. */
  #refuse(transport: Duplex, error: Error): void {
    const socket = this.#socket;
    this.#end();
    socket[state] = CLOSING;
    transport.on('error', () => {
      // The transport is being destroyed, so its errors are ignored.
    });
    transport.once('close', () => socket[fail](error));
    transport.destroy();
  }

  #abort(request: ClientRequest, message: string): void {
    const error = new Error(message);
    this.#socket[state] = CLOSING;
    this.#socket._req = null;
    this.#end();
    request.destroy();
    request.socket?.destroy();
    process.nextTick(() => this.#socket[fail](error));
  }

  #end(): void {
    this.#handle?.delete();
    this.#handle = null;
  }

  /** The latest request; null before the first. */
  get request(): ClientRequest | null {
    return this.#request;
  }
}

const CREDENTIALS = ['authorization', 'cookie'];

/**
 * Opens a connection. Later failures become the events `error` and `close` of the socket.
 *
 * @throws SyntaxError, RangeError: an argument that cannot be used.
 */
export function connectAsClient(
  socket: InnerSocket,
  address: string | URL,
  protocols: readonly string[],
  options: ClientOptions,
): void {
  new Handshake(socket, protocols, options).start(address);
}

function urlOf(address: string | URL, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(address, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${String(address)}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  return url;
}

function checkUrl(url: URL): void {
  if (!['ws:', 'wss:', 'ws+unix:'].includes(url.protocol)) {
    throw new SyntaxError(
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    );
  }
  if (url.protocol === 'ws+unix:' && url.pathname === '')
    throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');
}

function userOf(url: URL): string {
  return `${unescape(url.username)}:${unescape(url.password)}`;
}

function cut(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function without(headers: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
}

function withoutUndefined(options: RequestOptions): RequestOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Connects without TLS. `http.request` has the path of an IPC socket in `socketPath`, `net.connect` in `path`. */
function connectPlain(options: Record<string, unknown>): Duplex {
  return onDemand.net().connect({ ...options, path: options['socketPath'] } as NetConnectOpts);
}

function connectTls(options: Record<string, unknown>): Duplex {
  const { servername } = options;
  const host = (options['host'] as string | undefined) ?? '';
  return onDemand.tls().connect({
    ...options,
    path: undefined,
    // The server name of TLS must be a name, not an IP address (RFC 6066, section 3).
    servername:
      servername === undefined || servername === ''
        ? onDemand.net().isIP(host) === 0
          ? host
          : ''
        : servername,
  } as TlsOptions);
}

/**
 * The answer as the handle gets it. `Upgrade`, the subprotocol and the extension have been checked as `ws` checks them,
 * and node:http has read `Connection`, which may have several lines. Only the proof is left to the component.
 */
function answerFor(headers: IncomingHttpHeaders, protocol: string): HttpHeader[] {
  const answer = [
    { name: 'Upgrade', value: 'websocket' },
    { name: 'Connection', value: 'Upgrade' },
  ];
  for (const name of ['sec-websocket-accept', 'sec-websocket-extensions'] as const) {
    const value = headers[name];
    if (value !== undefined) answer.push({ name, value });
  }
  if (protocol !== '') answer.push({ name: 'Sec-WebSocket-Protocol', value: protocol });
  return answer;
}
