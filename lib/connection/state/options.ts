/** Options of a connection, checked once and shared by all connections of a server. */
import { refuseNotOptions } from '../../component/not-options.js';
import { checkSignal } from '../payload/signals.js';

/**
 * Options for keeping a silent connection alive and detecting a dead one.
 *
 * @since 0.1.0
 */
export interface KeepAliveOptions {
  /**
   * Milliseconds of silence after which a ping is sent, at least 1.
   *
   * @unit milliseconds
   * @defaultValue the component's interval, 30000 (B12-1)
   */
  readonly interval?: number | undefined;
  /**
   * Milliseconds in which the peer has to answer, at least 1.
   *
   * @unit milliseconds
   * @defaultValue the interval
   */
  readonly timeout?: number | undefined;
}

/**
 * Options of every connection, client or server.
 *
 * @since 0.1.0
 */
export interface ConnectionOptions {
  /**
   * Most bytes of a received message; more fail with 1009, at the header of the frame that makes it so. Frames
   * that are compressed are judged by what comes out of them. The native backend does not show headers: there, and
   * with the action loop, a message fails when more bytes have arrived. 0 is no limit.
   *
   * @unit bytes
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxPayload?: number | undefined;
  /**
   * Most frames of a received message; more fail with 1008. The native backend does not show frames: there the
   * parts count that it indicates, at least one for each `receiveBufferSize` bytes. 0 is no limit.
   *
   * @unit frames
   * @defaultValue 131072
   */
  readonly maxFragments?: number | undefined;
  /**
   * Most bytes of output, pongs included, that may wait for a peer that does not read; more fail with 1008. A
   * write that has to wait counts 512 bytes more than it has, which is about what it costs. 0 is no limit.
   *
   * @unit bytes
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Bytes from which on `send` waits for the peer to read, and the transport for this end's reader.
   *
   * @unit bytes
   * @defaultValue 65536
   */
  readonly highWaterMark?: number | undefined;
  /**
   * Milliseconds that the peer has to answer a close frame, and to end the transport afterwards. Then the
   * transport is destroyed.
   *
   * @unit milliseconds
   * @defaultValue 10000
   */
  readonly closeTimeout?: number | undefined;
  /**
   * Pings on silent connections; a number is the interval, `false` turns them off.
   *
   * @unit milliseconds
   * @defaultValue on, with the component's interval
   */
  readonly keepAlive?: boolean | number | KeepAliveOptions | undefined;
}

/**
 * The text that the connection checks for UTF-8:
 *
 * - `'encoded'`: only text that comes out of a codec, because the handle has checked the rest.
 * - `'always'`: all text, because the handle checks none (`disableUtf8Verification`).
 * - `'never'`: none.
 */
export type TextVerification = 'encoded' | 'always' | 'never';

/** The options with their defaults. */
export interface Settings {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedBytes: number;
  readonly highWaterMark: number;
  readonly closeTimeout: number;
  readonly keepAlive: { readonly interval: number; readonly timeout: number } | null;
  readonly verifyText: TextVerification;
}

/** Longest delay that a timer of Node takes. */
const MAX_DELAY = 0x7fffffff;

/** A number option, or its default. */
export function numberOption(
  name: string,
  value: unknown,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!(value >= minimum && value <= maximum))
    throw new RangeError(`${name} must be a number from ${minimum} to ${maximum}, not ${value}`);
  return value;
}

/** An integer option, or its default. `Infinity` is allowed where there is no largest value. */
export function integerOption(
  name: string,
  value: unknown,
  fallback: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (value === Infinity && maximum === Number.MAX_SAFE_INTEGER) return value;
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name} must be an integer from ${minimum} to ${maximum}, not ${value}`);
  }
  return value;
}

/** A duration in milliseconds, or its default. */
export function delayOption(name: string, value: unknown, fallback: number, minimum: number): number {
  return integerOption(name, value, fallback, minimum, MAX_DELAY);
}

/** A limit, or its default; `Infinity` if there is none. */
function limit(name: string, value: unknown, fallback: number): number {
  const given = integerOption(name, value, fallback, 0);
  return given === 0 ? Infinity : given;
}

function keepAliveOf(value: ConnectionOptions['keepAlive'], fallback: number): Settings['keepAlive'] {
  if (value === false) return null;
  let given: KeepAliveOptions = {};
  if (value === 0) throw new RangeError('keepAlive must be at least 1 millisecond; false is no keep-alive');
  if (typeof value === 'number') given = { interval: value };
  else if (typeof value === 'object' && (value as unknown) !== null && !Array.isArray(value)) given = value;
  else if (value !== undefined && typeof value !== 'boolean') {
    const kind = (value as unknown) === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
    throw new TypeError(`keepAlive must be a boolean, a number or an object, not ${kind}`);
  }
  const interval = delayOption('keepAlive.interval', given.interval, fallback, 1);
  return { interval, timeout: delayOption('keepAlive.timeout', given.timeout, interval, 1) };
}

/**
 * Checks the options.
 *
 * @param keepAliveInterval - the component's interval in milliseconds.
 * @param verifyText - what the handles leave to the connection.
 * @throws TypeError, RangeError: an option of the wrong type or out of range.
 */
export function settingsOf(
  options: ConnectionOptions,
  keepAliveInterval: number,
  verifyText: TextVerification,
): Settings {
  return {
    // JavaScript cannot count the length of a longer message exactly, and no memory could hold it.
    maxPayload: Math.min(limit('maxPayload', options.maxPayload, 16 * 1024 * 1024), Number.MAX_SAFE_INTEGER),
    maxFragments: limit('maxFragments', options.maxFragments, 128 * 1024),
    maxBufferedBytes: limit('maxBufferedBytes', options.maxBufferedBytes, 64 * 1024 * 1024),
    highWaterMark: integerOption('highWaterMark', options.highWaterMark, 65536, 1),
    closeTimeout: delayOption('closeTimeout', options.closeTimeout, 10_000, 0),
    keepAlive: keepAliveOf(options.keepAlive, keepAliveInterval),
    verifyText,
  };
}

/** Options and arguments of the same methods in other packages. */
const INSTEAD: Readonly<Record<string, string>> = {
  binary: ': a string is sent as text, bytes as binary',
  compress: ': the option perMessageDeflate of the connection decides',
  mask: ': clients mask, servers do not',
  fin: ': parts of a message are sent as an iterable',
};

/**
 * The signal of a call on a connection.
 *
 * @param method - for the message.
 * @throws TypeError something else than options with a signal, such as a callback.
 */
export function signalOf(method: string, options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  if (typeof options === 'function')
    throw new TypeError(`${method} takes no callback: it returns a promise or an iterator`);
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`the options of ${method} must be an object with a signal`);
  refuseNotOptions(`the options of ${method}`, options);
  for (const name of Object.keys(options)) {
    if (name === 'signal') continue;
    const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : '';
    throw new TypeError(`${method} has no option ${name}${instead}`);
  }
  const { signal } = options as { signal?: unknown };
  checkSignal(signal);
  return signal;
}
