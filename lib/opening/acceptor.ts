/** From a request to a connection, or to an answer that refuses it: the server's opening handshake. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { ComponentError } from '../component/index.js';
import type {
  Component,
  HandleProperties,
  HttpHeader,
  ServerHandle,
  ServerHandshakeRequest,
} from '../component/index.js';
import { channels, Connection, debug, delayOption, Group } from '../connection/index.js';
import type { Extension } from '../connection/index.js';
import { openSession } from '../session/index.js';
import { show } from './answer.js';
import { Arrivals, goneError } from './arrivals.js';
import { chooseBackend, connectionSettings, extensionsOf, propertiesOf } from './component-options.js';
import type { BackendChoice } from './component-options.js';
import { connectFailed, HandshakeError } from './errors.js';
import { discard, isGone } from './exchange.js';
import type { Exchange } from './exchange.js';
import { checkOriginFilter } from './filters.js';
import { mistake, refuse, Stop } from './guard.js';
import { SocketExchange } from './http1/exchange.js';
import { ACCEPT_OPTIONS, checkOptions } from './known-options.js';
import { CHECKS, CHOICES, deciding, run, verify } from './policy.js';
import type { Deciding } from './policy.js';
import { requestOf } from './request.js';
import type { OpeningRequest } from './request.js';
import type { AcceptOptions } from './server-options.js';

/** The settings of accepting that are the same for each request. */
export class Acceptor {
  readonly group: Group<Connection>;
  readonly arrivals = new Arrivals();
  readonly backend: BackendChoice;
  readonly handshakeTimeout: number;
  readonly #options: AcceptOptions;
  readonly #component: Component;
  readonly #extensions: readonly Extension[];
  readonly #properties: HandleProperties;
  readonly #driver: { readonly driver: 'auto' | 'action-loop' };

  /** @throws TypeError, RangeError, HandshakeError: an option that cannot be used. */
  constructor(options: AcceptOptions) {
    this.#options = options;
    this.#extensions = extensionsOf(options);
    this.backend = chooseBackend(options);
    this.#component = this.backend.component;
    this.#properties = propertiesOf(options, this.#component);
    this.#driver = { driver: options.driver ?? 'auto' };
    this.group = new Group(connectionSettings(options, this.#component));
    this.handshakeTimeout = delayOption('handshakeTimeout', options.handshakeTimeout, 30_000, 0);
    checkPolicyOptions(options);
  }

  /** Answers the request. If it is refused, throws the HandshakeError or rejects with it, after the answer. */
  accept(request: OpeningRequest, exchange: Exchange): Connection | Promise<Connection> {
    try {
      const result = this.#accept(request, exchange);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw this.#told(request, exchange, error);
      });
    } catch (error) {
      throw this.#told(request, exchange, error);
    }
  }

  /** The error of a refusal; a transport that throws is one that has gone. */
  #told(request: OpeningRequest, exchange: Exchange, error: unknown): HandshakeError {
    if (error instanceof HandshakeError) return error;
    return this.#gone(request, exchange, connectFailed('the transport failed during the handshake', error));
  }

  #accept(request: OpeningRequest, exchange: Exchange): Connection | Promise<Connection> {
    const { stream } = exchange;
    if (isGone(stream)) throw this.#gone(request, exchange, goneError(stream.errored));
    const { closing } = this.arrivals;
    if (closing !== null) throw this.refuse(request, exchange, closing);
    const state = deciding(request, this.#options, this.#extensions, this.#isFull);
    const stop = run(CHECKS, state) ?? verify(state);
    if (stop instanceof Promise) return this.#decideLater(stop, state, exchange);
    if (stop !== null) throw this.refuse(request, exchange, stop);
    return this.#open(state, exchange);
  }

  /** Refuses a request, and returns the error of the refusal. */
  refuse(request: OpeningRequest, exchange: Exchange, stop: Stop): HandshakeError {
    const { answer, cause } = this.#answer(exchange, stop);
    const error =
      cause instanceof HandshakeError
        ? cause
        : new HandshakeError('ERR_REFUSED', `refused with ${answer.status}: ${answer.why}`, {
            statusCode: answer.status,
            ...(cause === undefined ? {} : { cause }),
          });
    return tell(request, error);
  }

  /** Sends the answer, or 500 if the transport does not carry it; a transport that carries neither is destroyed. */
  #answer(exchange: Exchange, stop: Stop): Stop {
    const { closeTimeout } = this.group.settings;
    try {
      this.arrivals.refuse(exchange, stop.answer, closeTimeout);
      return stop;
    } catch (error) {
      // A header that this transport does not carry, such as two lines of Location over HTTP/2.
      const other = mistake(error);
      try {
        this.arrivals.refuse(exchange, other.answer, closeTimeout);
      } catch (again) {
        debug('a refusal could not be sent: %s', again);
        discard(exchange.stream);
      }
      return other;
    }
  }

  #gone(request: OpeningRequest, { stream }: Exchange, error: HandshakeError): HandshakeError {
    discard(stream);
    return tell(request, error);
  }

  async #decideLater(
    verdict: Promise<Stop | null>,
    state: Deciding,
    exchange: Exchange,
  ): Promise<Connection> {
    const { request } = state;
    const outcome = await this.arrivals.decide(exchange, verdict, this.handshakeTimeout);
    if (outcome instanceof Stop) throw this.refuse(request, exchange, outcome);
    if (outcome !== null) throw this.#gone(request, exchange, outcome);
    const connection = this.#open(state, exchange);
    // The transport was paused when the decision came, and a listener for data alone does not resume it.
    exchange.stream.resume();
    return connection;
  }

  readonly #isFull = (): boolean => {
    const { maxConnections } = this.#options;
    return maxConnections !== undefined && this.group.size + this.arrivals.deciding >= maxConnections;
  };

  /** The request is accepted. Every step that can fail comes before the first byte of the answer. */
  #open(state: Deciding, exchange: Exchange): Connection {
    const { request } = state;
    const { stream } = exchange;
    const stop = run(CHOICES, state) ?? this.arrivals.closing;
    // A callback may have closed the server, or destroyed the transport.
    if (stop !== null) {
      state.codec?.close();
      throw this.refuse(request, exchange, stop);
    }
    if (isGone(stream)) {
      state.codec?.close();
      throw this.#gone(request, exchange, goneError(stream.errored));
    }
    let handle: ServerHandle | null = null;
    let session;
    let answer: HttpHeader[];
    try {
      handle = this.#component.createServerHandle(this.#properties);
      answer = handle.beginServerHandshake(handshakeOf(state));
      handle.endServerHandshake();
      session = openSession(handle, this.#driver);
    } catch (cause) {
      handle?.delete();
      state.codec?.close();
      throw this.refuse(request, exchange, stopOf(cause));
    }
    try {
      exchange.open(state.headers.length === 0 ? answer : [...answer, ...state.headers]);
    } catch (cause) {
      handle.delete();
      state.codec?.close();
      throw this.refuse(request, exchange, mistake(cause));
    }
    const url = request.target ?? '';
    if (channels.handshake.hasSubscribers) channels.handshake.publish({ role: 'server', url, ok: true });
    const { extension, codec } = state;
    return new Connection(stream, handle, this.group, {
      protocol: state.protocol ?? '',
      url,
      side: 'server',
      session,
      codec,
      extensions: extension?.answer,
    });
  }
}

