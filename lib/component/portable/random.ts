/** Random numbers of the protocol, from the CSPRNG: handshake keys and mask keys. */
import { crypto } from '../on-demand.js';

/** Bytes fetched at once: a call into the CSPRNG costs as much as a hundred keys from this pool. */
const POOL_SIZE = 4096;

let pool = new Int32Array(0);
let left = 0;

/**
 * A fresh mask key for one frame (RFC 6455, section 5.3; D2-12). Never 0, because a frame with the key 0 is written from
 * the caller's memory.
 */
export function randomMaskKey(): number {
  if (left === 0) refill();
  const key = pool[--left]!;
  return key === 0 ? randomMaskKey() : key;
}

function refill(): void {
  if (pool.length === 0) pool = new Int32Array(POOL_SIZE);
  crypto().randomFillSync(pool);
  left = POOL_SIZE;
}

/** A fresh `Sec-WebSocket-Key`: 16 bytes in base64 (C1-5). */
export function randomHandshakeKey(): string {
  return crypto().randomBytes(16).toString('base64');
}
