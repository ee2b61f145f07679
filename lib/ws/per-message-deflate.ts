/**
 * The class `PerMessageDeflate` of `ws`, for use with {@link Receiver} and {@link Sender}. It uses the same negotiation
 * and the same codec as the connections of this package.
 */
import { perMessageDeflate } from '../connection/index.js';
import type { MessageCodec, PerMessageDeflateOptions } from '../connection/index.js';
import { asBuffer } from './bytes.js';
import { format, parse } from './extension.js';
import type { ParsedParameters } from './extension.js';

const SERVER_NO_CONTEXT = 'server_no_context_takeover';
const CLIENT_NO_CONTEXT = 'client_no_context_takeover';
const SERVER_BITS = 'server_max_window_bits';
const CLIENT_BITS = 'client_max_window_bits';

/** Parameters that one side offers, or that both sides have agreed on. */
export type DeflateParams = Record<string, true | number>;

type Done = (error: Error | null, data?: Buffer) => void;

/** Options of {@link PerMessageDeflate}. */
export interface PerMessageDeflateClassOptions extends PerMessageDeflateOptions {
  /** Default: false. */
  readonly isServer?: boolean | undefined;
  /** Largest number of bytes of a decompressed message; 0 is no limit. Default: 0. */
  readonly maxPayload?: number | undefined;
}

export class PerMessageDeflate {
  static readonly extensionName = 'permessage-deflate';

  /** The parameters that both sides have agreed on; null before the negotiation. */
  params: DeflateParams | null = null;
  readonly #extension: ReturnType<typeof perMessageDeflate>;
  readonly #isServer: boolean;
  readonly #options: PerMessageDeflateOptions;
  readonly #maxPayload: number;
  #codec: MessageCodec | null = null;
  #makeCodec: (() => MessageCodec) | null = null;
  #pending: Done | null = null;

  constructor(options: PerMessageDeflateClassOptions = {}) {
    const { isServer = false, maxPayload = 0, ...rest } = options;
    this.#options = rest;
    this.#extension = perMessageDeflate(rest);
    this.#isServer = isServer;
    this.#maxPayload = maxPayload === 0 ? Infinity : maxPayload;
  }

