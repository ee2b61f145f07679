/**
 * zlib with the parameters that permessage-deflate has by default, and nothing besides: what one connection of an echo
 * server has to inflate and deflate.
 */
import zlib from 'node:zlib';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const ROOM = 128 * 1024;
const plain = Buffer.allocUnsafeSlow(ROOM);
const packed = Buffer.allocUnsafeSlow(ROOM);

/**
 * One flushed call of the handle below a stream of node:zlib, as `deflateSync` makes it. It returns the number of bytes
 * in `to`, which has room for all of them.
 */
function flush(stream, from, length, to, at) {
  stream._handle.writeSync(zlib.constants.Z_SYNC_FLUSH, from, 0, length, to, at, ROOM - at);
  const [room, left] = stream._writeState;
  if (left !== 0 || room === 0) throw new Error('a message is longer than its room');
  return ROOM - at - room;
}

export class ZlibPair {
  #inflate = zlib.createInflateRaw();
  #deflate = zlib.createDeflateRaw();

  /** Gives `use` the message deflated again, without its tail, in memory that the next call overwrites. */
  echo(message, use) {
    const some = flush(this.#inflate, message, message.length, plain, 0);
    const length = some + flush(this.#inflate, TAIL, TAIL.length, plain, some);
    use(packed.subarray(0, flush(this.#deflate, plain, length, packed, 0) - TAIL.length));
  }

  /** A message as a client of the connection would send it. */
  static packer() {
    const deflate = zlib.createDeflateRaw();
    return (message) =>
      Buffer.from(packed.subarray(0, flush(deflate, message, message.length, packed, 0) - TAIL.length));
  }

  static unpacker() {
    const inflate = zlib.createInflateRaw();
    return (message) => {
      const some = flush(inflate, message, message.length, plain, 0);
      return Buffer.from(plain.subarray(0, some + flush(inflate, TAIL, TAIL.length, plain, some)));
    };
  }
}
