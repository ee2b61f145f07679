/** Turns the failures of a connection into the errors of `ws`, with the same classes, messages and codes. */
import { types } from 'node:util';
import { ComponentError } from '../component/index.js';
import type { ConnectionError } from '../connection/index.js';

/** Numbers of the component's diagnostics for frames that a peer must not send. */
const CONTINUATION_EXPECTED = 0x02;
const UNEXPECTED_CONTINUATION = 0x03;
const CLOSE_SIZE_INVALID = 0x05;
const CONTROL_TOO_LONG = 0x06;
const CONTROL_FRAGMENTED = 0x07;
const FRAME_TYPE_UNKNOWN = 0x1d;
const CLOSE_STATUS_FORBIDDEN = 0x20;
const SERVER_FRAME_MASKED = 0x24;
const LENGTH_MALFORMED = 0x25;
const CLIENT_FRAME_UNMASKED = 0x2b;

/** The bit in `header` that is set if the highest bit of the frame's 64-bit length is set. */
const LENGTH_ABOVE_63_BITS = 0x10000;

function lengthUnsupported(): Error {
  return Object.assign(new RangeError('Unsupported WebSocket frame: payload length > 2^53 - 1'), {
    code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  });
}

function invalidFrame(what: string, code: string): Error {
  return Object.assign(new RangeError(`Invalid WebSocket frame: ${what}`), { code });
}

/**
 * @param header - the first two bytes of the frame that caused the failure, if known.
 * @param status - the status of the close frame that caused the failure, if known.
 */
export function errorAsInWs(
  error: ConnectionError,
  header: number | undefined,
  status: number | undefined,
): Error {
  switch (error.code) {
    case 'ERR_INVALID_TEXT':
      return Object.assign(new Error('Invalid WebSocket frame: invalid UTF-8 sequence'), {
        code: 'WS_ERR_INVALID_UTF8',
      });
    case 'ERR_MESSAGE_TOO_BIG':
      if (Number(/message of (\d+) bytes/.exec(error.message)?.[1]) > Number.MAX_SAFE_INTEGER)
        return lengthUnsupported();
      return Object.assign(new RangeError('Max payload size exceeded'), {
        code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      });
    case 'ERR_TOO_MANY_FRAGMENTS':
      return Object.assign(new RangeError('Too many message fragments'), {
        code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
      });
    case 'ERR_INVALID_COMPRESSION':
    case 'ERR_COMPRESSION_FAILED':
      // The error of zlib. Under test runners it may come from another realm, so `instanceof Error` would not work.
      return types.isNativeError(error.cause) ? error.cause : error;
    case 'ERR_PROTOCOL':
      return protocolErrorOf(error, header ?? 0, status ?? 0);
    default:
      return error;
  }
}

function protocolErrorOf(error: ConnectionError, header: number, refused: number): Error {
  const first = (header >>> 8) & 0xff;
  const length = header & 0x7f;
  const status = /invalid close code (\d+)/.exec(error.message)?.[1];
  if (status !== undefined) return invalidFrame(`invalid status code ${status}`, 'WS_ERR_INVALID_CLOSE_CODE');
  const diagnostic = error.cause instanceof ComponentError ? error.cause.diagnostic : undefined;
  switch (diagnostic) {
    case CONTINUATION_EXPECTED:
    case UNEXPECTED_CONTINUATION:
      return invalidFrame(`invalid opcode ${first & 0x0f}`, 'WS_ERR_INVALID_OPCODE');
    case CLOSE_SIZE_INVALID:
    case CONTROL_TOO_LONG:
      return invalidFrame(`invalid payload length ${length}`, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH');
    case CONTROL_FRAGMENTED:
      return invalidFrame('FIN must be set', 'WS_ERR_EXPECTED_FIN');
    case FRAME_TYPE_UNKNOWN:
      if ((first & 0x30) !== 0)
        return invalidFrame('RSV2 and RSV3 must be clear', 'WS_ERR_UNEXPECTED_RSV_2_3');
      if ((first & 0x40) !== 0) return invalidFrame('RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1');
      return invalidFrame(`invalid opcode ${first & 0x0f}`, 'WS_ERR_INVALID_OPCODE');
    case CLOSE_STATUS_FORBIDDEN:
      return invalidFrame(`invalid status code ${refused}`, 'WS_ERR_INVALID_CLOSE_CODE');
    case SERVER_FRAME_MASKED:
      return invalidFrame('MASK must be clear', 'WS_ERR_UNEXPECTED_MASK');
    case CLIENT_FRAME_UNMASKED:
      return invalidFrame('MASK must be set', 'WS_ERR_EXPECTED_MASK');
    case LENGTH_MALFORMED:
      if ((header & LENGTH_ABOVE_63_BITS) !== 0) return lengthUnsupported();
      // `ws` accepts such a frame. RFC 6455 (section 5.2) forbids it, and the component refuses it.
      return invalidFrame(
        'the payload length is not encoded in the fewest bytes',
        'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      );
    default:
      return error;
  }
}
