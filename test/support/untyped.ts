/** The functions that open connections and servers, for calls that the types forbid. */
import { accept, attach, attachHttp2, connect, connectHttp2, listen, listenHttp2 } from '../../lib/index.js';

/** Any function. */
export type Any = (...args: unknown[]) => unknown;

const functions = { accept, attach, attachHttp2, connect, connectHttp2, listen, listenHttp2 };

export const untyped = functions as unknown as Record<keyof typeof functions, Any>;
