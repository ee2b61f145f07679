/**
 * The workers of node:cluster. The primary passes messages on to the workers that have asked for the channel. Bytes go as
 * base64, because the default serialization of node:cluster is JSON.
 */
import type { Worker } from 'node:cluster';
import nodeCluster from 'node:cluster';
import { refuseOptions } from './options.js';
import type { RelayTransport, RelayTransportEvents } from './transport.js';

/** The name of the field that marks messages of relays among those of the program. */
const MARK = 'websocket-protocol-component';

interface Note {
  readonly [MARK]: 'hello' | 'welcome' | 'subscribe' | 'unsubscribe' | 'publish';
  readonly channel?: string;
  readonly data?: string;
}

function isNote(message: unknown): message is Note {
  return typeof message === 'object' && message !== null && MARK in message;
}

class ClusterTransport implements RelayTransport {
  #events: RelayTransportEvents | null = null;

  open(events: RelayTransportEvents): void {
    this.#events = events;
    process.on('message', this.#onMessage);
    process.on('disconnect', this.#onDisconnect);
    this.#send({ [MARK]: 'hello' });
  }

  readonly #onMessage = (note: unknown): void => {
    if (!isNote(note)) return;
    if (note[MARK] === 'welcome') this.#events?.up();
    else if (note[MARK] === 'publish' && typeof note.channel === 'string' && typeof note.data === 'string')
      this.#events?.message(note.channel, Buffer.from(note.data, 'base64'));
  };

  readonly #onDisconnect = (): void => {
    this.#events?.down(new Error('the primary of the cluster is gone'));
  };

  #send(note: Note): void {
    process.send!(note, undefined, undefined, (error) => {
      if (error !== null) this.#events?.down(error);
    });
  }

  subscribe(channel: string): void {
    this.#send({ [MARK]: 'subscribe', channel });
  }

  unsubscribe(channel: string): void {
    this.#send({ [MARK]: 'unsubscribe', channel });
  }

  publish(channel: string, bytes: Uint8Array): void {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
    this.#send({ [MARK]: 'publish', channel, data });
  }

  close(): void {
    this.#events = null;
    process.off('message', this.#onMessage);
    process.off('disconnect', this.#onDisconnect);
  }
}

/**
 * The workers of node:cluster, for `relay`, in a worker. The primary calls {@link clusterPrimary}.
 *
 * @throws TypeError this process is no worker, or options: there are none.
 */
export function cluster(): RelayTransport;
export function cluster(...others: unknown[]): RelayTransport {
  refuseOptions('cluster', others);
  if (!nodeCluster.isWorker || process.send === undefined)
    throw new TypeError('cluster() is for the workers of node:cluster; the primary calls clusterPrimary()');
  return new ClusterTransport();
}

/** Most bytes of messages that wait for a worker. Further messages are dropped. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * Passes messages on between the workers, in the primary of node:cluster.
 *
 * @returns a function that ends it.
 * @throws TypeError this process is no primary, or options: there are none.
 */
export function clusterPrimary(): () => void;
export function clusterPrimary(...others: unknown[]): () => void {
  refuseOptions('clusterPrimary', others);
  if (!nodeCluster.isPrimary) throw new TypeError('clusterPrimary() is for the primary of node:cluster');
  const subscribers = new Map<string, Set<Worker>>();
  const waiting = new Map<Worker, number>();

  const send = (worker: Worker, note: Note): void => {
    const length = note.data?.length ?? 0;
    const before = waiting.get(worker) ?? 0;
    if (!worker.isConnected() || before + length > MOST_WAITING) return;
    waiting.set(worker, before + length);
    // A worker that has just ended is not connected any more. Its relay counts the missing messages.
    worker.send(note, undefined, undefined, () => {
      const rest = (waiting.get(worker) ?? 0) - length;
      if (rest > 0) waiting.set(worker, rest);
      else waiting.delete(worker);
    });
  };
  const leave = (worker: Worker, channel: string): void => {
    const workers = subscribers.get(channel);
    workers?.delete(worker);
    if (workers?.size === 0) subscribers.delete(channel);
  };
  const onMessage = (worker: Worker, note: unknown): void => {
    if (!isNote(note)) return;
    const { channel } = note;
    if (note[MARK] === 'hello') send(worker, { [MARK]: 'welcome' });
    if (typeof channel !== 'string') return;
    if (note[MARK] === 'subscribe') {
      const workers = subscribers.get(channel);
      if (workers === undefined) subscribers.set(channel, new Set([worker]));
      else workers.add(worker);
    } else if (note[MARK] === 'unsubscribe') leave(worker, channel);
    else if (note[MARK] === 'publish') {
      for (const other of subscribers.get(channel) ?? []) if (other !== worker) send(other, note);
    }
  };
  const onEnd = (worker: Worker): void => {
    waiting.delete(worker);
    for (const channel of [...subscribers.keys()]) leave(worker, channel);
  };
  nodeCluster.on('message', onMessage);
  nodeCluster.on('disconnect', onEnd);
  nodeCluster.on('exit', onEnd);
  // Workers that were there before.
  for (const worker of Object.values(nodeCluster.workers ?? {})) send(worker!, { [MARK]: 'welcome' });
  return () => {
    nodeCluster.off('message', onMessage);
    nodeCluster.off('disconnect', onEnd);
    nodeCluster.off('exit', onEnd);
  };
}
