/** As much of the protocol as the floors need: an answer to an upgrade, and whole frames of a client. */
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const answer = (accept, extension) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
  `${extension === undefined ? '' : `Sec-WebSocket-Extensions: ${extension}\r\n`}\r\n`;

/** The answer to the key of RFC 6455, section 1.3, which the loads of the benches send. */
export const CONSTANT_ANSWER = answer('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');

export function answerTo(request, extension) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request.toString('latin1'))[1];
  return answer(
    createHash('sha1')
      .update(key + GUID)
      .digest('base64'),
    extension,
  );
}

/** Gives `onFrame(firstByte, payload)` each whole masked frame, unmasked. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  constructor(onFrame) {
    this.onFrame = onFrame;
  }

  read(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 14 || bytes.length - at >= 6 + (bytes[at + 1] & 0x7f)) {
      const form = bytes[at + 1] & 0x7f;
      const key = at + (form === 127 ? 10 : form === 126 ? 4 : 2);
      const length =
        form === 127 ? bytes.readUInt32BE(at + 6) : form === 126 ? bytes.readUInt16BE(at + 2) : form;
      const end = key + 4 + length;
      if (end > bytes.length) break;
      const payload = bytes.subarray(key + 4, end);
      for (let index = 0; index < length; index++) payload[index] ^= bytes[key + (index & 3)];
      this.onFrame(bytes[at], payload);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
