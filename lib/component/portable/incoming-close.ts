/** Reads the body of a close frame (D4-7, RFC 6455, section 5.5.1). */
import { CloseStatus } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import { INTERIM, Refusal, hresultOf } from './interim.js';

/** Status and reason. A frame without a body has 1005 and null; one with a status only has an empty reason. */
export interface ReceivedClose {
  readonly status: number;
  readonly reason: Uint8Array | null;
}

/** Reads a body whose length is not 1, or refuses its status (Q-P8). The reason is not checked (D4-10). */
export function closeOf(body: Uint8Array): ReceivedClose | Refusal {
  if (body.length === 0) return { status: CloseStatus.Empty, reason: null };
  const status = (body[0]! << 8) | body[1]!;
  if (status < 1000 || INTERIM['Q-P8'].refusedStatuses.includes(status)) {
    return new Refusal(Diagnostic.CloseStatusForbidden, hresultOf(INTERIM['Q-P8'].error));
  }
  return { status, reason: body.subarray(2) };
}
