/** The floor: the bytes copied once, and for whole messages into memory that is made for each. */

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
  const target = Buffer.allocUnsafeSlow(1 << 20);
  return { isFloor: true, send: (payload) => target.set(payload), flush() {} };
}
