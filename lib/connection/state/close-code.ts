/**
 * Which close codes may be on the wire (RFC 6455, section 7.4, and the IANA registry). Stricter than the
 * component, which refuses only what it must (B6-6, Q-P8).
 */
import { CloseStatus } from '../../component/contract.js';

/** Whether a close frame may carry this code: 1000 to 1003, 1007 to 1014, 3000 to 4999. */
export function isCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999))
  );
}

/** Whether this end may give the code to `close`: as above, and 1005 for a close frame without a body. */
export function isSendableCloseCode(code: number): boolean {
  return code === CloseStatus.Empty || isCloseCode(code);
}
