/** The server's opening handshake: from an upgrade request of node:http to a connection. */
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ComponentError } from '../component/index.js';
import type { Component, HandleProperties, HttpHeader, ServerHandle } from '../component/index.js';
import { channels, chooseExtension, Connection, debug, Group } from '../connection/index.js';
import type { ConnectionOptions, Extension } from '../connection/index.js';
import { openSession } from '../session/index.js';
import { HandshakeError } from './errors.js';
import {
  chooseBackend,
  connectionSettings,
  extensionsOf,
  fieldOf,
  headersOf,
  propertiesOf,
} from './shared.js';
import type { BackendChoice, ComponentOptions } from './shared.js';

/** An HTTP answer that refuses a request. */
export interface Refusal {
  /** An HTTP status, 300 to 599. */
  readonly status: number;
  /** The body, as plain text. Default: the status in words. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of {@link accept}. */
export interface AcceptOptions extends ConnectionOptions, ComponentOptions {
  /**
   * Decides about a request: `true` accepts, `false` answers 401, a {@link Refusal} answers as it says. What it throws
   * answers 500 and is reported as the `cause`.
   */
  readonly verifyClient?: (request: IncomingMessage) => boolean | Refusal | Promise<boolean | Refusal>;
  /**
   * Origins of web pages that may connect; others get 403. Requests without `Origin`, which are not from a browser,
   * pass. Default: all.
   */
  readonly origins?: readonly string[];
  /** Subprotocols that this server speaks; the first that the client offers as well is chosen. Default: none. */
  readonly protocols?: readonly string[];
  /** Chooses one of the offered subprotocols, in place of `protocols`; `false` for none. */
  readonly handleProtocols?: (
    offered: readonly string[],
    request: IncomingMessage,
  ) => string | false | undefined;
  /** Further headers of the 101 answer, such as `Set-Cookie`. */
  readonly headers?: (request: IncomingMessage) => Readonly<Record<string, string>>;
  /** Most connections at a time; others get 503. Default: no limit. */
  readonly maxConnections?: number;
}

/** Where a transport has an answering of its own: a stream of HTTP/2 does not take an answer as text. */
export const answering: unique symbol = Symbol('answering');

/** How a request is answered. */
export interface Answering {
  /** Opens the connection; the headers are those of an answer of HTTP/1.1. */
  open(headers: readonly HttpHeader[]): void;
  /** Refuses the request and ends the transport. */
  refuse(refusal: Refusal, body: string): void;
}

interface Transport extends Duplex {
  readonly [answering]?: Answering;
}

/** 16 bytes in base64 (RFC 6455, section 4.2.1); the component takes any value (Q-H10). */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

/** Everything about accepting that is the same for each request. */
export class Acceptor {
  readonly group: Group<Connection>;
  readonly options: AcceptOptions;
  readonly backend: BackendChoice;
  readonly #component: Component;
  readonly #extensions: readonly Extension[];
  readonly #properties: HandleProperties;

