/**
 * Message codecs: how an extension transforms messages, and how the two sides agree on it (RFC 6455, section 9). The
 * engine carries one bit for codecs, the first reserved bit: a message whose first frame has this bit set went through
 * the codec. One codec can be in force on a connection. `permessage-deflate` uses only this interface. Any other
 * extension that works on whole messages can use it too.
 */

/** The parameters of an offer or of an answer: name to value. The value of a parameter without one is `true`. */
export type ExtensionParameters = ReadonlyMap<string, string | true>;

/**
 * Encodes whole messages for all connections whose codecs refer to it. It belongs to no connection, so the end of one
 * does not end its work.
 */
export interface MessageEncoder {
  /** Encodes a message. `done` is called once, now or later, with the bytes for the frame, or with an error. */
  encode(message: Uint8Array, done: (error: Error | null, bytes: Uint8Array) => void): void;
}

/** Encodes outgoing messages and decodes received messages, on one connection. */
export interface MessageCodec {
  /**
   * Encodes a whole message to the same bytes as this codec would. So a prepared message is encoded once for all
   * connections with the same encoder. Leave it out if the bytes of a message depend on the messages before it.
   */
  readonly encoder?: MessageEncoder | undefined;
  /**
   * Whether a message is to be encoded. Called once a message, with its first part.
   *
   * @param length - bytes of that part.
   * @param isWhole - whether the part is the whole message.
   */
  encodes(length: number, isWhole: boolean): boolean;
  /**
   * Encodes a part of a message. Only one part is encoded at a time: the next one is given after `done` has been
   * called.
   *
   * @param isLast - whether the message ends with this part.
   * @param done - called once, now or later, with the bytes for the frame, or with an error that ends the connection.
   */
  encode(part: Uint8Array, isLast: boolean, done: (error: Error | null, bytes: Uint8Array) => void): void;
  /**
   * Decodes a part of a message. Only one part is decoded at a time.
   *
   * @param piece - called with each piece of output as it comes, so that limits can be checked. The receiver may keep
   *   the memory of the piece.
   * @param done - called once, now or later, after the last piece; an error ends the connection with 1007.
   */
  decode(
    part: Uint8Array,
    isLast: boolean,
    piece: (bytes: Uint8Array) => void,
    done: (error: Error | null) => void,
  ): void;
  /** Nothing more will be decoded. A decoding that is under way ends without a call of `piece` or `done`. */
  stopDecoding(): void;
  /** Frees all memory. Afterwards nobody calls the codec, and the codec calls no callback. */
  close(): void;
}

/** The connection is ending anyway: a codec that throws now has nothing left to break. */
export function atItsEnd(call: () => void, owner: { failedAtEnd(error: unknown): void }): void {
  try {
    call();
  } catch (error) {
    owner.failedAtEnd(error);
  }
}

/** The server's answer to an offer that it accepts. */
export interface AcceptedOffer {
  /** The text of the answer, such as `permessage-foo; x=1`. */
  readonly answer: string;
  /** Makes the codec of the connection. */
  readonly codec: () => MessageCodec;
}

/** An extension: negotiates its parameters and creates its codecs. */
export interface Extension {
  /** The registered name, a token. */
  readonly name: string;
  /** Client: the offers, the preferred one first. Each includes the extension's name, such as `permessage-foo; x=1`. */
  offers(): readonly string[];
  /**
   * Client: called when the server has answered.
   *
   * @returns a function that creates the codec.
   * @throws Error the answer does not fit the offers: the handshake fails with this error's message.
   */
  conclude(parameters: ExtensionParameters): () => MessageCodec;
  /**
   * Server: accepts an offer of the client, or declines it with `undefined`. The next offer is tried after a refusal.
   */
  accept(parameters: ExtensionParameters): AcceptedOffer | undefined;
}

/** One element of `Sec-WebSocket-Extensions`. */
export interface ExtensionElement {
  readonly name: string;
  readonly parameters: ExtensionParameters;
  /** Whether a parameter occurs twice, which no extension allows. */
  readonly isAmbiguous: boolean;
}

const ELEMENT = /[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)((?:[^",]|"(?:[^"\\]|\\.)*")*))?[ \t]*(?:,|$)/y;
const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:[ \t]*=[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*/y;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads the header `Sec-WebSocket-Extensions` (RFC 6455, section 9.1).
 *
 * @returns the elements in order, or `null` if the header is malformed.
 */
export function parseExtensions(header: string): ExtensionElement[] | null {
  const elements: ExtensionElement[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < header.length) {
    const match = ELEMENT.exec(header);
    if (match === null) return null;
    const [, name, rest = ''] = match;
    if (name === undefined) continue;
    const element = parseParameters(name, rest);
    if (element === null) return null;
    elements.push(element);
  }
  return elements;
}

function parseParameters(name: string, rest: string): ExtensionElement | null {
  const parameters = new Map<string, string | true>();
  let isAmbiguous = false;
  let at = 0;
  while (at < rest.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(rest);
    if (match === null) return rest.slice(at).trim() === '' ? { name, parameters, isAmbiguous } : null;
    const [, key, token, quoted] = match;
    const value = token ?? quoted?.replace(/\\(.)/g, '$1') ?? true;
    // A quoted value must be a token once its quotes are removed (RFC 6455, section 9.1).
    if (value !== true && !TOKEN.test(value)) return null;
    isAmbiguous ||= parameters.has(key!);
    parameters.set(key!, value);
    at = PARAMETER.lastIndex;
  }
  return { name, parameters, isAmbiguous };
}

/** Formats an element. The values must be tokens. */
export function formatExtension(
  name: string,
  parameters: Iterable<readonly [string, string | true]>,
): string {
  let text = name;
  for (const [key, value] of parameters) text += value === true ? `; ${key}` : `; ${key}=${value}`;
  return text;
}

/** The server's choice: the first offer that one of its extensions accepts. */
export function chooseExtension(
  extensions: readonly Extension[],
  header: string | undefined,
): AcceptedOffer | undefined {
  if (extensions.length === 0 || header === undefined) return undefined;
  for (const { name, parameters, isAmbiguous } of parseExtensions(header) ?? []) {
    if (isAmbiguous) continue;
    const extension = extensions.find((one) => one.name === name.toLowerCase());
    const accepted = extension?.accept(parameters);
    if (accepted !== undefined) return accepted;
  }
  return undefined;
}

/**
 * Reads the server's answer on the client.
 *
 * @returns a function that creates the codec; `undefined` if the server chose no extension.
 * @throws Error the answer is not acceptable.
 */
export function concludeExtension(
  extensions: readonly Extension[],
  header: string | undefined,
): (() => MessageCodec) | undefined {
  if (header === undefined) return undefined;
  const elements = parseExtensions(header);
  if (elements === null) throw new Error('the header Sec-WebSocket-Extensions is malformed');
  const [element, another] = elements;
  if (element === undefined) return undefined;
  if (another !== undefined) throw new Error('the server chose more than one extension');
  const { name, parameters, isAmbiguous } = element;
  const extension = extensions.find((one) => one.name === name.toLowerCase());
  if (extension === undefined)
    throw new Error(`the server chose the extension ${name}, which was not offered`);
  if (isAmbiguous) throw new Error(`the server's answer to ${name} has a parameter twice`);
  return extension.conclude(parameters);
}
