/**
 * Everything that a server decides about a request, in one order, for every transport. A step looks at the request and
 * lets it pass or stops it; callbacks of the program are called through the guard only.
 */
import type { HttpHeader } from '../component/index.js';
import { chooseExtension, parseExtensions } from '../connection/index.js';
import type { AcceptedOffer, Extension, MessageCodec } from '../connection/index.js';
import { show } from './answer.js';
import { ask, askForVerdict, refuse, Stop } from './guard.js';
import { checkedHeaders, elementsOf, hasToken } from './header-list.js';
import type { HeaderSource } from './header-list.js';
import { matchesOrigin } from './filters.js';
import type { OpeningRequest } from './request.js';
import type { PolicyOptions } from './server-options.js';
import { TOKEN } from './token.js';

/** A request on its way through the steps, with their findings. */
export interface Deciding {
  readonly request: OpeningRequest;
  readonly options: PolicyOptions;
  readonly extensions: readonly Extension[];
  /** Whether there is no room for one more. */
  readonly isFull: () => boolean;
  protocol: string | undefined;
  extension: AcceptedOffer | undefined;
  codec: MessageCodec | undefined;
  headers: readonly HttpHeader[];
}

export type Step = (deciding: Deciding) => Stop | null;

/** 16 bytes in base64 (RFC 6455, section 4.2.1); the component takes any value (Q-H10). */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;
const NO_HEADERS: readonly HttpHeader[] = [];

const badRequest = (message: string): Stop => refuse({ status: 400, message });

// ---- Rules of HTTP (RFC 9110, RFC 9112), and rules of RFC 6455 about HTTP (section 4.2.1) ----

const method: Step = ({ request }) =>
  request.method === 'GET' ? null : refuse({ status: 405, headers: { Allow: 'GET' } });

const httpVersion: Step = ({ request }) =>
  request.httpVersion === '1.0' ? refuse({ status: 505, message: 'HTTP/1.1 is needed' }) : null;

/** This server would read a body as frames, a proxy on the way would read it as a body: so a body is refused. */
const body: Step = ({ request: { fields } }) =>
  (fields.contentLength !== undefined && Number(fields.contentLength) !== 0) ||
  fields.transferEncoding !== undefined
    ? badRequest('An upgrade request has no body')
    : null;

const target: Step = ({ request }) =>
  request.target === undefined ? badRequest('The target of the request must be a path') : null;

const upgrade: Step = ({ request: { fields } }) =>
  hasToken(fields.upgrade, 'websocket')
    ? null
    : refuse({
        status: 426,
        message: 'Only upgrades to websocket are served here',
        headers: { Upgrade: 'websocket' },
      });

const connection: Step = ({ request: { fields } }) =>
  hasToken(fields.connection, 'upgrade') ? null : badRequest('Connection does not name Upgrade');

const host: Step = ({ request: { fields } }) =>
  fields.host === undefined || fields.host.includes(',') ? badRequest('There must be one Host') : null;

const key: Step = ({ request: { fields } }) =>
  fields.key !== undefined && KEY.test(fields.key)
    ? null
    : badRequest('Sec-WebSocket-Key is not 16 bytes in base64');

const version: Step = ({ request: { fields } }) => {
  if (fields.version === '13') return null;
  if (fields.version === undefined || fields.version.includes(','))
    return badRequest('There must be one Sec-WebSocket-Version');
  return refuse({
    status: 426,
    message: 'Only version 13 is spoken here: Sec-WebSocket-Version',
    headers: { 'Sec-WebSocket-Version': '13' },
  });
};

/** Tokens, none of them twice (RFC 6455, section 4.1, item 10). */
const offeredProtocols: Step = ({ request: { fields } }) => {
  if (fields.protocol === undefined) return null;
  const offered = elementsOf(fields.protocol);
  if (!offered.every((name) => TOKEN.test(name)))
    return badRequest('Sec-WebSocket-Protocol is not a list of tokens');
  return new Set(offered).size === offered.length
    ? null
    : badRequest('Sec-WebSocket-Protocol names a subprotocol twice');
};

