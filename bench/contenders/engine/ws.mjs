/** ws. The environment decides whether it uses its native helpers. */
import { peer } from '../../peers.mjs';

const { Receiver, Sender } = peer('ws');

export function parser(row, seen) {
  const receiver = new Receiver({ isServer: row.masked, maxPayload: 0 });
  const asString = row.deliver === 'string';
  receiver.on('message', (data) => {
    const message = asString ? data.toString() : data;
    seen.bytes += data.length;
    seen.messages++;
    if (seen.check !== null) seen.check(Buffer.from(message));
  });
  receiver.on('error', (error) => {
    throw error;
  });
  return { write: (chunk) => receiver.write(chunk) };
}

export function sender(row, write) {
  const socket = { cork() {}, uncork() {}, write };
  const to = new Sender(socket, {});
  const options = { binary: row.content === 'bytes', compress: false, fin: true, mask: row.masked };
  return { send: (payload) => to.send(payload, options, undefined), flush() {} };
}
