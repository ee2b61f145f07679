/**
 * The opening handshake (sections B-2 to B-5 and C; RFC 6455, section 4). It takes headers and returns headers or a
 * refusal. It has no state; only its key is random.
 */
import { acceptOf } from '../accept.js';
import type { ClientHandshakeInput, SelectionOutput, ServerHandshakeInput } from '../backend.js';
import type { HttpHeader } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import { areDistinct, elementsOf, NO_ELEMENTS, parseList, singleValueOf } from './header-list.js';
import type { Element, ElementKind, FieldName } from './header-list.js';
import { INTERIM, Refusal, hresultOf } from './interim.js';
import type { ServerHeader } from './questions.js';
import { randomHandshakeKey } from './random.js';

const KEY = 'Sec-WebSocket-Key';
const ACCEPT = 'Sec-WebSocket-Accept';
const VERSION = 'Sec-WebSocket-Version';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';
const CONNECTION = 'Connection';
const UPGRADE = 'Upgrade';

/** The same names in lower case, for looking headers up. */
const FIELD = {
  host: 'host',
  key: 'sec-websocket-key',
  accept: 'sec-websocket-accept',
  version: 'sec-websocket-version',
  protocol: 'sec-websocket-protocol',
  extensions: 'sec-websocket-extensions',
  connection: 'connection',
  upgrade: 'upgrade',
} as const;

/** The data that the client keeps between the two halves of its handshake. */
export interface ClientOffer {
  readonly key: string;
  readonly subprotocols: readonly string[];
  /** Names only: parameters are ignored when the answer is matched (Q-H9). */
  readonly extensions: readonly string[];
  readonly headers: HttpHeader[];
}

/** The answer of the server. */
export interface ServerAnswer {
  readonly headers: HttpHeader[];
  readonly hasExtension: boolean;
}

const lowerCase = (element: Element): string => element.name.toLowerCase();
const exactText = (element: Element): string => element.text;

/** Makes the headers of a request (C-1). The application's own headers have no effect (Q-H3). */
export function beginClient(input: ClientHandshakeInput): ClientOffer | Refusal {
  const subprotocols = parseArguments(input.subprotocols, 'token');
  if (subprotocols instanceof Refusal) return subprotocols;
  const extensions = parseArguments(input.extensions, 'extension');
  if (extensions instanceof Refusal) return extensions;
  const key = randomHandshakeKey();
  const values = {
    [KEY]: key,
    [CONNECTION]: INTERIM['Q-H1'].connection,
    [UPGRADE]: INTERIM['Q-H1'].upgrade,
    [VERSION]: String(INTERIM['Q-G1'].supportedVersions[0]),
  };
  return {
    key,
    subprotocols: input.subprotocols,
    extensions: extensions.map(lowerCase),
    headers: [
      ...INTERIM['Q-H1'].order.map((name) => ({ name, value: values[name] })),
      ...listHeader(PROTOCOL, input.subprotocols),
      ...listHeader(EXTENSIONS, input.extensions),
    ],
  };
}

/** Checks the server's answer (C-2) and returns its choices. */
export function endClient(
  offer: ClientOffer,
  headers: readonly HttpHeader[],
  selection: SelectionOutput,
): Refusal | null {
  const refusal = checkUpgrade(headers);
  if (refusal !== null) return refusal;
  const accept = singleValueOf(headers, FIELD.accept);
  if (accept instanceof Refusal) return accept;
  if (accept !== acceptOf(offer.key)) return new Refusal(Diagnostic.AcceptMismatch);
  return selectSubprotocol(offer, headers, selection) ?? selectExtensions(offer, headers, selection);
}

function selectSubprotocol(
  offer: ClientOffer,
  headers: readonly HttpHeader[],
  selection: SelectionOutput,
): Refusal | null {
  const chosen = elementsOf(headers, FIELD.protocol, 'token', 1);
  if (chosen instanceof Refusal) return new Refusal(Diagnostic.SubprotocolHeaderInvalid);
  const [element] = chosen;
  if (element === undefined) {
    const mayLack = offer.subprotocols.length === 0 || INTERIM['Q-H7'].acceptsNoSubprotocol;
    return mayLack ? null : new Refusal(Diagnostic.SubprotocolNotSupported);
  }
  const index = offer.subprotocols.indexOf(element.name);
  if (index < 0) return new Refusal(Diagnostic.SubprotocolNotSupported);
  selection.selectedSubprotocol = index;
  return null;
}

function selectExtensions(
  offer: ClientOffer,
  headers: readonly HttpHeader[],
  selection: SelectionOutput,
): Refusal | null {
  const chosen = elementsOf(headers, FIELD.extensions, 'extension');
  if (chosen instanceof Refusal) return new Refusal(Diagnostic.ExtensionsHeaderInvalid);
  if (chosen.length === 0 && offer.extensions.length !== 0 && !INTERIM['Q-H7'].acceptsNoExtension) {
    return new Refusal(Diagnostic.ExtensionNotSupported);
  }
  if (!areDistinct(chosen, lowerCase)) return new Refusal(Diagnostic.ElementTwice);
  const indices = chosen.map((element) => offer.extensions.indexOf(lowerCase(element)));
  if (indices.includes(-1)) return new Refusal(Diagnostic.ExtensionNotSupported);
  selection.selectedExtensions = indices;
  return null;
}