const offeredExtensions: Step = ({ request: { fields } }) =>
  fields.extensions !== undefined && parseExtensions(fields.extensions) === null
    ? badRequest('Sec-WebSocket-Extensions is malformed')
    : null;

// ---- Decisions of the program ----

const room: Step = ({ isFull }) => (isFull() ? refuse({ status: 503 }) : null);

const origin: Step = ({ request: { fields, original }, options: { origins } }) => {
  const given = fields.origin;
  if (origins === undefined || given === undefined) return null;
  const allowed = matchesOrigin(origins, given, original);
  if (allowed instanceof Stop) return allowed;
  return allowed ? null : refuse({ status: 403, message: `The origin ${given} is not allowed` });
};

/** The only step that may take its time. */
export function verify({ request, options }: Deciding): Stop | null | Promise<Stop | null> {
  const { verifyClient } = options;
  if (verifyClient === undefined) return null;
  return askForVerdict('verifyClient', () => verifyClient(request.original));
}

// ---- Choices for the answer ----

const protocol: Step = (deciding) => {
  const { request, options } = deciding;
  const { protocols, handleProtocols } = options;
  if (request.fields.protocol === undefined) return null;
  const offered = elementsOf(request.fields.protocol);
  if (offered.length === 0) return null;
  if (handleProtocols === undefined) {
    const spoken = typeof protocols === 'string' ? [protocols] : (protocols ?? []);
    deciding.protocol = spoken.find((name) => offered.includes(name));
    return null;
  }
  const chosen = ask(
    'handleProtocols',
    () => handleProtocols([...offered], request.original),
    (value) => {
      if (value === false || value === undefined || value === null || value === '') return undefined;
      if (typeof value === 'string' && offered.includes(value)) return value;
      const what = typeof value === 'string' ? 'a subprotocol that was not offered' : show(value);
      throw new TypeError(`handleProtocols must choose one of the subprotocols offered, not ${what}`);
    },
  );
  if (chosen instanceof Stop) return chosen;
  deciding.protocol = chosen;
  return null;
};

const extension: Step = (deciding) => {
  const { extensions, request } = deciding;
  const offers = request.fields.extensions;
  if (extensions.length === 0 || offers === undefined) return null;
  const made = ask(
    'an extension',
    () => chooseExtension(extensions, offers),
    (value) => {
      const accepted = value as AcceptedOffer | undefined;
      if (accepted === undefined) return null;
      if (typeof accepted.answer !== 'string' || (parseExtensions(accepted.answer)?.length ?? 0) !== 1)
        throw new TypeError('the answer of an extension must be one element of Sec-WebSocket-Extensions');
      return { accepted, codec: accepted.codec() };
    },
  );
  if (made instanceof Stop) return made;
  deciding.extension = made?.accepted;
  deciding.codec = made?.codec;
  return null;
};

const headers: Step = (deciding) => {
  const { request, options } = deciding;
  const { headers: callback } = options;
  if (callback === undefined) return null;
  const given = ask(
    'headers',
    () => callback(request.original),
    (value) => checkedHeaders(value as HeaderSource | null | undefined),
  );
  if (given instanceof Stop) return given;
  deciding.headers = given;
  return null;
};

/** The steps before `verifyClient` is called, in this order. */
export const CHECKS: readonly Step[] = [
  method,
  httpVersion,
  body,
  target,
  upgrade,
  connection,
  host,
  key,
  version,
  offeredProtocols,
  offeredExtensions,
  room,
  origin,
];

/** The steps for a request that is accepted, in this order. */
export const CHOICES: readonly Step[] = [protocol, headers, extension];

/** Runs steps; the first that stops the request ends them. */
export function run(steps: readonly Step[], deciding: Deciding): Stop | null {
  for (const step of steps) {
    const stop = step(deciding);
    if (stop !== null) return stop;
  }
  return null;
}

/** A request before its first step. */
export function deciding(
  request: OpeningRequest,
  options: PolicyOptions,
  extensions: readonly Extension[],
  isFull: () => boolean,
): Deciding {
  return {
    request,
    options,
    extensions,
    isFull,
    protocol: undefined,
    extension: undefined,
    codec: undefined,
    headers: NO_HEADERS,
  };
}
