/**
 * The engine's answers to the open questions. Each is the interim default of section G, as corrected by the evidence
 * of section H, until a recording of a real Windows replaces it. `questions.ts` explains each value. The table below
 * is JSON: `wspc parity adopt` writes it, with one question per line.
 */
import type { Answers } from './questions.js';

// prettier-ignore
export const ANSWERS: Answers = {
  "Q-C1": { "receiveBufferSize": 256, "sendBufferSize": 16, "error": "E_INVALIDARG" },
  "Q-C3": { "overhead": 144, "error": "E_INVALIDARG" },
  "Q-G1": { "supportedVersions": [13] },
  "Q-H1": { "order": ["Sec-WebSocket-Key", "Connection", "Upgrade", "Sec-WebSocket-Version"], "connection": "Upgrade", "upgrade": "websocket" },
  "Q-H2": { "separator": "," },
  "Q-H4": { "error": "E_INVALIDARG" },
  "Q-H5": { "wrongState": "E_INVALID_PROTOCOL_OPERATION", "wrongSide": "E_INVALIDARG" },
  "Q-H7": { "acceptsNoSubprotocol": false, "acceptsNoExtension": true },
  "Q-H10": { "requiresHost": true },
  "Q-H12": { "order": ["Upgrade", "Connection", "Sec-WebSocket-Accept"] },
  "Q-S1": { "contiguous": true },
  "Q-S2": { "sliceReserve": 0 },
  "Q-S5": { "refusedStatuses": [1006, 1015] },
  "Q-S7": { "controlPayload": "refused" },
  "Q-R11": { "acceptsReceiveAfterClose": false, "error": "E_INVALID_PROTOCOL_OPERATION" },
  "Q-P1": { "pingPayload": "" },
  "Q-P2": { "pongType": "PingPong", "segments": 2 },
  "Q-P3": { "pongBetweenSlices": false },
  "Q-P7": { "answersPingAfterCloseReceived": false },
  "Q-P8": { "refusedStatuses": [1005, 1006, 1015], "error": "E_INVALID_PROTOCOL_FORMAT" },
  "Q-A1": { "error": "E_INVALID_PROTOCOL_OPERATION" },
  "verdicts": {
    "0x04": "E_INVALID_PROTOCOL_OPERATION",
    "0x08": "E_INVALID_PROTOCOL_OPERATION",
    "0x09": "E_INVALID_PROTOCOL_OPERATION",
    "0x0a": "E_INVALID_PROTOCOL_OPERATION",
    "0x0b": "E_INVALIDARG",
    "0x12": "E_PROTOCOL_VERSION_NOT_SUPPORTED",
    "0x17": "E_SUBPROTOCOL_NOT_SUPPORTED",
    "0x18": "E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED",
    "0x1c": "E_INVALIDARG",
    "0x1e": "E_INVALIDARG",
    "0x1f": "E_INVALIDARG",
    "0x20": "E_INVALIDARG",
    "0x21": "E_INVALIDARG",
    "0x22": "E_INVALIDARG",
    "0x2d": "E_INVALIDARG"
  }
};
