/**
 * Checks the kinds of values that options take, unless other code checks them when it reads them. A value of another
 * kind would be ignored, or would fail late with a message about the inside of this package.
 */
import { integerOption } from '../connection/index.js';
import { show } from './answer.js';
import { TOKEN } from './token.js';

type Check = (name: string, value: unknown) => void;

/** @throws TypeError */
function must(isRight: boolean, name: string, kind: string, value: unknown): asserts isRight {
  if (!isRight) throw new TypeError(`${name} must be ${kind}, not ${show(value)}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const object: Check = (name, value) => must(isObject(value), name, 'an object', value);
const boolean: Check = (name, value) => must(typeof value === 'boolean', name, 'a boolean', value);
const callback: Check = (name, value) => must(typeof value === 'function', name, 'a function', value);
const text: Check = (name, value) => must(typeof value === 'string', name, 'a string', value);
const socketPath: Check = (name, value) =>
  must(typeof value === 'string' && value !== '', name, 'a string that is not empty', value);

/** @throws TypeError a value that is no list of subprotocols (RFC 6455, section 4.1, item 10). */
function protocols(name: string, value: unknown): void {
  const list: readonly unknown[] | null =
    typeof value === 'string' ? [value] : Array.isArray(value) ? (value as unknown[]) : null;
  if (list?.every((one) => typeof one === 'string') !== true)
    throw new TypeError(`${name} must be a string or a list of strings, not ${show(value)}`);
  for (const one of list) {
    if (TOKEN.test(one)) continue;
    const meant = one.includes(',') ? '; several subprotocols are a list of strings' : '';
    throw new TypeError(`'${one}' is no subprotocol: one has no spaces, commas or other separators${meant}`);
  }
  const twice = list.find((one, index) => list.indexOf(one) !== index);
  if (twice !== undefined) throw new TypeError(`the subprotocol '${twice}' is there twice`);
}

/** A number, or the text of one, such as `process.env.PORT`; node:net checks the range. */
const port: Check = (name, value) =>
  must(
    typeof value === 'number' || (typeof value === 'string' && isPortText(value)),
    name,
    'a number from 0 to 65535',
    value,
  );

/** Whether the characters of a text are those of a port number. */
export function isPortText(value: string): boolean {
  return /^\d{1,5}$/.test(value);
}

const host: Check = (name, value) => {
  must(typeof value === 'string', name, 'a string', value);
  if (/[/\\]|^[^:]*:\d*$/.test(value))
    throw new TypeError(
      `${name} is the name or address of this machine alone, without scheme, port and path`,
    );
};

const agent: Check = (name, value) => {
  if (value === false || typeof (value as { addRequest?: unknown } | null)?.addRequest === 'function') return;
  const isDispatcher = typeof (value as { dispatch?: unknown } | null)?.dispatch === 'function';
  const instead = isDispatcher ? '; a dispatcher of undici is none: use createConnection' : '';
  throw new TypeError(`${name} must be an agent of node:http, not ${show(value)}${instead}`);
};

const net: Check = (name, value) => {
  object(name, value);
  for (const key of ['host', 'port'])
    if (key in (value as object)) throw new TypeError(`${name} has no option ${key}: it is part of the URL`);
  if ('path' in (value as object)) throw new TypeError(`${name} has no option path: use socketPath`);
};

const component: Check = (name, value) => {
  const given = value as Readonly<Record<string, unknown>> | null;
  const methods = ['createClientHandle', 'createServerHandle', 'getGlobalProperty'];
  must(
    methods.every((method) => typeof given?.[method] === 'function'),
    name,
    'a component, such as portable',
    value,
  );
};

const driver: Check = (name, value) => {
  if (value !== 'auto' && value !== 'action-loop')
    throw new RangeError(`${name} must be 'auto' or 'action-loop', not ${show(value)}`);
};

const extensions: Check = (name, value) => {
  must(Array.isArray(value), name, 'a list of extensions', value);
  for (const one of value as unknown[]) {
    const { name: own, offers, accept } = (one ?? {}) as Readonly<Record<string, unknown>>;
    // A client calls `offers`, a server calls `accept`.
    const isRight = typeof own === 'string' && (typeof offers === 'function' || typeof accept === 'function');
    must(isRight, name, 'a list of objects with name, offers, conclude and accept', one);
  }
};

const session: Check = (name, value) => {
  object(name, value);
  // By its functions, because an application may have wrapped it.
  const { request, on } = value as Readonly<Record<string, unknown>>;
  if (typeof request !== 'function' || typeof on !== 'function')
    throw new TypeError(`${name} must be a session of node:http2, as http2.connect returns it`);
};

const CHECKS = new Map<string, Check>(
  Object.entries({
    agent,
    backlog: (name, value) => void integerOption(name, value, 0, 0, 0x7fffffff),
    component,
    createConnection: callback,
    driver,
    extensions,
    followRedirects: boolean,
    handle: object,
    host,
    net,
    origin: text,
    port,
    protocolRequired: boolean,
    protocols,
    session,
    socketPath,
    tls: object,
  } satisfies Record<string, Check>),
);

/**
 * Checks the kinds of values. A value that is undefined counts as absent.
 *
 * @throws TypeError, RangeError: the message names the option.
 */
export function checkValues(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) CHECKS.get(name)?.(name, value);
  }
}

/** Options that give a TLS server an identity. It needs one of them to answer clients. */
const IDENTITIES = ['cert', 'pfx', 'SNICallback', 'secureContext', 'pskCallback', 'ciphers'];

/** @throws TypeError a TLS server that no client could connect to. */
export function checkCertificate(tls: object | undefined): void {
  if (tls === undefined || IDENTITIES.some((name) => (tls as Record<string, unknown>)[name] !== undefined))
    return;
  throw new TypeError('tls has no certificate: it needs cert and key, or pfx, or SNICallback');
}
