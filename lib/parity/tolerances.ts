/**
 * Differences that nobody can judge until Windows has been recorded: two components answer an open question
 * differently, and both answers are within the known facts. A difference is tolerated only where the script has asked
 * the question, by the bytes sent and received up to there. Elsewhere the same difference is a finding. After a
 * tolerated difference the two components are in different states, so the rest of the script is not compared.
 * `docs/parity.md` explains each tolerance.
 */
import type { HeaderSource, Statement } from './scenario/script.js';
import type { HandleSeen, Witness } from './witness.js';

/** The first lines that differ; undefined for a side that has no more lines. */
export interface Difference {
  readonly statement: Statement;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

interface Tolerance {
  /** The question, as section G of the behaviour notes numbers it, or the item. */
  readonly item: string;
  /** Whether the script has asked the question, and the difference is an answer to it. */
  readonly isMet: (difference: Difference, handle: HandleSeen) => boolean;
}

const windowOf = (line: string | undefined): number =>
  Number(/^-> ReceiveFromNetwork window=(\d+)/.exec(line ?? '')?.[1]);

/** A pong has 125 bytes of payload at most, behind a header of 2 bytes and a mask key of 4. */
const LONGEST_PONG = 2 + 4 + 125;

/**
 * Whether a line writes a pong that no operation of the application caused. Bytes written between two slices of a
 * frame have no meaning, so an unsolicited pong counts, too.
 */
const isPong = (line: string | undefined): boolean =>
  /^-> SendToNetwork (?:PingPong|UnsolicitedPong) /.test(line ?? '') && !/ as \w+$/.test(line ?? '');

const isRefusal = (line: string | undefined): boolean =>
  /^(?:! |-> error )E_(?:INVALID_PROTOCOL_(?:FORMAT|OPERATION)|INVALIDARG)$/.test(line ?? '');

/** Whether a line refuses a header of a handshake. */
const isHandshakeRefusal = (line: string | undefined): boolean =>
  /^! E_(?:INVALIDARG|INVALID_PROTOCOL_FORMAT|SUBPROTOCOL_NOT_SUPPORTED|PROTOCOL_(?:EXTENSIONS|VERSION)_NOT_SUPPORTED)$/.test(
    line ?? '',
  );

/** Whether a send has an argument that is wrong in every state (Q-S5, Q-S7). */
function isSendOfWrongArguments({ command }: Statement): boolean {
  if (command.verb !== 'send') return false;
  const { type, data, close } = command;
  if (type < 0x80000000 || type > 0x80000006) return true;
  if (type > 0x80000004) return data !== undefined;
  if (close === undefined) return false;
  const { status, reason } = close;
  return (
    status < 1000 || status === 1006 || status === 1015 || (reason ?? []).length > (status === 1005 ? 0 : 123)
  );
}

/** Whether the handle's state alone forbids a send. */
function isForbidden({ command }: Statement, handle: HandleSeen): boolean {
  if (command.verb !== 'send') return false;
  return !handle.isOpen || handle.isAborted || handle.closeWasSent || handle.sending !== null;
}

/** Number of parts of a header that may be wrong: each element of a list counts. */
function elementsOf(source: HeaderSource): number {
  if (source.kind === 'standard') return source.without.length;
  return source.kind === 'header' ? source.header.value.split(',').length : 0;
}

/**
 * In how many places a handshake differs from the standard one: headers left out or added, elements of lists,
 * choices.
 */
function deviationsOf({ command }: Statement): number {
  if (command.verb !== 'beginServerHandshake' && command.verb !== 'endClientHandshake') return 0;
  const choices =
    command.verb === 'endClientHandshake' ? 0 : command.subprotocols.length + command.extensions.length;
  return command.headers.reduce((sum, source) => sum + elementsOf(source), choices);
}

export const TOLERANCES: readonly Tolerance[] = [
  {
    // A ping was read while a frame was half written. Either the pong goes out at once, between two slices, or it
    // waits.
    item: 'Q-P3',
    isMet: ({ left, right }, { pongIsHeldBack }) => pongIsHeldBack && isPong(left) !== isPong(right),
  },
  {
    // Several pings were read meanwhile. Either all are answered, or only the latest.
    item: 'Q-P4',
    isMet: ({ left, right }, { pongIsHeldBack, pongsDue }) =>
      pongIsHeldBack && pongsDue > 1 && isPong(left) && isPong(right),
  },
  {
    // Whether a waiting pong takes room in the receive buffer.
    item: 'Q-R1',
    isMet: ({ left, right }, { pongIsHeldBack }) =>
      pongIsHeldBack && Math.abs(windowOf(left) - windowOf(right)) <= LONGEST_PONG,
  },
  {
    // A frame breaks two rules, for instance after a close. Either of them may be reported.
    item: 'Q-E1',
    isMet: ({ left, right }, { brokenRules }) => brokenRules > 1 && isRefusal(left) && isRefusal(right),
  },
  {
    // Whether the rules about control frames and about the sequence of frames hold for an extension's frames.
    item: 'Q-X1',
    isMet: (_, { extensionMeetsRule }) => extensionMeetsRule,
  },
  {
    // Whether a pong that is being written delays the indication of a send, as it delays the bytes of the send.
    item: 'D1-9',
    isMet: ({ left, right }, { pongIsOutstanding }) =>
      pongIsOutstanding &&
      [left, right].some((line) => line?.startsWith('-> IndicateSendComplete ') === true),
  },
  {
    // A send is wrong in its arguments and in its state. Either may be checked first.
    item: 'Q-S5',
    isMet: ({ statement, left, right }, handle) =>
      isSendOfWrongArguments(statement) &&
      isForbidden(statement, handle) &&
      isRefusal(left) &&
      isRefusal(right),
  },
  {
    // A handshake has two mistakes. Either of them may be reported.
    item: 'Q-H6',
    isMet: ({ statement, left, right }) =>
      deviationsOf(statement) > 1 && isHandshakeRefusal(left) && isHandshakeRefusal(right),
  },
];

/** The open question that a difference answers; undefined if the difference is a finding. */
export function openQuestion(difference: Difference, witness: Witness): string | undefined {
  const handle = witness.handleOf(difference.statement);
  if (handle === undefined) return undefined;
  return TOLERANCES.find(({ isMet }) => isMet(difference, handle))?.item;
}
