/**
 * The floor: copies the bytes once. Whole messages are copied into new memory for each; output is copied into new
 * memory for each 64 KiB, since the receiver of the output may keep it.
 */

const PIECE = 1 << 16;

export function parser(row, seen) {
  const target = Buffer.allocUnsafeSlow(1 << 16);
  let message = null;
  let filled = 0;
  return {
    isFloor: true,
    write(chunk) {
      seen.bytes += chunk.length;
      if (row.deliver !== 'message') {
        target.set(chunk);
        return;
      }
      for (let at = 0; at < chunk.length;) {
        message ??= Buffer.allocUnsafeSlow(row.size);
        const end = Math.min(chunk.length, at + row.size - filled);
        message.set(chunk.subarray(at, end), filled);
        filled += end - at;
        at = end;
        if (filled === row.size) {
          message = null;
          filled = 0;
        }
      }
    },
  };
}

export function sender() {
  let target = Buffer.allocUnsafeSlow(PIECE);
  let used = 0;
  const room = (wanted) => {
    if (used + wanted > PIECE) {
      target = Buffer.allocUnsafeSlow(PIECE);
      used = 0;
    }
  };
  return {
    isFloor: true,
    send(payload) {
      for (let from = 0; from < payload.length; from += PIECE) {
        const part = payload.length <= PIECE ? payload : payload.subarray(from, from + PIECE);
        room(part.length);
        target.set(part, used);
        used += part.length;
      }
    },
    flush() {},
  };
}