/** Checks a request (C-3) and makes the headers of the answer (C-4). */
export function beginServer(input: ServerHandshakeInput): ServerAnswer | Refusal {
  const { requestHeaders, selectedSubprotocol, selectedExtensions } = input;
  const subprotocols = parseArguments(
    selectedSubprotocol === undefined ? [] : [selectedSubprotocol],
    'token',
  );
  if (subprotocols instanceof Refusal) return subprotocols;
  const extensions = parseArguments(selectedExtensions, 'extension');
  if (extensions instanceof Refusal) return extensions;
  const key = checkRequest(requestHeaders);
  if (key instanceof Refusal) return key;
  const refusal =
    checkChoice(requestHeaders, FIELD.protocol, 'token', subprotocols, Diagnostic.SubprotocolNotSupported) ??
    checkChoice(requestHeaders, FIELD.extensions, 'extension', extensions, Diagnostic.ExtensionNotSupported);
  if (refusal !== null) return refusal;
  const headers: HttpHeader[] = [];
  for (const name of INTERIM['Q-H12'].order) headers.push({ name, value: answerValue(name, key) });
  if (selectedSubprotocol !== undefined) headers.push({ name: PROTOCOL, value: selectedSubprotocol });
  headers.push(...listHeader(EXTENSIONS, selectedExtensions));
  return { headers, hasExtension: selectedExtensions.length !== 0 };
}

function answerValue(name: ServerHeader, key: string): string {
  if (name === ACCEPT) return acceptOf(key);
  return name === UPGRADE ? INTERIM['Q-H1'].upgrade : INTERIM['Q-H1'].connection;
}

/** Checks the headers that every request needs, and returns the key (Q-H10). */
function checkRequest(headers: readonly HttpHeader[]): string | Refusal {
  const host = singleValueOf(headers, FIELD.host);
  if (host instanceof Refusal && headers.length !== 0 && INTERIM['Q-H10'].requiresHost) return host;
  const refusal = checkUpgrade(headers);
  if (refusal !== null) return refusal;
  const version = singleValueOf(headers, FIELD.version);
  if (version instanceof Refusal) return version;
  if (!/^[0-9]+$/.test(version) || !INTERIM['Q-G1'].supportedVersions.includes(Number(version))) {
    return new Refusal(Diagnostic.VersionHeaderInvalid);
  }
  const key = singleValueOf(headers, FIELD.key);
  return key === '' ? new Refusal(Diagnostic.HeaderMissing) : key;
}

/**
 * Checks for both sides that there are headers, that `Upgrade` has the token "websocket", and `Connection` the token
 * "Upgrade".
 */
function checkUpgrade(headers: readonly HttpHeader[]): Refusal | null {
  if (headers.length === 0) return new Refusal(Diagnostic.HeaderExpected);
  return (
    checkToken(
      headers,
      FIELD.upgrade,
      'websocket',
      Diagnostic.UpgradeHeaderInvalid,
      Diagnostic.UpgradeTokenMissing,
    ) ??
    checkToken(
      headers,
      FIELD.connection,
      'upgrade',
      Diagnostic.ConnectionHeaderInvalid,
      Diagnostic.ConnectionTokenMissing,
    )
  );
}

function checkToken(
  headers: readonly HttpHeader[],
  name: FieldName,
  token: string,
  invalid: Diagnostic,
  missing: Diagnostic,
): Refusal | null {
  const value = singleValueOf(headers, name);
  if (value instanceof Refusal) return value;
  // Most peers send a single word.
  if (value.toLowerCase() === token) return null;
  const elements = parseList(value, 'token');
  if (elements instanceof Refusal) return new Refusal(invalid);
  return elements.some((element) => lowerCase(element) === token) ? null : new Refusal(missing);
}

/**
 * Checks that the server chose only elements of the client's list. Subprotocols are compared exactly, extensions by
 * name (Q-H9).
 */
function checkChoice(
  headers: readonly HttpHeader[],
  name: FieldName,
  kind: ElementKind,
  chosen: readonly Element[],
  unsupported: Diagnostic,
): Refusal | null {
  const offered = elementsOf(headers, name, kind);
  if (offered instanceof Refusal) return offered;
  if (offered.length === 0) return chosen.length === 0 ? null : new Refusal(unsupported);
  if (!areDistinct(offered, exactText)) return new Refusal(Diagnostic.ElementTwice);
  const identity = kind === 'token' ? exactText : lowerCase;
  const names = new Set(offered.map(identity));
  // An element that is missing from the client's list gives the same error as an unsupported one, but another
  // diagnostic (A-7, 0x1A).
  const isOffered = chosen.every((element) => names.has(identity(element)));
  return isOffered ? null : new Refusal(Diagnostic.ElementNotFound, new Refusal(unsupported).hresult);
}

/**
 * Parses strings of the application. Each is one element, and no two are the same. A failure is the caller's mistake
 * (Q-H4).
 */
function parseArguments(given: readonly string[], kind: ElementKind): readonly Element[] | Refusal {
  if (given.length === 0) return NO_ELEMENTS;
  const elements: Element[] = [];
  for (const text of given) {
    const parsed = parseList(text, kind, 1);
    if (parsed instanceof Refusal) return new Refusal(parsed.diagnostic, hresultOf(INTERIM['Q-H4'].error));
    if (parsed[0]!.text !== text)
      return new Refusal(Diagnostic.ListUnparsable, hresultOf(INTERIM['Q-H4'].error));
    elements.push(parsed[0]!);
  }
  if (!areDistinct(elements, exactText))
    return new Refusal(Diagnostic.ElementTwice, hresultOf(INTERIM['Q-H4'].error));
  return elements;
}

function listHeader(name: string, elements: readonly string[]): HttpHeader[] {
  return elements.length === 0 ? [] : [{ name, value: elements.join(INTERIM['Q-H2'].separator) }];
}
