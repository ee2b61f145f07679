/** A client's request over node:http, from the transport to the head of the answer. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import * as onDemand from '../../component/on-demand.js';
import { errorOf } from '../../component/thrown.js';
import type { Ask } from '../ask.js';
import type { ConnectOptions } from '../client-options.js';
import { connectFailed } from '../errors.js';
import { isThenable } from '../guard.js';
import { TLS_OF_ORIGIN } from '../redirects.js';
import type { Target } from '../target.js';
import { reasonOf } from '../transport-errors.js';

type Create = NonNullable<ConnectOptions['createConnection']>;
type OnCreate = (error: Error | null, socket?: Duplex) => void;

/** An answer; the socket is null if the answer is no upgrade. */
export interface Http1Answer {
  readonly response: IncomingMessage;
  readonly socket: Duplex | null;
  readonly head: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Sends the request. The promise rejects with `ERR_CONNECT_FAILED`. */
export function send(
  target: Target,
  { headers }: Ask,
  options: ConnectOptions,
  isFirstOrigin: boolean,
): { readonly request: ClientRequest; readonly answer: Promise<Http1Answer> } {
  const { isSecure, publicUrl } = target;
  const request = (isSecure ? onDemand.https() : onDemand.http()).request({
    host: target.host,
    port: target.port,
    path: target.path,
    headers: headers.flatMap(({ name, value }) => [name, value]),
    ...waysOf(target, options, isFirstOrigin),
  });
  const answer = new Promise<Http1Answer>((resolve, reject) => {
    request.on('upgrade', (response, socket, head) => resolve({ response, socket, head }));
    request.on('response', (response) => resolve({ response, socket: null, head: NOTHING }));
    request.on('error', (cause) => {
      reject(connectFailed(`no connection to ${publicUrl}: ${reasonOf(cause, isSecure)}`, cause));
    });
    request.end();
  });
  return { request, answer };
}

/** How the request gets a transport. */
function waysOf(target: Target, options: ConnectOptions, isFirstOrigin: boolean): RequestOptions {
  const { agent, createConnection } = options;
  const { host, port, socketPath } = target;
  const tls = isFirstOrigin ? options.tls : withoutOrigin(options.tls);
  if (agent !== undefined) return { ...tls, agent, ...(socketPath === undefined ? {} : { socketPath }) };
  return {
    createConnection: (_, oncreate) =>
      createConnection === undefined
        ? transport(target, options.net, tls)
        : made(createConnection, { host, port }, oncreate as OnCreate),
  };
}

/** Takes the result of the program's function: a transport, or a promise of one. */
function made(create: Create, where: Parameters<Create>[0], oncreate: OnCreate): Duplex | undefined {
  let result: ReturnType<Create>;
  try {
    result = create(where);
  } catch (error) {
    // For node:http, null is no error, and then it waits for a transport.
    throw errorOf(error);
  }
  if (!isThenable(result)) return checkedTransport(result);
  Promise.resolve(result)
    .then(
      (socket) => oncreate(null, checkedTransport(socket)),
      // For node:http, only an error says that there is no transport.
      (error: unknown) => oncreate(errorOf(error)),
    )
    .catch(oncreate);
  return undefined;
}

function checkedTransport(socket: Duplex): Duplex {
  const { write, pipe, on } = (socket as Partial<Duplex> | undefined) ?? {};
  if (![write, pipe, on].every((method) => typeof method === 'function'))
    throw new TypeError('createConnection must return a Duplex, or a promise of one');
  // It has emitted its end already, and would emit nothing more.
  if (socket.destroyed) throw new Error('createConnection returned a transport that has been destroyed');
  return socket;
}

function transport(
  { host, port, isSecure, socketPath }: Target,
  net: ConnectOptions['net'],
  tls: ConnectOptions['tls'],
): Duplex {
  const where = socketPath === undefined ? { ...net, host, port } : { path: socketPath };
  if (!isSecure) return onDemand.net().connect({ ...where, noDelay: true } as NetConnectOpts);
  // SNI takes host names only, no addresses (RFC 6066, section 3).
  const servername = onDemand.net().isIP(host) === 0 ? host : '';
  const socket = onDemand.tls().connect({ servername, ...where, ALPNProtocols: ['http/1.1'], ...tls });
  socket.setNoDelay(true);
  return socket;
}

function withoutOrigin(tls: ConnectOptions['tls']): ConnectOptions['tls'] {
  if (tls === undefined) return undefined;
  return Object.fromEntries(Object.entries(tls).filter(([name]) => !TLS_OF_ORIGIN.has(name)));
}
