/**
 * `request.socket` of a request over HTTP/2. `session.socket` of node:http2 throws once the session has ended, and the
 * client may end it at any time. A program that reads the client's address when a connection has closed or was refused
 * must not end by that. So this view then gives what a closed socket gives over HTTP/1.1: no address.
 */
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

interface Below {
  readonly stream: ServerHttp2Stream;
  readonly session: Http2Session | undefined;
}

/** Members that concern one request. They are those of the stream, as in the requests of node:http2 itself. */
const OF_STREAM: ReadonlySet<PropertyKey> = new Set([
  ...['on', 'once', 'off', 'addListener', 'removeListener', 'listenerCount', 'emit', 'end', 'destroy'],
  ...['readable', 'writable', 'destroyed'],
]);

/** What the methods of a closed socket return that a stream has not. */
const OF_CLOSED_SOCKET: Readonly<Record<PropertyKey, () => unknown>> = {
  address: () => ({}),
  getCipher: () => null,
  getPeerCertificate: () => null,
  getProtocol: () => null,
};

const VIEW: ProxyHandler<Below> = {
  get(below, name) {
    const owner = ownerOf(below, name);
    if (owner === below.stream && !(name in owner)) return OF_CLOSED_SOCKET[name];
    const value: unknown = Reflect.get(owner, name);
    // node:http2 has bound the methods of its socket.
    return owner === below.stream && typeof value === 'function' ? (value.bind(owner) as unknown) : value;
  },
  set: (below, name, value) => Reflect.set(ownerOf(below, name), name, value),
  has: ({ stream }, name) => name in stream,
  // Such as `request.socket instanceof Duplex`.
  getPrototypeOf: ({ stream }) => Reflect.getPrototypeOf(stream),
};

/** The session has no socket once it has ended. Its stream takes the place of the socket then. */
function ownerOf({ stream, session }: Below, name: PropertyKey): object {
  if (OF_STREAM.has(name)) return stream;
  return (session?.socket as Socket | undefined) ?? stream;
}

/** The socket below a stream; its address is undefined once the session has ended. */
export function socketView(stream: ServerHttp2Stream): Socket {
  return new Proxy<Below>({ stream, session: stream.session }, VIEW) as unknown as Socket;
}
