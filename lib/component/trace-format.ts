/** The format of traces, as `docs/traces.md` describes it. */
import type { BackendName } from './contract.js';

/** First field of the first line of every trace. */
export const TRACE_FORMAT = 'websocket-protocol-component trace';
/** Version of the format; a reader refuses another one. */
export const TRACE_VERSION = 1;

/** The first line of a trace. */
export interface TraceHeader {
  readonly format: typeof TRACE_FORMAT;
  readonly version: typeof TRACE_VERSION;
  readonly backend: BackendName;
}

/** Why a call failed, as it is written in a trace. */
export type TraceError =
  | { readonly code: string; readonly hresult: number; readonly diagnostic?: number }
  /** A mistake in JavaScript arguments, found before any backend ran. */
  | { readonly name: string; readonly message: string };

/** One call. */
export interface TraceCall {
  /** From 1. */
  readonly call: number;
  /** The C function. */
  readonly function: string;
  /** Absent for `WebSocketGetGlobalProperty`. */
  readonly handle?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: TraceError;
}
