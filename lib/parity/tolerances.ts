/**
 * Differences that nobody can judge until Windows has been recorded: two components that read an open question
 * differently, both within what is known. A tolerance is granted only where its question was asked, by what was sent and
 * received up to there; the same difference elsewhere is a finding. From a tolerated difference on, the two are in other
 * states, and the rest of the script is not compared. `docs/parity.md` explains each.
 */
import type { HeaderSource, Statement } from './scenario/script.js';
import type { HandleSeen, Witness } from './witness.js';

/** A difference: the first lines that are not the same, undefined where there was none any more. */
export interface Difference {
  readonly statement: Statement;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

interface Tolerance {
  /** The question, as section G of the behaviour notes numbers it, or the item. */
  readonly item: string;
  /** Whether what was done so far asks the question, and the difference is an answer to it. */
  readonly isMet: (difference: Difference, handle: HandleSeen) => boolean;
}

const windowOf = (line: string | undefined): number =>
  Number(/^-> ReceiveFromNetwork window=(\d+)/.exec(line ?? '')?.[1]);

/** A pong has 125 bytes of payload at most, behind a header of 2 bytes and a mask key of 4. */
const LONGEST_PONG = 2 + 4 + 125;

/** A pong that no operation of the application caused; bytes that went between two slices of a frame have no meaning. */
const isPong = (line: string | undefined): boolean =>
  /^-> SendToNetwork (?:PingPong|UnsolicitedPong) /.test(line ?? '') && !/ as \w+$/.test(line ?? '');

const isRefusal = (line: string | undefined): boolean =>
  /^(?:! |-> error )E_(?:INVALID_PROTOCOL_(?:FORMAT|OPERATION)|INVALIDARG)$/.test(line ?? '');

/** Of the handshakes: what a header is refused with. */
const isHandshakeRefusal = (line: string | undefined): boolean =>
  /^! E_(?:INVALIDARG|INVALID_PROTOCOL_FORMAT|SUBPROTOCOL_NOT_SUPPORTED|PROTOCOL_(?:EXTENSIONS|VERSION)_NOT_SUPPORTED)$/.test(
    line ?? '',
  );

/** Whether a send has an argument that no state makes right (Q-S5, Q-S7). */
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

/** Whether the state alone forbids a send. */
function isForbidden({ command }: Statement, handle: HandleSeen): boolean {
  if (command.verb !== 'send') return false;
  return !handle.isOpen || handle.isAborted || handle.closeWasSent || handle.sending !== null;
}

/** What may be wrong with a header: each element of a list by itself. */
function elementsOf(source: HeaderSource): number {
  if (source.kind === 'standard') return source.without.length;
  return source.kind === 'header' ? source.header.value.split(',').length : 0;
}

/** In how many places a handshake is not the usual one: headers that are left out or added, elements of lists, choices. */
function deviationsOf({ command }: Statement): number {
  if (command.verb !== 'beginServerHandshake' && command.verb !== 'endClientHandshake') return 0;
  const choices =
    command.verb === 'endClientHandshake' ? 0 : command.subprotocols.length + command.extensions.length;
  return command.headers.reduce((sum, source) => sum + elementsOf(source), choices);
}

export const TOLERANCES: readonly Tolerance[] = [
  {
    // A ping was read while a frame was half written: the pong goes out at once, between two slices, or it waits.
    item: 'Q-P3',
    isMet: ({ left, right }, { pongIsHeldBack }) => pongIsHeldBack && isPong(left) !== isPong(right),
  },
  {
    // Several pings were read meanwhile: all are answered, or the latest alone.
    item: 'Q-P4',
    isMet: ({ left, right }, { pongIsHeldBack, pongsDue }) =>
      pongIsHeldBack && pongsDue > 1 && isPong(left) && isPong(right),
  },
  {
    // Whether a pong that waits takes room of the receive buffer.
    item: 'Q-R1',
    isMet: ({ left, right }, { pongIsHeldBack }) =>
      pongIsHeldBack && Math.abs(windowOf(left) - windowOf(right)) <= LONGEST_PONG,
  },
  {
    // A frame that breaks two rules, after a close for instance: which of them is told.
    item: 'Q-E1',
    isMet: ({ left, right }, { brokenRules }) => brokenRules > 1 && isRefusal(left) && isRefusal(right),
  },
  {
    // Whether the rules of control frames and of the sequence hold for an extension's frames.
    item: 'Q-X1',
    isMet: (_, { extensionMeetsRule }) => extensionMeetsRule,
  },
  {
    // Whether a pong that is being written holds back the indication of a send, as it holds back its bytes.
    item: 'D1-9',
    isMet: ({ left, right }, { pongIsOutstanding }) =>
      pongIsOutstanding &&
      [left, right].some((line) => line?.startsWith('-> IndicateSendComplete ') === true),
  },
  {
    // A send that is wrong in its arguments and in its state: which of them is looked at first.
    item: 'Q-S5',
    isMet: ({ statement, left, right }, handle) =>
      isSendOfWrongArguments(statement) &&
      isForbidden(statement, handle) &&
      isRefusal(left) &&
      isRefusal(right),
  },
  {
    // A handshake that is wrong twice: which mistake is told.
    item: 'Q-H6',
    isMet: ({ statement, left, right }) =>
      deviationsOf(statement) > 1 && isHandshakeRefusal(left) && isHandshakeRefusal(right),
  },
];

/** The open question that a difference is an answer to; undefined for a difference that is a finding. */
export function openQuestion(difference: Difference, witness: Witness): string | undefined {
  const handle = witness.handleOf(difference.statement);
  if (handle === undefined) return undefined;
  return TOLERANCES.find(({ isMet }) => isMet(difference, handle))?.item;
}
