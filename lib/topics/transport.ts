/** The interface between a relay and an engine that carries messages between processes. */

/** Calls of a transport to its relay. */
export interface RelayTransportEvents {
  /** A message has come on a channel. The relay may keep the bytes. */
  message(channel: string, bytes: Uint8Array): void;
  /** The engine is there, for the first time or again. */
  up(): void;
  /** The engine is away; before the first `up` only a call with an error is told to the program. */
  down(error?: Error): void;
}

/**
 * Carries bytes on named channels. Each adapter of this package is one; a program can bring its own. A channel is a
 * string: `b` for messages to all connections, `t:` and the name for a topic. A transport adds a prefix, or encodes it,
 * as its engine needs. It may deliver this process's own messages or not.
 */
export interface RelayTransport {
  /** Called once, before all else. It calls `events.up` as soon as the engine is there. */
  open(events: RelayTransportEvents): void | Promise<void>;
  /** Listens to a channel. A rejection counts as a channel without a subscription until the engine is up again. */
  subscribe(channel: string): unknown;
  unsubscribe(channel: string): unknown;
  /** Sends a message. If it throws or rejects, the message has not been sent. */
  publish(channel: string, bytes: Uint8Array): unknown;
  /** Frees what `open` has made. The program's own client stays open. */
  close(): unknown;
}
