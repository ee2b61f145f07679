/** permessage-deflate: its options, and the negotiation of its parameters (RFC 7692, section 7.1). */
import type { ZlibOptions } from 'node:zlib';
import type { ExtensionParameters } from '../codec.js';

/**
 * Options of permessage-deflate. Names and meanings are the same as in the package `ws`.
 *
 * @since 0.1.0
 */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server forgets its window after each message. `true` asks for this; `false` (server) declines
   * offers that ask for it.
   *
   * @defaultValue as the other side wishes
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Whether the client forgets its window after each message. `true` asks for this; `false` (client) refuses it.
   *
   * @defaultValue as the other side wishes
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * The largest window of the server, as a power of two: 8 to 15. A number on a client asks the server for this
   * limit. `false` on a server declines offers that limit its window.
   *
   * @unit bits
   * @defaultValue 15
   */
  readonly serverMaxWindowBits?: number | boolean | undefined;
  /**
   * The largest window of the client, as a power of two: 8 to 15.
   *
   * - Client: a number announces the window that it will use. `true` says that it accepts a limit.
   * - Server: a number is the limit. A server with a limit below 15 declines the offers of clients that do not say that
   *   they accept one, such as Firefox. `false` leaves the limit out of the answer.
   *
   * @unit bits
   * @defaultValue `true` on a client, no limit on a server
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
  /**
   * Options of zlib for outgoing messages, such as `level` and `memLevel`. The negotiated window bits override its own.
   *
   * @defaultValue zlib's
   */
  readonly zlibDeflateOptions?: ZlibOptions | undefined;
  /**
   * Options of zlib for received messages.
   *
   * @defaultValue zlib's
   */
  readonly zlibInflateOptions?: ZlibOptions | undefined;
  /**
   * Messages shorter than this many bytes are sent uncompressed when this side forgets its window. With a window
   * even short messages get smaller, so the threshold does not apply.
   *
   * @unit bytes
   * @defaultValue 1024
   */
  readonly threshold?: number | undefined;
  /**
   * Most calls of zlib that run at a time in the thread pool, over all connections.
   *
   * @unit calls
   * @defaultValue 10
   */
  readonly concurrencyLimit?: number | undefined;
}

/** The negotiated parameters of one connection. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

export const NAME = 'permessage-deflate';
const SERVER_NO_CONTEXT = 'server_no_context_takeover';
const CLIENT_NO_CONTEXT = 'client_no_context_takeover';
const SERVER_BITS = 'server_max_window_bits';
const CLIENT_BITS = 'client_max_window_bits';

/**
 * The parameters of an offer or answer. Bits are null if the parameter is absent, and true if it has no value.
 */
interface Wishes {
  readonly serverNoContext: boolean;
  readonly clientNoContext: boolean;
  readonly serverBits: number | null;
  readonly clientBits: number | true | null;
}

/**
 * Reads parameters. Returns undefined if any parameter is unknown or has an invalid value: the whole offer is then
 * void.
 */
function wishesOf(parameters: ExtensionParameters, isOffer: boolean): Wishes | undefined {
  let serverBits: number | null = null;
  let clientBits: number | true | null = null;
  for (const [name, value] of parameters) {
    if (name === SERVER_NO_CONTEXT || name === CLIENT_NO_CONTEXT) {
      if (value !== true) return undefined;
    } else if (name === SERVER_BITS) {
      if ((serverBits = bitsOf(value)) === null) return undefined;
    } else if (name === CLIENT_BITS) {
      // Only a client may leave the value out. It then says that it accepts a limit (RFC 7692, section 7.1.2.2).
      clientBits = isOffer && value === true ? true : bitsOf(value);
      if (clientBits === null) return undefined;
    } else return undefined;
  }
  return {
    serverNoContext: parameters.has(SERVER_NO_CONTEXT),
    clientNoContext: parameters.has(CLIENT_NO_CONTEXT),
    serverBits,
    clientBits,
  };
}

/** Parses 8 to 15 in decimal, without a leading zero. */
function bitsOf(value: string | true): number | null {
  return typeof value === 'string' && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : null;
}

/** Whether an offer is well-formed, acceptable or not. For servers that answer a malformed offer with an error. */
export function isValidOffer(parameters: ExtensionParameters): boolean {
  return wishesOf(parameters, true) !== undefined;
}

/** The client's offer as header parameters. */
export function offerOf(options: PerMessageDeflateOptions): [string, string | true][] {
  const offer: [string, string | true][] = [];
  if (options.serverNoContextTakeover === true) offer.push([SERVER_NO_CONTEXT, true]);
  if (options.clientNoContextTakeover === true) offer.push([CLIENT_NO_CONTEXT, true]);
  if (typeof options.serverMaxWindowBits === 'number')
    offer.push([SERVER_BITS, String(options.serverMaxWindowBits)]);
  const { clientMaxWindowBits = true } = options;
  if (clientMaxWindowBits !== false)
    offer.push([CLIENT_BITS, clientMaxWindowBits === true ? true : String(clientMaxWindowBits)]);
  return offer;
}

