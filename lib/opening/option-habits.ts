/** Options of other packages, and options of other functions, with advice for each. */

const INSTEAD = new Map<string, string>([
  ['server', 'use attach(server, options)'],
  ['httpServer', 'use attach(server, options)'],
  ['noServer', 'use accept(request, socket, head, options)'],
  ['timeout', 'use handshakeTimeout or keepAlive'],
  ['subprotocols', 'use protocols'],
  ['subprotocol', 'use protocols'],
  ['protocol', 'use protocols'],
  ['auth', 'put user and password into the URL, or use headers: { Authorization }'],
  ['username', 'put user and password into the URL, or use headers: { Authorization }'],
  ['password', 'put user and password into the URL, or use headers: { Authorization }'],
  ['cookie', 'use headers: { Cookie }'],
  ['cookies', 'use headers: { Cookie }'],
  ['extraHeaders', 'use headers'],
  ['transportOptions', 'use headers, tls or agent'],
  ['transports', 'there is one transport, WebSocket'],
  ['binaryType', 'a binary message is a Uint8Array; WebSocket has binaryType'],
  ['maxMessageSize', 'use maxPayload'],
  ['maxReceivedMessageSize', 'use maxPayload'],
  ['maxReceivedFrameSize', 'use maxPayload'],
  ['maxPayloadLength', 'use maxPayload'],
  ['maxHttpBufferSize', 'use maxPayload'],
  ['maxBackpressure', 'use maxBufferedBytes'],
  ['backpressureLimit', 'use maxBufferedBytes'],
  ['closeOnBackpressureLimit', "use slowSubscribers: 'close'"],
  ['maxClients', 'use maxConnections'],
  ['pingInterval', 'use keepAlive: { interval }'],
  ['heartbeatInterval', 'use keepAlive: { interval }'],
  ['keepAliveInterval', 'use keepAlive: { interval }'],
  ['keepaliveInterval', 'use keepAlive: { interval }'],
  ['pingTimeout', 'use keepAlive: { timeout }'],
  ['keepaliveGracePeriod', 'use keepAlive: { timeout }'],
  ['heartbeat', 'use keepAlive'],
  ['idleTimeout', 'use keepAlive'],
  ['sendPings', 'use keepAlive'],
  ['sendPingsAutomatically', 'use keepAlive'],
  ['compression', 'use perMessageDeflate'],
  ['compress', 'use perMessageDeflate'],
  ['decompress', 'use perMessageDeflate'],
  ['dispatcher', 'use agent or createConnection'],
  ['proxy', 'use agent, such as one of https-proxy-agent'],
  ['hostname', 'use host'],
  ['address', 'use host'],
  ['family', 'it is an option of net.connect, use net: { family }'],
  ['cors', 'use origins'],
  ['corsOrigin', 'use origins'],
  ['allowedOrigins', 'use origins'],
  ['autoAcceptConnections', 'use origins or verifyClient'],
  ['allowRequest', 'use verifyClient'],
  ['verify', 'use verifyClient'],
  ['authenticate', 'use verifyClient'],
  ['authorize', 'use verifyClient'],
  ['paths', 'use path, a RegExp or a function for several'],
  ['route', 'use path'],
  ['url', 'the URL is the first argument of connect; a server has path'],
  ['uri', 'the URL is the first argument of connect; a server has path'],
  ['query', 'put it into the URL'],
  ['params', 'put it into the URL'],
  ['secure', 'the URL says it (wss:); a server has tls: { cert, key }'],
  ['ssl', 'the URL says it (wss:); a server has tls: { cert, key }'],
  ['https', 'the URL says it (wss:); a server has tls: { cert, key }'],
  ['useSSL', 'the URL says it (wss:); a server has tls: { cert, key }'],
  ['perMessageDeflate.level', 'use perMessageDeflate: { zlibDeflateOptions: { level } }'],
  ['perMessageDeflate.memLevel', 'use perMessageDeflate: { zlibDeflateOptions: { memLevel } }'],
  ['perMessageDeflate.chunkSize', 'use perMessageDeflate: { zlibDeflateOptions: { chunkSize } }'],
]);

function forAll(names: readonly string[], advice: (name: string) => string): void {
  for (const name of names) INSTEAD.set(name, advice(name));
}

forAll(
  [
    ...[
      'ca',
      'cert',
      'key',
      'pfx',
      'passphrase',
      'crl',
      'ciphers',
      'sigalgs',
      'ecdhCurve',
      'honorCipherOrder',
    ],
    ...['minVersion', 'maxVersion', 'secureContext', 'secureProtocol', 'secureOptions', 'rejectUnauthorized'],
    ...['servername', 'checkServerIdentity', 'ALPNProtocols', 'requestCert', 'SNICallback', 'pskCallback'],
  ],
  (name) => `it is an option of TLS, use tls: { ${name} }`,
);
forAll(
  ['localAddress', 'localPort', 'lookup', 'noDelay', 'autoSelectFamily', 'hints', 'onread'],
  (name) => `it is an option of net.connect, use net: { ${name} }`,
);
forAll(
  ['ipv6Only', 'exclusive', 'reusePort', 'readableAll', 'writableAll'],
  (name) => `it is an option of node:net: make a server, server.listen({ ${name} }), and attach(server)`,
);
forAll(
  [
    ...['skipUTF8Validation', 'autoPong', 'allowSynchronousEvents', 'generateMask', 'protocolVersion'],
    ...['clientTracking', 'finishRequest', 'WebSocket', 'maxPendingAutoPongs', 'maxBufferedChunks'],
  ],
  () => 'it belongs to websocket-protocol-component/ws',
);
forAll(
  [
    ...['reconnect', 'autoReconnect', 'reconnection', 'reconnectInterval', 'retry', 'retries', 'autoConnect'],
    ...['maxRetries', 'reconnectionDelay', 'reconnectionAttempts'],
  ],
  () => 'connect opens one connection; connections(url, options) opens another one when it has ended',
);

/** Handlers that other packages take as options. */
const HANDLERS =
  /^(?:on)?(?:handler|open|message|error|close|connect|connection|data|websocket|upgrade|fetch)$/i;

/** The functions whose options are those of an opening. */
const OPENERS = /^(?:connect|listen|attach|accept|WebSocket)/;

/**
 * Advice for an option that does not exist.
 *
 * @param where - the function that is called.
 */
export function habitOf(where: string, name: string): string | undefined {
  if (where === 'publish' || where === 'broadcast')
    return /compress|deflate/i.test(name) ? 'use prepare(data, { compress })' : undefined;
  if (where === 'close')
    return /time|delay|grace|force/i.test(name)
      ? 'the server has closeTimeout; a signal stops waiting at once'
      : undefined;
  if (!OPENERS.test(where)) return undefined;
  const isClient = where.startsWith('connect') || where.startsWith('WebSocket');
  if (isClient && /^(?:host|hostname|port|path|pathname|search|href)$/.test(name))
    return 'it is part of the URL';
  const instead = INSTEAD.get(name);
  if (instead !== undefined) return instead;
  if (!HANDLERS.test(name)) return undefined;
  return isClient
    ? `read with for await, or with on('message'), from the connection that it gives`
    : 'give a handler as last argument, which gets each connection';
}
