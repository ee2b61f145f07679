/** The client's opening handshake over HTTP/1.1. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClientHandle, Component } from '../component/index.js';
import { notOptions } from '../component/not-options.js';
import { channels, Connection, debug, groupOf, integerOption } from '../connection/index.js';
import type { Extension } from '../connection/index.js';
import { openSession } from '../session/index.js';
import { show } from './answer.js';
import { askOf } from './ask.js';
import type { ConnectOptions } from './client-options.js';
import { chooseBackend, connectionSettings, extensionsOf, propertiesOf } from './component-options.js';
import { HandshakeError } from './errors.js';
import { discard } from './exchange.js';
import { fieldsOf } from './fields.js';
import { send } from './http1/client.js';
import { judge, refusalError } from './judge.js';
import type { Agreed, AnswerHead } from './judge.js';
import { checkOptions, CONNECT_OPTIONS, optionsWith } from './known-options.js';
import type { Names } from './known-options.js';
import { Patience } from './patience.js';
import { isRedirect, redirect } from './redirects.js';
import { bodyOf } from './refusal-body.js';
import { targetOf } from './target.js';
import type { Target } from './target.js';

/**
 * The arguments of a client: a URL and options, or, as in the web's `WebSocket` and in `ws`, subprotocols between them.
 *
 * @param known - the names of all options.
 * @throws TypeError arguments that are neither.
 */
export function clientArguments<T extends { readonly protocols?: ConnectOptions['protocols'] }>(
  second: T | string | readonly string[] | null | undefined,
  third: T | undefined,
  known: Names<T>,
): T {
  if (typeof second !== 'string' && !Array.isArray(second) && second !== null && second !== undefined) {
    if (third !== undefined)
      throw new TypeError(
        `connect takes (url, options) or (url, protocols, options), not ${show(second)} and ${show(third)}`,
      );
    return second as T;
  }
  const options = third ?? ({} as T);
  // The check of the options refuses a value that is no object, or no options. A copy of it would be an object.
  if (second === null || second === undefined || typeof options !== 'object') return options;
  if (notOptions(options) !== undefined) return options;
  if (options.protocols !== undefined) throw new TypeError('the protocols are given twice');
  return optionsWith(options, known, { protocols: second } as Partial<T>);
}

/**
 * Opens a connection.
 *
 * @param url - `ws:` or `wss:` (`http:` and `https:` mean the same); user and password become basic authorization.
 *   `ws+unix:/path/of.sock:/request/path` is a unix socket.
 * @throws HandshakeError (in the promise); TypeError, RangeError: a URL or option that cannot be used; the signal's
 *   reason.
 */
export async function connect(url: string | URL, options?: ConnectOptions): Promise<Connection>;
/** The same, with the subprotocols as second argument, as in the web's `WebSocket`. */
export async function connect(
  url: string | URL,
  protocols: string | readonly string[] | undefined,
  options?: ConnectOptions,
): Promise<Connection>;
export async function connect(
  url: string | URL,
  second?: ConnectOptions | string | readonly string[],
  third?: ConnectOptions,
): Promise<Connection> {
  const options = clientArguments(second, third, CONNECT_OPTIONS);
  checkOptions('connect', options, CONNECT_OPTIONS);
  const opening = new Opening(url, options);
  return watched(
    () => opening.url,
    () => opening.run(),
  );
}

/** Runs an opening, and reports its result to the diagnostics channels. */
export async function watched(url: () => string, run: () => Promise<Connection>): Promise<Connection> {
  try {
    const connection = await run();
    publish(url(), true, undefined);
    return connection;
  } catch (error) {
    publish(url(), false, error);
    throw error;
  }
}

function publish(url: string, ok: boolean, error: unknown): void {
  if (debug.enabled) debug('handshake %s: %s', url, ok ? 'open' : error);
  if (channels.handshake.hasSubscribers) channels.handshake.publish({ role: 'client', url, ok, error });
}

