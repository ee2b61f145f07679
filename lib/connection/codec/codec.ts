/**
 * Message codecs: what an extension does to messages, and how it is agreed on (RFC 6455, section 9). The engine
 * carries one bit for it, the first reserved one: a message whose first frame has it went through the codec. One
 * codec can be in force on a connection. `permessage-deflate` is written against this and nothing else, and so could be
 * any other extension that works on whole messages.
 */

/** The parameters of an offer or of an answer: name to value, `true` for a parameter without one. */
export type ExtensionParameters = ReadonlyMap<string, string | true>;

/** Encodes what is sent and decodes what is received, on one connection. */
export interface MessageCodec {
  /**
   * Whether a message is to be encoded; asked once, with its first part.
   *
   * @param length - bytes of that part.
   * @param isWhole - it is the whole message.
   */
  encodes(length: number, isWhole: boolean): boolean;
  /**
   * Encodes a part of a message. One part at a time: the next is given when `done` has been called.
   *
   * @param isLast - the message ends with it.
   * @param done - called once, now or later, with the bytes for the frame, or with an error that ends the connection.
   */
  encode(part: Uint8Array, isLast: boolean, done: (error: Error | null, bytes: Uint8Array) => void): void;
  /**
   * Decodes a part of a message. One part at a time.
   *
   * @param piece - called with what comes out, as it comes, so that limits hold for it; memory that may be kept.
   * @param done - called once, now or later, after the last piece; an error ends the connection with 1007.
   */
  decode(
    part: Uint8Array,
    isLast: boolean,
    piece: (bytes: Uint8Array) => void,
    done: (error: Error | null) => void,
  ): void;
  /** Nothing more will be decoded: what is under way ends without a call of `piece` or `done`. */
  stopDecoding(): void;
  /** Gives back all memory. Nothing is called, and calls nothing, afterwards. */
  close(): void;
}

/** What a server answers to an offer that it takes. */
export interface AcceptedOffer {
  /** The answer, such as `permessage-foo; x=1`. */
  readonly answer: string;
  /** Makes the codec of the connection. */
  readonly codec: () => MessageCodec;
}

/** An extension: how it is agreed on, and what makes its codecs. */
export interface Extension {
  /** The registered name, a token. */
  readonly name: string;
  /** Client: the offers, the preferred one first, each with its name, such as `permessage-foo; x=1`. */
  offers(): readonly string[];
  /**
   * Client: the server has answered.
   *
   * @returns what makes the codec.
   * @throws Error the answer does not fit the offers: the handshake fails with its message.
   */
  conclude(parameters: ExtensionParameters): () => MessageCodec;
  /** Server: takes an offer of the client, or declines it with `undefined`; the next one is tried then. */
  accept(parameters: ExtensionParameters): AcceptedOffer | undefined;
}

/** One element of `Sec-WebSocket-Extensions`. */
export interface ExtensionElement {
  readonly name: string;
  readonly parameters: ExtensionParameters;
  /** A parameter is there twice, which no extension allows. */
  readonly isAmbiguous: boolean;
}

const ELEMENT = /[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)((?:[^",]|"(?:[^"\\]|\\.)*")*))?[ \t]*(?:,|$)/y;
const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:[ \t]*=[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*/y;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads the header `Sec-WebSocket-Extensions` (RFC 6455, section 9.1).
 *
 * @returns the elements in order, or `null` where the header is malformed.
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
    // What is quoted has to be a token without the quotes.
    if (value !== true && !TOKEN.test(value)) return null;
    isAmbiguous ||= parameters.has(key!);
    parameters.set(key!, value);
    at = PARAMETER.lastIndex;
  }
  return { name, parameters, isAmbiguous };
}

/** Writes an element; values are tokens. */
export function formatExtension(
  name: string,
  parameters: Iterable<readonly [string, string | true]>,
): string {
  let text = name;
  for (const [key, value] of parameters) text += value === true ? `; ${key}` : `; ${key}=${value}`;
  return text;
}

/** The server's choice: the first offer that one of its extensions takes. */
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
 * The client's conclusion from the server's answer.
 *
 * @returns what makes the codec; `undefined` where the server chose no extension.
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