/** The server's answer to an offer, and the parameters agreed on by it. Undefined declines the offer. */
export function answerTo(
  parameters: ExtensionParameters,
  options: PerMessageDeflateOptions,
): { answer: [string, string | true][]; agreed: DeflateParameters } | undefined {
  const offer = wishesOf(parameters, true);
  if (offer === undefined) return undefined;
  if (offer.serverNoContext && options.serverNoContextTakeover === false) return undefined;
  if (offer.serverBits !== null && options.serverMaxWindowBits === false) return undefined;
  const answer: [string, string | true][] = [];

  const serverNoContextTakeover = offer.serverNoContext || options.serverNoContextTakeover === true;
  if (serverNoContextTakeover) answer.push([SERVER_NO_CONTEXT, true]);
  // A client may always forget its window. The answer makes this a promise, which saves memory on this side.
  const clientNoContextTakeover =
    options.clientNoContextTakeover === true ||
    (offer.clientNoContext && options.clientNoContextTakeover !== false);
  if (clientNoContextTakeover) answer.push([CLIENT_NO_CONTEXT, true]);

  const ownBits = typeof options.serverMaxWindowBits === 'number' ? options.serverMaxWindowBits : 15;
  const serverMaxWindowBits = Math.min(ownBits, offer.serverBits ?? 15);
  if (offer.serverBits !== null || ownBits !== 15) answer.push([SERVER_BITS, String(serverMaxWindowBits)]);

  const wanted = options.clientMaxWindowBits;
  const clientBits = wanted === false ? null : offer.clientBits;
  let clientMaxWindowBits = typeof clientBits === 'number' ? clientBits : 15;
  if (typeof wanted === 'number') {
    // Only a client that has said that it accepts limits may be sent one (RFC 7692, section 7.1.2.2).
    if (clientBits === null) {
      if (wanted !== 15) return undefined;
    } else {
      clientMaxWindowBits = Math.min(wanted, clientMaxWindowBits);
    }
  }
  if (clientBits !== null && (typeof wanted === 'number' || typeof clientBits === 'number'))
    answer.push([CLIENT_BITS, String(clientMaxWindowBits)]);
  return {
    answer,
    agreed: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
  };
}

/**
 * The parameters agreed on by a server's answer.
 *
 * @throws Error the answer does not fit the offer.
 */
export function agreementOn(
  parameters: ExtensionParameters,
  options: PerMessageDeflateOptions,
): DeflateParameters {
  const answer = wishesOf(parameters, false);
  if (answer === undefined) throw new Error(`the server's answer to ${NAME} has an invalid parameter`);
  const offeredServerBits =
    typeof options.serverMaxWindowBits === 'number' ? options.serverMaxWindowBits : 15;
  const { clientMaxWindowBits: ownBits = true } = options;
  if (options.serverNoContextTakeover === true && !answer.serverNoContext)
    throw new Error(`the server does not agree to ${SERVER_NO_CONTEXT}`);
  if (options.clientNoContextTakeover === false && answer.clientNoContext)
    throw new Error(`the server asks for ${CLIENT_NO_CONTEXT}, which this client refuses`);
  if (typeof options.serverMaxWindowBits === 'number' && (answer.serverBits ?? 15) > offeredServerBits)
    throw new Error(`the server does not agree to ${SERVER_BITS}=${offeredServerBits}`);
  if (answer.clientBits !== null && ownBits === false)
    throw new Error(`the server asks for ${CLIENT_BITS}, which was not offered`);
  const mostClientBits = typeof ownBits === 'number' ? ownBits : 15;
  const clientBits = answer.clientBits === null ? mostClientBits : (answer.clientBits as number);
  if (clientBits > mostClientBits)
    throw new Error(`the server answers ${CLIENT_BITS}=${clientBits}, ${mostClientBits} were offered`);
  return {
    serverNoContextTakeover: answer.serverNoContext,
    clientNoContextTakeover: answer.clientNoContext || options.clientNoContextTakeover === true,
    serverMaxWindowBits: answer.serverBits ?? 15,
    clientMaxWindowBits: clientBits,
  };
}

/** Checks options. */
export function checkDeflateOptions(options: PerMessageDeflateOptions): void {
  for (const name of ['serverMaxWindowBits', 'clientMaxWindowBits'] as const) {
    const value = options[name];
    if (value === undefined || typeof value === 'boolean') continue;
    if (!Number.isInteger(value) || value < 8 || value > 15)
      throw new RangeError(`perMessageDeflate.${name} must be a boolean or an integer from 8 to 15`);
  }
  for (const name of ['threshold', 'concurrencyLimit'] as const) {
    const value = options[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= (name === 'threshold' ? 0 : 1)))
      throw new RangeError(
        `perMessageDeflate.${name} must be a number of at least ${name === 'threshold' ? 0 : 1}`,
      );
  }
}
