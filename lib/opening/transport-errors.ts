/** Explains in error messages why a client got no transport. */

/** Certificates that the client has no reason to trust. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The message of an error. Adds advice to messages about internals of TLS or of the HTTP parser. */
export function reasonOf(cause: Error & { readonly code?: string }, isSecure: boolean): string {
  const { code = '' } = cause;
  const message = cause.message.trim();
  if (isSecure && /wrong version number|packet length too long|http request/.test(message))
    return 'the server speaks no TLS here: the URL of a server without TLS begins with ws:';
  if (isSecure && message.includes('handshake failure'))
    return `the server refused the TLS handshake: it has no certificate or cipher for this client (${message})`;
  if (UNTRUSTED.has(code)) return `${message}: the option tls: { ca } names a certificate to trust`;
  if (message.includes('no application protocol'))
    return 'the server does not speak this version of HTTP over TLS';
  if (!isSecure && (code.startsWith('HPE_') || (code === 'ECONNRESET' && message === 'socket hang up')))
    return `${message}: the server gave no HTTP answer; the URL of a server with TLS begins with wss:`;
  return message;
}
