/** How a client judges the server's answer, the same for every transport. */
import type { IncomingHttpHeaders } from 'node:http';
import { ComponentError } from '../component/index.js';
import type { ClientHandle, HttpHeader } from '../component/index.js';
import { errorOf } from '../component/thrown.js';
import { concludeExtension } from '../connection/index.js';
import type { MessageCodec } from '../connection/index.js';
import type { Ask } from './ask.js';
import { HandshakeError } from './errors.js';
import type { HandshakeResponse } from './errors.js';
import type { Fields } from './fields.js';
import { elementsOf, hasToken } from './header-list.js';
import { isRedirect, publicLocation } from './redirects.js';

/** The head of an answer. */
export interface AnswerHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: IncomingHttpHeaders;
}

/** The result of the handshake. */
export interface Agreed {
  readonly protocol: string;
  readonly codec?: MessageCodec;
  readonly extensions?: string;
}

class Unacceptable extends Error {}

/**
 * Judges the headers of an answer that accepts.
 *
 * @param protocolRequired - the server has to choose one of the subprotocols offered.
 * @throws HandshakeError `ERR_INVALID_HANDSHAKE`: its message names the header; `ERR_NO_SUBPROTOCOL`.
 */
export function judge(
  handle: ClientHandle,
  asked: Ask,
  head: AnswerHead,
  fields: Fields,
  protocolRequired: boolean,
): Agreed {
  const response = { ...head, body: Buffer.alloc(0) };
  try {
    const protocol = protocolOf(asked, fields);
    handle.endClientHandshake(answerFor(asked, fields, protocol));
    if (protocol === undefined && asked.protocols.length !== 0 && protocolRequired) {
      const why = `the server chose none of the subprotocols offered: ${asked.protocols.join(', ')}`;
      throw new HandshakeError('ERR_NO_SUBPROTOCOL', why, { response });
    }
    const codec = extensionOf(asked, fields);
    return {
      protocol: protocol ?? '',
      ...(codec === undefined ? {} : { codec, extensions: fields.extensions! }),
    };
  } catch (cause) {
    if (!(cause instanceof ComponentError || cause instanceof Unacceptable)) throw cause;
    throw new HandshakeError(
      'ERR_INVALID_HANDSHAKE',
      `the server's answer is not acceptable: ${cause.message}`,
      { cause: cause instanceof Unacceptable ? (cause.cause ?? cause) : cause, response },
    );
  }
}

/** The chosen subprotocol. It is read here, because backends accept different answers as a choice (Q-H7, Q-H8). */
function protocolOf({ protocols }: Ask, { protocol }: Fields): string | undefined {
  const [chosen, another] = protocol === undefined ? [] : elementsOf(protocol);
  if (chosen === undefined) return undefined;
  if (another !== undefined) throw new Unacceptable('Sec-WebSocket-Protocol has more than one subprotocol');
  if (!protocols.includes(chosen))
    throw new Unacceptable(`Sec-WebSocket-Protocol has ${chosen}, which was not offered`);
  return chosen;
}

/**
 * The answer that the handle gets. HTTP's rules for lists have been applied, so that both backends read the same. If
 * the server chose no subprotocol and need not choose one, the handle gets one all the same: a strict DLL accepts no
 * other answer (Q-H7), and a subprotocol has no effect on frames.
 */
function answerFor({ protocols }: Ask, fields: Fields, protocol: string | undefined): HttpHeader[] {
  if (!hasToken(fields.upgrade, 'websocket')) throw new Unacceptable('Upgrade does not name websocket');
  if (!hasToken(fields.connection, 'upgrade')) throw new Unacceptable('Connection does not name Upgrade');
  if (fields.accept === undefined) throw new Unacceptable('Sec-WebSocket-Accept is missing');
  if (fields.accept.includes(',')) throw new Unacceptable('Sec-WebSocket-Accept is there twice');
  const headers = [
    { name: 'Upgrade', value: 'websocket' },
    { name: 'Connection', value: 'Upgrade' },
    { name: 'Sec-WebSocket-Accept', value: fields.accept },
  ];
  const shown = protocol ?? protocols[0];
  if (shown !== undefined) headers.push({ name: 'Sec-WebSocket-Protocol', value: shown });
  const extensions = fields.extensions === undefined ? [] : elementsOf(fields.extensions);
  if (extensions.length !== 0)
    headers.push({ name: 'Sec-WebSocket-Extensions', value: extensions.join(', ') });
  return headers;
}

function extensionOf({ extensions }: Ask, fields: Fields): MessageCodec | undefined {
  if (extensions.length === 0) return undefined;
  try {
    return concludeExtension(extensions, fields.extensions)?.();
  } catch (cause) {
    throw new Unacceptable(`Sec-WebSocket-Extensions: ${errorOf(cause).message}`, { cause });
  }
}

/** The error of an answer that refuses. */
export function refusalError(head: AnswerHead, body: Buffer): HandshakeError {
  const response: HandshakeResponse = { ...head, body };
  return new HandshakeError('ERR_UNEXPECTED_RESPONSE', sentenceOf(head), { response });
}

function sentenceOf({ statusCode, statusMessage, headers }: AnswerHead): string {
  const answer = `the server answered ${statusCode} ${statusMessage}`.trimEnd();
  switch (statusCode) {
    case 200:
      return `${answer}: it does not speak WebSocket at this URL`;
    case 401:
      return `${answer}: it wants credentials (${headers['www-authenticate'] ?? 'of an unknown kind'})`;
    case 403:
      return `${answer}: it refuses this client, perhaps for its Origin`;
    case 404:
      return `${answer}: there is nothing at this URL`;
    case 407:
      return `${answer}: the proxy wants credentials`;
    case 426:
      return `${answer}: it wants another protocol or version (Sec-WebSocket-Version: ${headers['sec-websocket-version'] ?? 'not given'})`;
    default:
      return isRedirect(statusCode)
        ? `${answer}, to ${publicLocation(headers.location ?? 'nowhere')}; followRedirects is off`
        : answer;
  }
}
