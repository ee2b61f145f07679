/**
 * The exchange with every other program, and its report. A program that is the server answers on three paths: `/echo`
 * sends every message back, `/goodbye` sends "goodbye" and closes with 4002 "go away", `/ping` pings, waits for the
 * pong, sends "ponged" and closes with 1000.
 */
import { strict as assert } from 'node:assert';

export interface Report {
  /** The subprotocol chosen at `/echo`. */
  subprotocol: string;
  /** The messages that came back unchanged. */
  echoed: string[];
  /** The other side's answer to a close with 3001 "done" at `/echo`. */
  closed: { code: number; reason: string };
  /** The message and the close at `/goodbye`. */
  goodbye: { text: string; code: number; reason: string };
  /** The message and the close at `/ping`. */
  ping: { text: string; code: number };
}

export const SUBPROTOCOLS = ['other.test', 'echo.test'];
export const SUBPROTOCOL = 'echo.test';

/** Lengths of the text messages: 0, and the limits of each form of the length. */
export const LENGTHS = [0, 5, 125, 126, 65535, 65536];
export const UNICODE = 'Grüße, 𝄞';
export const MEBIBYTE = 1 << 20;

export function binaryOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) ^ (index >> 8)));
}

export function assertReport(report: Report, extra: readonly string[] = []): void {
  assert.deepEqual(report, {
    subprotocol: SUBPROTOCOL,
    echoed: [...LENGTHS.map((length) => `text ${length}`), 'unicode', 'binary 1 MiB', ...extra],
    closed: { code: 3001, reason: report.closed.reason },
    goodbye: { text: 'goodbye', code: 4002, reason: 'go away' },
    ping: { text: 'ponged', code: 1000 },
  });
  // An answer to a close need not repeat the reason.
  assert.ok(['', 'done'].includes(report.closed.reason));
}
