/**
 * The names of all options. Any other name is a mistake: the error names the option that was probably meant.
 * The compiler checks each table against the interface that it belongs to.
 */
import type { ConnectionOptions, KeepAliveOptions, PerMessageDeflateOptions } from '../connection/index.js';
import { refuseNotOptions } from '../component/not-options.js';
import { checkSignal, nearest } from '../connection/index.js';
import { show } from './answer.js';
import type { ConnectOptions, Http2ConnectOptions } from './client-options.js';
import type { ComponentOptions } from './component-options.js';
import { checkValues } from './option-values.js';
import { habitOf } from './option-habits.js';
import type {
  AcceptOptions,
  AttachOptions,
  ListenOptions,
  PublishOptions,
  ServerCloseOptions,
} from './server-options.js';

/** All names of an interface of options. */
export type Names<T> = Readonly<Record<keyof T, true>>;

const KEEP_ALIVE: Names<KeepAliveOptions> = { interval: true, timeout: true };

const PER_MESSAGE_DEFLATE: Names<PerMessageDeflateOptions> = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: true,
  clientMaxWindowBits: true,
  zlibDeflateOptions: true,
  zlibInflateOptions: true,
  threshold: true,
  concurrencyLimit: true,
};

const HANDLE: Names<NonNullable<ComponentOptions['handle']>> = {
  receiveBufferSize: true,
  sendBufferSize: true,
  disableMasking: true,
};

/** The options of every connection, without `driver`, which clients of HTTP/2 do not have. */
const EVERY: Names<Omit<ConnectionOptions & ComponentOptions, 'driver'>> = {
  maxPayload: true,
  maxFragments: true,
  maxBufferedBytes: true,
  highWaterMark: true,
  closeTimeout: true,
  keepAlive: true,
  component: true,
  backend: true,
  handle: true,
  perMessageDeflate: true,
  extensions: true,
};

/** The options of clients on every transport. */
const CLIENT: Names<Omit<ConnectOptions & Http2ConnectOptions, 'session' | keyof typeof OF_HTTP_1>> = {
  ...EVERY,
  protocols: true,
  protocolRequired: true,
  headers: true,
  origin: true,
  handshakeTimeout: true,
  signal: true,
  tls: true,
};

const OF_HTTP_1 = {
  driver: true,
  agent: true,
  createConnection: true,
  socketPath: true,
  net: true,
  followRedirects: true,
  maxRedirects: true,
} as const;

export const CONNECT_OPTIONS: Names<ConnectOptions> = { ...CLIENT, ...OF_HTTP_1 };

export const HTTP2_CONNECT_OPTIONS: Names<Http2ConnectOptions> = { ...CLIENT, session: true };

export const ACCEPT_OPTIONS: Names<AcceptOptions> = {
  ...EVERY,
  driver: true,
  verifyClient: true,
  origins: true,
  protocols: true,
  handleProtocols: true,
  headers: true,
  maxConnections: true,
  handshakeTimeout: true,
};

export const ATTACH_OPTIONS: Names<AttachOptions> = {
  ...ACCEPT_OPTIONS,
  path: true,
  slowSubscribers: true,
  slowSubscriberBytes: true,
};

export const LISTEN_OPTIONS: Names<ListenOptions> = {
  ...ATTACH_OPTIONS,
  port: true,
  host: true,
  socketPath: true,
  tls: true,
  backlog: true,
  signal: true,
};

export const PUBLISH_OPTIONS: Names<PublishOptions> = { except: true };

export const CLOSE_OPTIONS: Names<ServerCloseOptions> = { code: true, reason: true, signal: true };

/** Checks the names of options alone. @throws TypeError: an unknown name. */
export function checkNames(
  where: string,
  prefix: string,
  given: object,
  known: Readonly<Record<string, true>>,
): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const meant = nearest(name, Object.keys(known));
    const habit = habitOf(where, `${prefix}${name}`);
    const isNear = meant?.toLowerCase() === name.toLowerCase();
    const hint = isNear || habit === undefined ? meant && `did you mean ${prefix}${meant}?` : habit;
    throw new TypeError(`${where} has no option ${prefix}${name}${hint === undefined ? '' : `: ${hint}`}`);
  }
}

/**
 * A copy of options, with others in place of some. The copy has inherited options as well, such as the getters of a class,
 * and own properties that are no options, for the check of the names.
 */
export function optionsWith<T extends object>(
  given: T,
  known: Readonly<Record<string, true>>,
  more: Partial<T>,
): T {
  const all = { ...given };
  for (const name of Object.keys(known))
    if (name in given && !Object.hasOwn(given, name)) Reflect.set(all, name, Reflect.get(given, name));
  return { ...all, ...more };
}

/**
 * Checks the names of options, and the kinds of their values.
 *
 * @param where - the function that is called, for the message.
 * @throws TypeError options that are no object, or an unknown name; the message has the nearest known name. TypeError,
 *   RangeError: a value that the option cannot have.
 */
export function checkOptions(
  where: string,
  options: unknown,
  known: Readonly<Record<string, true>>,
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`the options of ${where} must be an object, not ${show(options)}`);
  refuseNotOptions(`the options of ${where}`, options);
  checkNames(where, '', options, known);
  const { keepAlive, perMessageDeflate, handle } = options as Record<string, unknown>;
  for (const [name, value, names] of [
    ['keepAlive', keepAlive, KEEP_ALIVE],
    ['perMessageDeflate', perMessageDeflate, PER_MESSAGE_DEFLATE],
    ['handle', handle, HANDLE],
  ] as const) {
    if (typeof value !== 'object' || value === null) continue;
    refuseNotOptions(name, value);
    checkNames(where, `${name}.`, value, names);
  }
  checkSignal((options as { signal?: unknown }).signal);
  checkValues(options);
}
