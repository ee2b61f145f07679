/** The transports of a server made by `listenHttp2`: how long they may have no WebSocket, and how they end. */
import type { Http2SecureServer, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Alarm } from '../../connection/index.js';
import { RawSockets, stopListening } from '../owner.js';
import type { Owner } from '../owner.js';

/** Milliseconds in which a client has to end its side of a session, once the server has ended the other side. */
const GRACE = 1000;

export class Http2Owner implements Owner {
  readonly #server: Http2Server | Http2SecureServer;
  readonly #raw: RawSockets;
  readonly #sessions = new Set<ServerHttp2Session>();
  #grace: Alarm | undefined;
  #isClosing = false;

  /** @param timeout - milliseconds that a client has to ask for a WebSocket; 0 is no limit. */
  constructor(server: Http2Server | Http2SecureServer, timeout: number) {
    this.#server = server;
    this.#raw = new RawSockets(server);
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => {
        // The session ends its streams, and their connections report it.
      });
      if (timeout !== 0) limitSession(session, timeout);
      // Its TLS handshake was under way when the server closed.
      if (this.#isClosing) session.close();
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const stopped = stopListening(this.#server);
    // Tells the clients to ask for nothing more on these sessions (GOAWAY). Open streams go on.
    for (const session of this.#sessions) session.close();
    await stopped;
    this.#grace?.stop();
  }

  end(): void {
    const delay = this.#sessions.size === 0 ? 0 : GRACE;
    this.#grace = Alarm.after(delay, () => this.#raw.destroy(), undefined);
  }

  cut(): void {
    for (const session of this.#sessions) session.destroy();
    this.#raw.destroy();
  }
}

/** Ends a session that has had no WebSocket when its time is over. */
function limitSession(session: ServerHttp2Session, timeout: number): void {
  let asking = 0;
  let hasOpened = false;
  let alarm: Alarm | undefined;
  const wait = (): void => {
    alarm = Alarm.after(timeout, () => session.destroy(), undefined);
  };
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (headers[':method'] !== 'CONNECT' || hasOpened) return;
    asking++;
    alarm?.stop();
    stream.on('close', () => {
      hasOpened ||= stream.headersSent && stream.sentHeaders[':status'] === 200;
      if (--asking === 0 && !hasOpened && !session.destroyed) wait();
    });
  });
  session.on('close', () => alarm?.stop());
  wait();
}