  constructor(options: AcceptOptions) {
    this.options = options;
    this.backend = chooseBackend(options);
    this.#component = this.backend.component;
    this.#extensions = extensionsOf(options);
    this.#properties = propertiesOf(options, this.#component);
    this.group = new Group(connectionSettings(options, this.#component));
    const { maxConnections, verifyClient, handleProtocols, headers } = options;
    if (maxConnections !== undefined && !(maxConnections >= 0))
      throw new RangeError('maxConnections must not be negative');
    for (const [name, value] of Object.entries({ verifyClient, handleProtocols, headers })) {
      if (value !== undefined && typeof value !== 'function')
        throw new TypeError(`${name} must be a function`);
    }
  }

  /** Answers the request. Throws, or returns a promise of, the HandshakeError of a refusal that has been answered. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): Connection | Promise<Connection> {
    const fields = headersOf(request.rawHeaders);
    const refusal = this.#refusalOf(request, fields);
    if (refusal !== null) throw this.#refuse(socket, request, refusal);
    const { verifyClient } = this.options;
    if (verifyClient === undefined) return this.#upgrade(request, fields, socket, head);
    let verdict: ReturnType<typeof verifyClient>;
    try {
      verdict = verifyClient(request);
    } catch (cause) {
      throw this.#refuse(socket, request, { status: 500 }, cause);
    }
    if (verdict === true) return this.#upgrade(request, fields, socket, head);
    return this.#verify(verdict, request, fields, socket, head);
  }

  async #verify(
    verdict: boolean | Refusal | Promise<boolean | Refusal>,
    request: IncomingMessage,
    fields: HttpHeader[],
    socket: Duplex,
    head: Buffer,
  ): Promise<Connection> {
    let failure: Error | undefined;
    const onError = (error: Error): void => {
      failure = error;
    };
    socket.on('error', onError);
    let result: boolean | Refusal;
    try {
      result = await verdict;
    } catch (cause) {
      throw this.#refuse(socket, request, { status: 500 }, cause);
    } finally {
      socket.off('error', onError);
    }
    if (failure !== undefined || socket.destroyed) {
      throw new HandshakeError('ERR_CONNECT_FAILED', 'the client went away during the handshake', {
        cause: failure,
      });
    }
    if (result !== true) {
      throw this.#refuse(socket, request, result === false ? { status: 401 } : result);
    }
    // Others may have come in meanwhile.
    if (this.#isFull()) throw this.#refuse(socket, request, { status: 503 });
    return this.#upgrade(request, fields, socket, head);
  }

  #refusalOf(request: IncomingMessage, fields: readonly HttpHeader[]): Refusal | null {
    const { origins } = this.options;
    if (request.method !== 'GET') return { status: 405, headers: { Allow: 'GET' } };
    // RFC 6455, section 4.2.1.
    if (request.httpVersion === '1.0') return { status: 505, message: 'HTTP/1.1 is needed' };
    // A body would be taken for frames here, and for a body by a proxy on the way: they must not disagree.
    const length = fieldOf(fields, 'content-length');
    if (
      (length !== undefined && Number(length) !== 0) ||
      fieldOf(fields, 'transfer-encoding') !== undefined
    ) {
      return { status: 400, message: 'An upgrade request has no body' };
    }
    if (fieldOf(fields, 'upgrade')?.toLowerCase() !== 'websocket') {
      return {
        status: 426,
        message: 'Only upgrades to websocket are served here',
        headers: { Upgrade: 'websocket' },
      };
    }
    if (this.#isFull()) return { status: 503 };
    const origin = origins === undefined ? undefined : fieldOf(fields, 'origin');
    if (origin !== undefined && !origins!.includes(origin)) {
      return { status: 403, message: `The origin ${origin} is not allowed` };
    }
    return null;
  }

  #isFull(): boolean {
    const { maxConnections } = this.options;
    return maxConnections !== undefined && this.group.size >= maxConnections;
  }

  #upgrade(request: IncomingMessage, requestHeaders: HttpHeader[], socket: Duplex, head: Buffer): Connection {
    const { options } = this;
    let handle: ServerHandle | null = null;
    let answer: HttpHeader[];
    let protocol: string | undefined;
    const extension = chooseExtension(this.#extensions, fieldOf(requestHeaders, 'sec-websocket-extensions'));
    try {
      protocol = this.#chooseProtocol(request, fieldOf(requestHeaders, 'sec-websocket-protocol'));
      handle = this.#component.createServerHandle(this.#properties);
      const headers = handle.beginServerHandshake({
        requestHeaders,
        ...(protocol === undefined ? {} : { selectedSubprotocol: protocol }),
        ...(extension === undefined ? {} : { selectedExtensions: [extension.answer] }),
      });
      handle.endServerHandshake();
      const key = fieldOf(requestHeaders, 'sec-websocket-key');
      if (key === undefined || !KEY.test(key)) throw new BadKey();
      answer =
        options.headers === undefined ? headers : [...headers, ...furtherHeaders(options.headers(request))];
    } catch (cause) {
      handle?.delete();
      throw this.#refuse(socket, request, refusalFor(cause), cause);
    }
    if (head.byteLength !== 0) socket.unshift(head);
    const own = (socket as Transport)[answering];
    if (own === undefined) socket.write(textOf(answer), 'latin1');
    else own.open(answer);
    const session = openSession(handle, options);
    const url = request.url ?? '';
    if (channels.handshake.hasSubscribers) channels.handshake.publish({ role: 'server', url, ok: true });
    return new Connection(socket, handle, this.group, {
      protocol: protocol ?? '',
      url,
      side: 'server',
      session,
      ...(extension === undefined ? {} : { codec: extension.codec(), extensions: extension.answer }),
    });
  }

  #chooseProtocol(request: IncomingMessage, header: string | undefined): string | undefined {
    const { protocols, handleProtocols } = this.options;
    if (header === undefined || (protocols === undefined && handleProtocols === undefined)) return undefined;
    const offered = header.split(',').map((name) => name.trim());
    if (handleProtocols === undefined) return protocols!.find((name) => offered.includes(name));
    const choice = handleProtocols(offered, request);
    return choice === false ? undefined : choice;
  }

  #refuse(socket: Duplex, request: IncomingMessage, refusal: Refusal, cause?: unknown): HandshakeError {
    const why = answerWith(socket, refusal);
    const error = new HandshakeError('ERR_REFUSED', `refused with ${refusal.status}: ${why}`, {
      statusCode: refusal.status,
      ...(cause === undefined ? {} : { cause }),
    });
    const url = request.url ?? '';
    if (debug.enabled) debug('handshake %s: %s', url, error.message);
    if (channels.handshake.hasSubscribers)
      channels.handshake.publish({ role: 'server', url, ok: false, error });
    return error;
  }
}

class BadKey extends Error {}

/** The answer to headers that the component, or the application's callbacks, could not live with. */
function refusalFor(cause: unknown): Refusal {
  if (cause instanceof BadKey) return { status: 400, message: 'Sec-WebSocket-Key is not 16 bytes in base64' };
  if (!(cause instanceof ComponentError)) return { status: 500 };
  switch (cause.code) {
    case 'E_PROTOCOL_VERSION_NOT_SUPPORTED':
      return {
        status: 426,
        message: 'Only version 13 is spoken here',
        headers: { 'Sec-WebSocket-Version': '13' },
      };
    case 'E_SUBPROTOCOL_NOT_SUPPORTED':
      return { status: 500, message: 'The chosen subprotocol was not offered' };
    default:
      return { status: 400, message: cause.message };
  }
}

function furtherHeaders(further: Readonly<Record<string, string>> | undefined): HttpHeader[] {
  return Object.entries(further ?? {}).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return { name, value };
  });
}

function textOf(headers: readonly HttpHeader[]): string {
  let answer = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (const { name, value } of headers) answer += `${name}: ${value}\r\n`;
  return `${answer}\r\n`;
}

/** Sends an HTTP answer and ends the transport; returns the body. */
export function answerWith(socket: Duplex, { status, message, headers }: Refusal): string {
  const words = STATUS_CODES[status] ?? 'Refused';
  const body = message ?? words;
  if (!socket.writable) return body;
  const own = (socket as Transport)[answering];
  if (own !== undefined) {
    own.refuse({ status, ...(headers === undefined ? {} : { headers }) }, body);
    return body;
  }
  const all = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  let head = `HTTP/1.1 ${status} ${words}\r\n`;
  for (const [name, value] of Object.entries(all)) head += `${name}: ${value}\r\n`;
  // The client may be gone: what happens to the answer is of no interest any more.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head}\r\n${body}`);
  return body;
}

const defaultAcceptors = new WeakMap<object, Acceptor>();
const NO_OPTIONS: AcceptOptions = {};

/**
 * Answers one upgrade request of an http(s) server: for those who have a server and routes of their own. A request
 * that is refused has been answered when the promise rejects.
 *
 * @param options - checked once for each object; use the same one for each request.
 * @throws HandshakeError (in the promise) `ERR_REFUSED`, `ERR_CONNECT_FAILED`; TypeError, RangeError: an option.
 */
export async function accept(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: AcceptOptions = NO_OPTIONS,
): Promise<Connection> {
  let acceptor = defaultAcceptors.get(options);
  if (acceptor === undefined) defaultAcceptors.set(options, (acceptor = new Acceptor(options)));
  return acceptor.accept(request, socket, head);
}
