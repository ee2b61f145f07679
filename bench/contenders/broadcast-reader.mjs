/**
 * The readers of a broadcast: they count frames and check the first frame of each connection.
 * When all have a message, they send one byte to the server.
 */
import net from 'node:net';
import { inflateRawSync } from 'node:zlib';
import { answerWith, given } from '../processes.mjs';

const { row } = given();
const LOOPBACK = '127.0.0.1';
const EXTENSION = row.compressed
  ? 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n'
  : '';
const REQUEST = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${EXTENSION}\r\n`;

let control;
let frames = 0;

function count() {
  if (++frames % row.connections === 0) control.write('.');
}

/** The length of the payload and of the header, or null while the header is incomplete. */
function headerOf(bytes) {
  if (bytes.length < 2) return null;
  const form = bytes[1] & 0x7f;
  if (form < 126) return { header: 2, length: form };
  if (form === 126) return bytes.length < 4 ? null : { header: 4, length: bytes.readUInt16BE(2) };
  return bytes.length < 10 ? null : { header: 10, length: Number(bytes.readBigUInt64BE(2)) };
}

function check(bytes, { header, length }) {
  const payload = bytes.subarray(header, header + length);
  const isCompressed = (bytes[0] & 0x40) !== 0;
  if (isCompressed !== row.compressed) throw new Error('the compression is not as agreed');
  const plain = isCompressed
    ? inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 255, 255])]), { finishFlush: 2 })
    : payload;
  if (plain.length !== row.size) throw new Error(`a message of ${plain.length} bytes has come`);
}

function read(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, LOOPBACK, () => socket.write(REQUEST));
    let isOpen = false;
    let isChecked = false;
    let rest = Buffer.alloc(0);
    /** Bytes of the current frame that have not come. */
    let left = 0;
    socket.on('data', (chunk) => {
      if (!isOpen) {
        isOpen = true;
        if (!chunk.toString('latin1').endsWith('\r\n\r\n')) throw new Error('not only an answer has come');
        resolve();
        return;
      }
      let at = 0;
      for (;;) {
        if (left > 0) {
          const some = Math.min(left, chunk.length - at);
          left -= some;
          at += some;
          if (left > 0) return;
          count();
        }
        if (at === chunk.length && rest.length === 0) return;
        const bytes = rest.length === 0 ? chunk.subarray(at) : Buffer.concat([rest, chunk.subarray(at)]);
        const found = headerOf(bytes);
        if (found === null || (!isChecked && bytes.length < found.header + found.length)) {
          rest = Buffer.from(bytes);
          return;
        }
        rest = Buffer.alloc(0);
        if (!isChecked) check(bytes, found);
        isChecked = true;
        chunk = bytes;
        at = found.header;
        left = found.length;
        if (left === 0) count();
      }
    });
    socket.on('error', () => socket.destroy());
  });
}

async function open({ port, controlPort }) {
  control = net.connect(controlPort, LOOPBACK);
  control.setNoDelay(true);
  for (let index = 0; index < row.connections; index++) await read(port);
}

answerWith({ open });
