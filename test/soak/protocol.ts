/** The messages between the processes of a soak, and the check that proves a message intact. */
import { createHash } from 'node:crypto';

/** The task of a process of clients. */
export interface Load {
  readonly port: number;
  /** Number of connections to hold. */
  readonly connections: number;
  /** Number of connections to open, use once and close meanwhile. */
  readonly churn: number;
  /** Messages that a connection sends at once before it waits. */
  readonly window: number;
  /** Longest rest after each exchange, in milliseconds. */
  readonly pause: number;
  /** Whether the network ends connections at any time, even during a handshake. */
  readonly faulty: boolean;
  /** The client's address. Each address has its own ports. */
  readonly localAddress: string;
  readonly seed: number;
}

/** The counts of a process of clients so far. */
export interface ClientCount {
  open: number;
  opened: number;
  messages: number;
  bytes: number;
  churned: number;
  /** Connections that one side ended on purpose. */
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

/** The counts of the proxy: the faults that it made, and the connections and bytes that it carried. */
export interface FaultCount {
  connections: number;
  bytes: number;
  /** Directions of connections with this fault. */
  delayed: number;
  split: number;
  joined: number;
  throttled: number;
  /** Connections that the proxy ended at some byte. */
  halfClosed: number;
  reset: number;
  cut: number;
}

/** A sample of the server process. */
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

/** A message: a digest, a number and filling bytes. */
export function messageOf(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(DIGEST + 4 + length, number & 0xff);
  bytes.writeUInt32BE(number, DIGEST);
  digestOf(bytes).copy(bytes);
  return bytes;
}

/** The number of a message whose digest is correct; otherwise -1. */
export function numberOf(bytes: Buffer): number {
  if (bytes.length < DIGEST + 4 || !digestOf(bytes).equals(bytes.subarray(0, DIGEST))) return -1;
  return bytes.readUInt32BE(DIGEST);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes.subarray(DIGEST)).digest();
}
