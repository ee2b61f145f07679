/** Handlers for the connections of a server. */
import type { IncomingMessage } from 'node:http';
import type { Connection } from '../../connection/index.js';
import type { Server } from '../../opening/index.js';

/** Serves one connection until it has ended. The server reports its failure. */
export type Handler = (connection: Connection, request: IncomingMessage, server: Server) => Promise<void>;

/** Sends every message back. */
export const echo: Handler = async (connection) => {
  for await (const message of connection) await connection.send(message);
};

/** Sends every message to all others. */
export const chat: Handler = async (connection, _, server) => {
  for await (const message of connection) server.broadcast(message, { except: connection });
};
