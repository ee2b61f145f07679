/** WebSockets over HTTP/2 (RFC 8441). */
export { connectHttp2 } from './client.js';
export type { Http2ConnectOptions } from '../client-options.js';
export { attachHttp2, listenHttp2 } from './server.js';
export type { Http2ListenOptions } from '../server-options.js';
