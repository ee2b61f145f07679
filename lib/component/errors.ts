/**
 * The one table of HRESULTs, which both backends and the tests use, and the error that carries an HRESULT.
 */
import type { BackendName } from './contract.js';

/** Name, value and meaning of every HRESULT that the component is known or expected to return. */
export const HRESULTS = {
  /** The operation is not legal in the current state of the protocol. */
  E_INVALID_PROTOCOL_OPERATION: 0x83760001,
  /** Protocol data is malformed. */
  E_INVALID_PROTOCOL_FORMAT: 0x83760002,
  /** An extension that the other side does not support (A6-1). */
  E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED: 0x83760003,
  /** A subprotocol that the other side does not support (A6-1). */
  E_SUBPROTOCOL_NOT_SUPPORTED: 0x83760004,
  /** A version of the protocol that is not supported. */
  E_PROTOCOL_VERSION_NOT_SUPPORTED: 0x83760005,
  /** An argument is outside of what the function accepts (A6-3). */
  E_INVALIDARG: 0x80070057,
  /** There is not enough memory (A6-3). */
  E_OUTOFMEMORY: 0x8007000e,
  /** The handle has been deleted. Never from the DLL: the layer above it refuses such calls (B11-1). */
  E_HANDLE: 0x80070006,
  /** The given memory is too small (Q-G2). */
  E_INSUFFICIENT_BUFFER: 0x8007007a,
  /** An error without a better name (A6-3). */
  E_FAIL: 0x80004005,
} as const;

/** S_OK: success. */
export const S_OK = 0;

/** Stable names of failures; an HRESULT outside of the table is named by its value, such as `0x8000FFFF`. */
export type ErrorCode = keyof typeof HRESULTS | `0x${string}`;

const SENTENCES: Record<keyof typeof HRESULTS, string> = {
  E_INVALID_PROTOCOL_OPERATION: 'the operation is not legal in the current state of the protocol',
  E_INVALID_PROTOCOL_FORMAT: 'the protocol data is malformed',
  E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED: 'an extension is not supported by the other side',
  E_SUBPROTOCOL_NOT_SUPPORTED: 'the subprotocol is not supported by the other side',
  E_PROTOCOL_VERSION_NOT_SUPPORTED: 'the version of the protocol is not supported',
  E_INVALIDARG: 'an argument is not acceptable',
  E_OUTOFMEMORY: 'there is not enough memory',
  E_HANDLE: 'the handle has been deleted',
  E_INSUFFICIENT_BUFFER: 'the given memory is too small',
  E_FAIL: 'the component failed without saying why',
};

const NAMES = new Map<number, keyof typeof HRESULTS>(
  Object.entries(HRESULTS).map(([name, value]) => [value, name as keyof typeof HRESULTS]),
);

/** The code that stands for an HRESULT, given signed or unsigned. */
export function codeOf(hresult: number): ErrorCode {
  const value = hresult >>> 0;
  return NAMES.get(value) ?? `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** A function of the component returned a failure. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  /** A stable name of the failure, such as `E_INVALID_PROTOCOL_FORMAT`; the same on both backends. */
  readonly code: ErrorCode;
  /** The HRESULT as an unsigned 32-bit number, such as 0x83760002. */
  readonly hresult: number;
  /** The C function that failed, such as `WebSocketGetAction`. */
  readonly operation: string;
  /** The backend that failed. */
  readonly backend: BackendName;
  /**
   * The number of the condition in the component's own diagnostics, such as 0x23 for text that is not
   * UTF-8. `undefined` if the backend cannot tell: the DLL returns only an HRESULT.
   */
  readonly diagnostic: number | undefined;

  /**
   * @param hresult - the failure, signed or unsigned.
   * @param operation - the C function.
   * @param backend - the backend that failed.
   * @param detail - the exact mistake, if known.
   */
  constructor(
    hresult: number,
    operation: string,
    backend: BackendName,
    detail?: { readonly diagnostic: number; readonly sentence: string },
  ) {
    const code = codeOf(hresult);
    const sentence = detail?.sentence ?? (SENTENCES as Record<string, string>)[code] ?? 'failed';
    super(`${operation}: ${sentence} (${code})`);
    this.code = code;
    this.hresult = hresult >>> 0;
    this.operation = operation;
    this.backend = backend;
    this.diagnostic = detail?.diagnostic;
  }
}
