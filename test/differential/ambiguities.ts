/**
 * Differences between the stand-in and the portable engine that the spec leaves open: from the first one on, two
 * traces say nothing about each other any more. `docs/parity.md` explains each.
 */
export interface Ambiguity {
  readonly item: string;
  readonly isMet: (native: string, portable: string, trace: readonly string[]) => boolean;
}

const windowOf = (line: string): number => Number(/ReceiveFromNetwork .* window (\d+)$/.exec(line)?.[1]);

/** Header and payload of the longest control frame, masked. */
const CONTROL_FRAME = 2 + 4 + 125;

const PROTOCOL_ERROR = /: WebSocketGetAction E_INVALID_PROTOCOL_(FORMAT|OPERATION)$/;

/** What no operation of the application caused. */
const AUTOMATIC_PONG = ': SendToNetwork 0x80000005 of undefined ';

export const AMBIGUITIES: readonly Ambiguity[] = [
  {
    // Whether the part of a control frame that has arrived takes room of the receive buffer.
    item: 'Q-R1',
    isMet: (native, portable) => Math.abs(windowOf(native) - windowOf(portable)) < CONTROL_FRAME,
  },
  {
    // A frame that breaks two rules, after a close for instance: which of them is told.
    item: 'Q-E1',
    isMet: (native, portable) => PROTOCOL_ERROR.test(native) && PROTOCOL_ERROR.test(portable),
  },
  {
    // Whether a pong that waits for the end of a frame still goes after the peer broke the protocol.
    item: 'Q-P3',
    isMet: (native, _, trace) =>
      native.includes(AUTOMATIC_PONG) && trace.some((line) => PROTOCOL_ERROR.test(line)),
  },
  {
    // Whether an outstanding pong holds back the indication of a send, as it holds back its bytes (D1-9).
    item: 'D1-9',
    isMet: (native, portable) => native.includes(' NoAction ') && portable.includes(' IndicateSendComplete '),
  },
];

/** The parts of two traces that can be compared, and the ambiguity that ended them. */
export function comparable(
  native: readonly string[],
  portable: readonly string[],
): { native: readonly string[]; portable: readonly string[]; item: string | undefined } {
  const length = Math.min(native.length, portable.length);
  for (let index = 0; index < length; index++) {
    const [ours, theirs] = [native[index]!, portable[index]!];
    if (ours === theirs) continue;
    const met = AMBIGUITIES.find(({ isMet }) => isMet(ours, theirs, portable));
    if (met === undefined) break;
    return { native: native.slice(0, index), portable: portable.slice(0, index), item: met.item };
  }
  return { native, portable, item: undefined };
}
