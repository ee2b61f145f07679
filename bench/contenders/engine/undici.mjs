/** undici: the parser and the framer of Node's own WebSocket; client side only. */
import { peer } from '../../peers.mjs';

const { ByteParser } = peer('undici/lib/web/websocket/receiver.js');
const { WebsocketFrameSend } = peer('undici/lib/web/websocket/frame.js');

export function parser(row, seen) {
  if (row.masked) return null;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const asString = row.deliver === 'string';
  const byteParser = new ByteParser(
    {
      onMessage(type, data) {
        // As its WebSocket does: text is always decoded, which also verifies it.
        const text = row.content === 'bytes' ? null : decoder.decode(data);
        seen.bytes += data.length;
        seen.messages++;
        if (seen.check !== null) seen.check(Buffer.from(asString ? text : data));
      },
      onFail(code, reason) {
        throw new Error(`${code} ${reason}`);
      },
    },
    null,
  );
  return { write: (chunk) => byteParser.write(chunk) };
}

export function sender(row, write) {
  if (!row.masked) return null;
  const opcode = row.content === 'bytes' ? 2 : 1;
  return { send: (payload) => write(new WebsocketFrameSend(payload).createFrame(opcode)), flush() {} };
}
