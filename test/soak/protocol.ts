/** What the processes of a soak tell each other, and how a message proves itself. */
import { createHash } from 'node:crypto';

/** What a process of clients is to do. */
export interface Load {
  readonly port: number;
  /** Connections to hold. */
  readonly connections: number;
  /** Connections to open, use once and close, meanwhile. */
  readonly churn: number;
  /** Messages that a connection sends at a time before it waits. */
  readonly window: number;
  /** Milliseconds of rest after each exchange, at most. */
  readonly pause: number;
  /** Whether the network ends connections as it likes, also during a handshake. */
  readonly faulty: boolean;
  /** The address to come from: each has ports of its own. */
  readonly localAddress: string;
  readonly seed: number;
}

/** What a process of clients has seen so far. */
export interface ClientCount {
  open: number;
  opened: number;
  messages: number;
  bytes: number;
  churned: number;
  /** Connections that a side has ended on purpose. */
  closedClean: number;
  /** Connections that were cut. */
  lost: number;
  /** Broken promises, as sentences. */
  faults: string[];
}

export const nothingYet = (): ClientCount => ({
  open: 0,
  opened: 0,
  messages: 0,
  bytes: 0,
  churned: 0,
  closedClean: 0,
  lost: 0,
  faults: [],
});

/** What the proxy did to connections; for `connections`, `bytes`: what it carried. */
export interface FaultCount {
  connections: number;
  bytes: number;
  /** Directions of connections with such a weather. */
  delayed: number;
  split: number;
  joined: number;
  throttled: number;
  /** Connections that it ended, at some byte. */
  halfClosed: number;
  reset: number;
  cut: number;
}

/** What the server process has seen. */
export interface ServerSample {
  readonly kind: 'sample';
  readonly at: number;
  readonly size: number;
  readonly memory: number;
  readonly rss: number;
  /** Milliseconds. */
  readonly p99: number;
}

const DIGEST = 16;

/** A message: digest, then its number and what fills it up. */
export function messageOf(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(DIGEST + 4 + length, number & 0xff);
  bytes.writeUInt32BE(number, DIGEST);
  digestOf(bytes).copy(bytes);
  return bytes;
}

/** The number of a message whose digest is right, or -1. */
export function numberOf(bytes: Buffer): number {
  if (bytes.length < DIGEST + 4 || !digestOf(bytes).equals(bytes.subarray(0, DIGEST))) return -1;
  return bytes.readUInt32BE(DIGEST);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes.subarray(DIGEST)).digest();
}