  /** For a client: the parameters that it offers. `extension.format` writes them as a header. */
  offer(): DeflateParams {
    return paramsOf(this.#extension.offers()[0]!);
  }

  /**
   * Negotiates. On a server the configurations are the offers of the client, on a client the answer of the server.
   *
   * @param configurations - as `extension.parse` returns them.
   * @throws Error: none of the configurations can be accepted.
   */
  accept(configurations: readonly ParsedParameters[]): DeflateParams {
    for (const configuration of configurations) {
      const parameters = checked(configuration, this.#isServer);
      const prototype = Object.getPrototypeOf(configuration) as object | null;
      if (!this.#isServer) {
        this.#checkAnswer(parameters);
        this.#makeCodec = this.#extension.conclude(parameters);
        const { clientMaxWindowBits } = this.#options;
        if (typeof clientMaxWindowBits === 'number' && !parameters.has(CLIENT_BITS))
          parameters.set(CLIENT_BITS, String(clientMaxWindowBits));
        return (this.params = paramsOf(
          format({ [PerMessageDeflate.extensionName]: Object.fromEntries(parameters) }),
          prototype,
        ));
      }
      const accepted = declines(this.#options, parameters) ? undefined : this.#extension.accept(parameters);
      if (accepted === undefined) continue;
      this.#makeCodec = accepted.codec;
      return (this.params = paramsOf(accepted.answer, prototype));
    }
    throw new Error('None of the extension offers can be accepted');
  }

  /** Throws the errors of `ws` for an answer that the extension would also refuse, but with other messages. */
  #checkAnswer(parameters: ReadonlyMap<string, string | true>): void {
    const { clientNoContextTakeover, clientMaxWindowBits: most } = this.#options;
    if (clientNoContextTakeover === false && parameters.has(CLIENT_NO_CONTEXT))
      throw new Error(`Unexpected parameter "${CLIENT_NO_CONTEXT}"`);
    const bits = parameters.get(CLIENT_BITS);
    if (bits !== undefined && (most === false || (typeof most === 'number' && Number(bits) > most)))
      throw new Error(`Unexpected or invalid parameter "${CLIENT_BITS}"`);
  }

  /** The codec. If `accept` has not been called, the codec is made without parameters. */
  get codec(): MessageCodec {
    if (this.#makeCodec === null) this.accept([{}]);
    return (this.#codec ??= this.#makeCodec!());
  }

  /** Compresses a part of a message. */
  compress(data: Uint8Array, fin: boolean, callback: Done): void {
    this.#pending = callback;
    this.codec.encode(data, fin, (error, bytes) => {
      this.#pending = null;
      if (error === null) callback(null, asBuffer(bytes));
      else callback(error);
    });
  }

  /** Decompresses a part of a message. */
  decompress(data: Uint8Array, fin: boolean, callback: Done): void {
    const pieces: Uint8Array[] = [];
    let length = 0;
    this.codec.decode(
      data,
      fin,
      (bytes) => {
        pieces.push(bytes);
        length += bytes.byteLength;
        if (length <= this.#maxPayload) return;
        this.codec.stopDecoding();
        const error = new RangeError('Max payload size exceeded');
        callback(Object.assign(error, { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }));
      },
      (error) => {
        if (error === null) callback(null, Buffer.concat(pieces));
        else callback(error);
      },
    );
  }

  /** Frees the codec. A compression that is under way calls back with an error. */
  cleanup(): void {
    const pending = this.#pending;
    this.#pending = null;
    this.#codec?.close();
    this.#codec = null;
    pending?.(new Error('The deflate stream was closed while data was being processed'));
  }
}

/**
 * Whether `ws` would decline an offer that the extension accepts. `ws` declines an offer with a smaller window than the
 * server's options have. If the options limit the client's window, `ws` also declines an offer that does not have
 * `client_max_window_bits`.
 */
export function declines(
  { serverMaxWindowBits: own, clientMaxWindowBits: most }: PerMessageDeflateOptions,
  parameters: ReadonlyMap<string, string | true>,
): boolean {
  const ownOffer = parameters.get(SERVER_BITS);
  const clientOffer = parameters.get(CLIENT_BITS);
  const isBelow = (limit: number, offer: string | true | undefined): boolean =>
    typeof offer === 'string' && limit > Number(offer);
  return (
    (typeof own === 'number' && isBelow(own, ownOffer)) ||
    (typeof most === 'number' && (clientOffer === undefined || isBelow(most, clientOffer)))
  );
}

/**
 * The parameters with their values.
 *
 * @throws Error, TypeError: a parameter that no offer or answer may have, with the message of `ws`.
 */
function checked(configuration: ParsedParameters, isServer: boolean): Map<string, string | true> {
  const parameters = new Map<string, string | true>();
  for (const [key, [value, another]] of Object.entries(configuration)) {
    if (another !== undefined) throw new Error(`Parameter "${key}" must have only a single value`);
    const isBits = key === CLIENT_BITS || key === SERVER_BITS;
    if (!isBits && key !== CLIENT_NO_CONTEXT && key !== SERVER_NO_CONTEXT)
      throw new Error(`Unknown parameter "${key}"`);
    const isValid = !isBits
      ? value === true
      : value === true
        ? key === CLIENT_BITS && isServer
        : /^(?:[89]|1[0-5])$/.test(String(value));
    if (!isValid) throw new TypeError(`Invalid value for parameter "${key}": ${String(value)}`);
    parameters.set(key, value === true ? true : String(value));
  }
  return parameters;
}

/** Reads the parameters of one element of the header. Values with digits become numbers. */
function paramsOf(element: string, prototype: object | null = Object.prototype): DeflateParams {
  const [parameters = {}] = parse(element)[PerMessageDeflate.extensionName] ?? [];
  const params = Object.create(prototype) as DeflateParams;
  for (const [key, [value]] of Object.entries(parameters))
    params[key] = value === true ? true : Number(value);
  return params;
}
