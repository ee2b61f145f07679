/** The opening handshake over HTTP/1.1: clients and servers. */
export { accept } from './acceptor.js';
export type { Refusal } from './answer.js';
export { connect } from './client.js';
export { Connections, connections } from './connections.js';
export type { ConnectionsEvents, ConnectionsOptions } from './connections.js';
export type { ConnectOptions } from './client-options.js';
export { chooseBackend } from './component-options.js';
export type { BackendChoice, ComponentOptions } from './component-options.js';
export { HandshakeError } from './errors.js';
export type { HandshakeErrorCode, HandshakeResponse } from './errors.js';
export type { OriginFilter, PathFilter } from './filters.js';
export type { HeaderSource, HeaderValue } from './header-list.js';
export { attach, listen } from './listen.js';
export { Server } from './server.js';
export type { Publishable } from './publish.js';
export type { ConnectionHandler, ServerEvents, SlowSubscriber } from './server.js';
export type {
  AcceptOptions,
  AttachOptions,
  ListenOptions,
  PublishOptions,
  ServerCloseOptions,
  Verdict,
} from './server-options.js';
