/** Allows only one opening handshake at a time for each host and port (RFC 6455, section 4.1, item 2). */
import { untilAborted } from '../connection/index.js';

/** For each host: a promise that is fulfilled when the last opening in its queue has ended. */
const last = new Map<string, Promise<void>>();

/**
 * Waits until the earlier openings with the host have ended, successful or not, and runs an opening.
 *
 * @param host - the host name with the port. Another name of the same machine counts as another host.
 * @param signal - ends the wait.
 */
export async function inTurn<T>(host: string, signal: AbortSignal, open: () => Promise<T>): Promise<T> {
  const before = last.get(host);
  let over!: () => void;
  const own = new Promise<void>((resolve) => (over = resolve));
  const chain = before === undefined ? own : before.then(() => own);
  last.set(host, chain);
  try {
    if (before !== undefined) await untilAborted(before, signal);
    return await open();
  } finally {
    over();
    if (last.get(host) === chain) last.delete(host);
  }
}