class Opening {
  readonly #options: ConnectOptions;
  readonly #component: Component;
  readonly #extensions: readonly Extension[];
  #target: Target;
  #isFirstOrigin = true;
  #redirectsLeft: number;

  constructor(url: string | URL, options: ConnectOptions) {
    this.#options = options;
    this.#target = targetOf(url, options.socketPath);
    this.#extensions = extensionsOf(options);
    const { component, reason } = chooseBackend(options);
    this.#component = component;
    this.#redirectsLeft = integerOption('maxRedirects', options.maxRedirects, 10, 0);
    if (debug.enabled) debug('the %s backend: %s', component.backend, reason);
  }

  /** The URL without user and password. */
  get url(): string {
    return this.#target.publicUrl;
  }

  async run(): Promise<Connection> {
    const group = groupOf(connectionSettings(this.#options, this.#component));
    const patience = new Patience(this.#options);
    try {
      for (;;) {
        const connection = await this.#attempt(patience, group);
        if (connection !== null) return connection;
      }
    } finally {
      patience.end();
    }
  }

  /** Sends one request; null if the answer was a redirect. */
  async #attempt(patience: Patience, group: ReturnType<typeof groupOf>): Promise<Connection | null> {
    const options = this.#options;
    const handle = this.#component.createClientHandle(propertiesOf(options, this.#component));
    let socket: Duplex | null = null;
    let sent: ClientRequest | null = null;
    try {
      const asked = askOf(handle, this.#target, options, this.#extensions, this.#isFirstOrigin);
      const { request, answer } = send(this.#target, asked, options, this.#isFirstOrigin);
      sent = request;
      patience.onGiveUp = () => request.destroy();
      const received = await patience.wait(answer);
      const { response } = received;
      ({ socket } = received);
      const head = headOf(response);
      const required = options.protocolRequired !== false;
      if (socket === null) {
        // node:http treats a 101 without Upgrade or Connection like any other answer.
        if (head.statusCode === 101) judge(handle, asked, head, fieldsOf(response.rawHeaders), required);
        handle.delete();
        await this.#refused(patience, response, head);
        return null;
      }
      const agreed = judge(handle, asked, head, fieldsOf(response.rawHeaders), required);
      return this.#open(handle, socket, received.head, group, agreed);
    } catch (error) {
      handle.delete();
      discard(sent);
      discard(socket);
      throw error;
    }
  }

  #open(
    handle: ClientHandle,
    socket: Duplex,
    head: Buffer,
    group: ReturnType<typeof groupOf>,
    agreed: Agreed,
  ): Connection {
    (socket as Partial<{ setTimeout(timeout: number): void }>).setTimeout?.(0);
    const session = openSession(handle, { driver: this.#options.driver ?? 'auto' });
    if (head.byteLength !== 0) socket.unshift(head);
    return new Connection(socket, handle, group, { ...agreed, url: this.url, session });
  }

  /** An answer that is no upgrade: a redirect moves the target, anything else is an error. */
  async #refused(patience: Patience, response: IncomingMessage, head: AnswerHead): Promise<void> {
    const { statusCode, headers } = head;
    const { followRedirects = false } = this.#options;
    if (!followRedirects || !isRedirect(statusCode) || headers.location === undefined) {
      patience.stopClock();
      throw refusalError(head, await patience.wait(bodyOf(response)));
    }
    discard(response);
    if (this.#redirectsLeft-- <= 0)
      throw new HandshakeError('ERR_TOO_MANY_REDIRECTS', 'the server redirects too often', { statusCode });
    const { target, leavesOrigin } = redirect(this.#target, headers.location, statusCode);
    if (leavesOrigin) this.#isFirstOrigin = false;
    this.#target = target;
  }
}

function headOf({ statusCode = 0, statusMessage = '', headers }: IncomingMessage): AnswerHead {
  return { statusCode, statusMessage, headers };
}
