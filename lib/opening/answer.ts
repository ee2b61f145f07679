/** An HTTP answer that refuses a request: checked when it is made, and written by the transport. */
import type { HttpHeader } from '../component/index.js';
import { http } from '../component/on-demand.js';
import { checkedHeaders } from './header-list.js';
import type { HeaderSource } from './header-list.js';

/** An HTTP answer that refuses a request. */
export interface Refusal {
  /** An HTTP status, 300 to 599. */
  readonly status: number;
  /** The body: plain text, or bytes. Default: the status in words. */
  readonly message?: string | Uint8Array | undefined;
  /**
   * Further headers; a list makes one line for each element. `Connection`, `Content-Length` and `Transfer-Encoding`
   * cannot be given.
   */
  readonly headers?: HeaderSource | null | undefined;
}

/** A checked refusal, ready to be written. */
export class Answer {
  readonly status: number;
  /** The status in words. */
  readonly words: string;
  /** Headers, without those that a transport adds. */
  readonly headers: readonly HttpHeader[];
  readonly body: Uint8Array;
  /** The body as a text for error messages. */
  readonly why: string;

  /** @throws TypeError the value is no refusal. */
  constructor({ status, message, headers }: Refusal) {
    if (!Number.isInteger(status) || status < 300 || status > 599)
      throw new TypeError(`the status of a refusal must be an integer from 300 to 599, not ${show(status)}`);
    if (message !== undefined && typeof message !== 'string' && !ArrayBuffer.isView(message))
      throw new TypeError(`the message of a refusal must be a string or bytes, not ${show(message)}`);
    this.status = status;
    this.words = http().STATUS_CODES[status] ?? 'Refused';
    const given = checkedHeaders(headers, 'refusal');
    const hasType = given.some(({ name }) => name.toLowerCase() === 'content-type');
    this.headers = hasType ? given : [{ name: 'Content-Type', value: 'text/plain; charset=utf-8' }, ...given];
    // An answer of 304 has no body (RFC 9110, section 15.4.5).
    const body = status === 304 ? '' : (message ?? this.words);
    this.body =
      typeof body === 'string'
        ? Buffer.from(body)
        : new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    this.why = typeof body === 'string' && body !== '' ? body : this.words;
  }
}

/** A value as an error message shows it: without content that could be long or secret. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
