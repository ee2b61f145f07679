/**
 * What only the real DLL can settle (section G of the behaviour notes), answered by the interim default, each
 * under its question's number. All of it is [guess] until a Windows machine has recorded the answer: a
 * correction is a change of one line here.
 */
import { Diagnostic } from '../diagnostics.js';
import { HRESULTS } from '../errors.js';

const { E_INVALIDARG, E_INVALID_PROTOCOL_FORMAT, E_INVALID_PROTOCOL_OPERATION } = HRESULTS;
const { E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED, E_PROTOCOL_VERSION_NOT_SUPPORTED, E_SUBPROTOCOL_NOT_SUPPORTED } =
  HRESULTS;

export const INTERIM = {
  /** Smallest buffer sizes, in bytes; no largest ones. */
  'Q-C1': { receiveBufferSize: 256, sendBufferSize: 16 },
  /** Bytes that an allocated buffer needs beyond the receive and the send buffer. */
  'Q-C3': { overhead: 144 },
  'Q-G1': { supportedVersions: [13] as readonly number[] },

  /** Client headers, in order, without Protocol and Extensions, which follow. */
  'Q-H1': {
    order: ['Sec-WebSocket-Key', 'Connection', 'Upgrade', 'Sec-WebSocket-Version'],
    connection: 'Upgrade',
    upgrade: 'websocket',
  },
  'Q-H2': { separator: ',' },
  /** The server chose no subprotocol, or no extension, although some were offered: RFC 6455 allows it. */
  'Q-H7': { acceptsNoSubprotocol: true, acceptsNoExtension: true },
  /** Response headers, in order, without Protocol and Extensions, which follow. */
  'Q-H12': { order: ['Upgrade', 'Connection', 'Sec-WebSocket-Accept'] },

  /** The header is a segment of its own; control frames are contiguous (Q-S13, Q-P2). */
  'Q-S1': { segments: 2 },
  /** Bytes of a masked payload per action: the send buffer, less this. */
  'Q-S2': { sliceReserve: 0 },
  /** Close statuses that cannot be sent: below 1000, and these. */
  'Q-S5': { refusedStatuses: [1006, 1015] as readonly number[] },
  /** A buffer given with a ping or an unsolicited pong. */
  'Q-S7': { refusesControlPayload: true },
  /** Close statuses that cannot be received: below 1000, and these. */
  'Q-P8': { refusedStatuses: [1005, 1006, 1015] as readonly number[] },
  'Q-P7': { answersPingAfterCloseReceived: false },
  /** Whether a receive may be queued after a close has arrived. */
  'Q-R11': { acceptsReceiveAfterClose: false },
} as const;

/** The HRESULT of each condition (Q-E1, Q-H6, Q-H8, Q-H10, Q-H11, Q-S5), where its place does not say otherwise. */
const VERDICTS: Partial<Record<Diagnostic, number>> = {
  [Diagnostic.DataAfterCloseReceived]: E_INVALID_PROTOCOL_OPERATION,
  [Diagnostic.CloseAfterCloseReceived]: E_INVALID_PROTOCOL_OPERATION,
  [Diagnostic.SendDataAfterClose]: E_INVALID_PROTOCOL_OPERATION,
  [Diagnostic.SendCloseAfterClose]: E_INVALID_PROTOCOL_OPERATION,
  [Diagnostic.SendTypeInterleaved]: E_INVALID_PROTOCOL_OPERATION,
  [Diagnostic.ReasonTooLong]: E_INVALIDARG,
  [Diagnostic.MaskBitReserved]: E_INVALIDARG,
  [Diagnostic.ReasonForbidden]: E_INVALIDARG,
  [Diagnostic.CloseStatusForbidden]: E_INVALIDARG,
  [Diagnostic.NullBufferWithLength]: E_INVALIDARG,
  [Diagnostic.InvalidParameter]: E_INVALIDARG,
  [Diagnostic.InvalidBufferType]: E_INVALIDARG,
  [Diagnostic.VersionHeaderInvalid]: E_PROTOCOL_VERSION_NOT_SUPPORTED,
  [Diagnostic.SubprotocolNotSupported]: E_SUBPROTOCOL_NOT_SUPPORTED,
  [Diagnostic.ExtensionNotSupported]: E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED,
};

/** The HRESULT of a condition: malformed protocol data, unless the table says otherwise. */
export function verdictOn(diagnostic: Diagnostic): number {
  return VERDICTS[diagnostic] ?? E_INVALID_PROTOCOL_FORMAT;
}

/** Why something was refused. */
export class Refusal {
  constructor(
    readonly diagnostic: Diagnostic,
    readonly hresult: number = verdictOn(diagnostic),
  ) {}
}
