/** websocket-driver, the engine of faye-websocket. */
import { createHash } from 'node:crypto';
import { peer } from '../../peers.mjs';

const websocket = peer('websocket-driver');

function open(masked, write) {
  if (masked) {
    const request = {
      method: 'GET',
      url: '/',
      headers: {
        host: 'a',
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    };
    const driver = websocket.http(request, { maxLength: 2 ** 31 });
    driver.start();
    driver.io.on('data', write);
    return driver;
  }
  const driver = websocket.client('ws://a/', { maxLength: 2 ** 31 });
  let request = '';
  driver.io.once('data', (head) => {
    request = head.toString();
  });
  driver.start();
  const [, key] = /Sec-WebSocket-Key: (\S+)/i.exec(request);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const answer = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  driver.parse(Buffer.from([...answer, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')));
  driver.io.on('data', write);
  return driver;
}

export function parser(row, seen) {
  const driver = open(row.masked, () => undefined);
  // websocket-driver always makes a string of a text.
  driver.messages.on('data', (message) => {
    seen.bytes += typeof message === 'string' ? row.size : message.length;
    seen.messages++;
    if (seen.check !== null) seen.check(Buffer.from(message));
  });
  driver.on('error', (error) => {
    throw error;
  });
  return { write: (chunk) => driver.parse(chunk) };
}

export function sender(row, write) {
  const driver = open(!row.masked, write);
  return { send: (payload) => driver.binary(payload), flush() {} };
}
