/** The opening handshake over node:http: clients and servers. */
export { accept } from './accept.js';
export type { AcceptOptions, Refusal } from './accept.js';
export { connect } from './client.js';
export type { ConnectOptions } from './client.js';
export { HandshakeError } from './errors.js';
export type { HandshakeErrorCode, HandshakeResponse } from './errors.js';
export { attach, listen, Server } from './server.js';
export type {
  AttachOptions,
  ConnectionHandler,
  ListenOptions,
  PathFilter,
  ServerCloseOptions,
  ServerEvents,
} from './server.js';
export { chooseBackend } from './shared.js';
export type { BackendChoice, ComponentOptions } from './shared.js';