/** @throws TypeError, RangeError: an option of the wrong type or out of range. */
function checkPolicyOptions(options: AcceptOptions): void {
  const { maxConnections, verifyClient, handleProtocols, headers, origins } = options;
  if (maxConnections !== undefined && typeof maxConnections !== 'number')
    throw new TypeError(`maxConnections must be a number, not ${show(maxConnections)}`);
  if (maxConnections !== undefined && !(maxConnections >= 0))
    throw new RangeError('maxConnections must be a number that is not negative');
  for (const [name, value] of Object.entries({ verifyClient, handleProtocols, headers })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${name} of a server must be a function, not ${show(value)}`);
  }
  if (verifyClient !== undefined && verifyClient.length > 1)
    throw new TypeError(
      'verifyClient takes the request alone, and returns (a promise of) true, false or { status, message, headers }; ' +
        'the one with a callback belongs to websocket-protocol-component/ws',
    );
  checkOriginFilter(origins);
}

// Headers that are the same for each request that the policy lets pass.
const UPGRADE: HttpHeader = { name: 'Upgrade', value: 'websocket' };
const CONNECTION: HttpHeader = { name: 'Connection', value: 'Upgrade' };
const VERSION: HttpHeader = { name: 'Sec-WebSocket-Version', value: '13' };

/** The request that the handle gets. HTTP's rules for lists have been applied, so that both backends read the same. */
function handshakeOf({ request: { fields }, protocol, extension }: Deciding): ServerHandshakeRequest {
  const requestHeaders = [
    { name: 'Host', value: fields.host! },
    UPGRADE,
    CONNECTION,
    { name: 'Sec-WebSocket-Key', value: fields.key! },
    VERSION,
  ];
  if (protocol !== undefined) requestHeaders.push({ name: 'Sec-WebSocket-Protocol', value: protocol });
  if (extension !== undefined)
    requestHeaders.push({ name: 'Sec-WebSocket-Extensions', value: extension.answer });
  const selectedExtensions = extension === undefined ? undefined : [extension.answer];
  return { requestHeaders, selectedSubprotocol: protocol, selectedExtensions };
}

/** The refusal for a request that the policy let pass, if the component refuses it or memory runs out. */
function stopOf(cause: unknown): Stop {
  if (!(cause instanceof ComponentError)) return mistake(cause);
  return refuse({ status: 400, message: cause.message }, cause);
}

function tell(request: OpeningRequest, error: HandshakeError): HandshakeError {
  const url = request.target ?? '';
  if (debug.enabled) debug('handshake %s: %s', url, error.message);
  if (channels.handshake.hasSubscribers)
    channels.handshake.publish({ role: 'server', url, ok: false, error });
  return error;
}

const acceptors = new WeakMap<object, Acceptor>();
const NO_OPTIONS: AcceptOptions = {};

/**
 * Answers one upgrade request of an http(s) server, for programs that have their own server and routes. When the
 * promise rejects, a refused request has been answered.
 *
 * @param options - checked once for each object; use the same one for each request.
 * @throws HandshakeError (in the promise) `ERR_REFUSED`, `ERR_CONNECT_FAILED`, `ERR_HANDSHAKE_TIMEOUT`; TypeError,
 *   RangeError: an option.
 */
export async function accept(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: AcceptOptions = NO_OPTIONS,
): Promise<Connection> {
  if (typeof options === 'function')
    throw new TypeError('accept takes no callback: it returns a promise of the connection');
  let acceptor = acceptors.get(options);
  if (acceptor === undefined) {
    checkOptions('accept', options, ACCEPT_OPTIONS);
    acceptors.set(options, (acceptor = new Acceptor(options)));
  }
  const isRequest = typeof request === 'object' && (request as unknown) !== null && 'headers' in request;
  if (
    !isRequest ||
    typeof (socket as Partial<Duplex> | undefined)?.write !== 'function' ||
    !types.isUint8Array(head)
  )
    throw new TypeError(
      "accept takes the arguments of the event 'upgrade': (request, socket, head, options)",
    );
  return acceptor.accept(requestOf(request), new SocketExchange(socket, head));
}
