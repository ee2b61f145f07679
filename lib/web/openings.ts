/** One opening handshake at a time with each host and port (RFC 6455, section 4.1, item 2). */
import { untilAborted } from '../connection/index.js';

/** The last opening with each host, settled when it is over. */
const last = new Map<string, Promise<void>>();

/**
 * Runs an opening when those before it are over, well or not.
 *
 * @param host - with the port; another name of the same machine counts as another host.
 * @param signal - gives up the wait.
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
