/** The proof that a server has read the key of a client. */
import { crypto } from './on-demand.js';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Text that is the same in Latin-1 and UTF-8, as every valid key is. */
const ASCII = /^[\0-\x7f]*$/;

/** The value of `Sec-WebSocket-Accept` for a key (RFC 6455, section 4.2.2). */
export function acceptOf(key: string): string {
  // Only the key is tested: the test makes V8 copy the two parts of the text into one, and the hash copies them again.
  const isAscii = ASCII.test(key);
  const text = key + GUID;
  return crypto().hash('sha1', isAscii ? text : Buffer.from(text, 'latin1'), 'base64');
}
