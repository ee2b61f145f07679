/** A certificate that is made when the server starts, for tests. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

export interface MadeCertificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256, as a browser shows it. */
  readonly fingerprint: string;
}

const DAY = 24 * 60 * 60 * 1000;
/** Days that the certificate is valid. */
const VALID = 30;

/** Types of names in a certificate (RFC 5280, section 4.2.1.6). */
const nameOf = (host: string) =>
  isIP(host) === 0 ? ({ type: 2, value: host } as const) : ({ type: 7, ip: host } as const);

/** Makes a certificate for this machine, signed by itself. */
export async function makeCertificate(host: string): Promise<MadeCertificate> {
  const { generate } = await import('../../vendor/selfsigned.js');
  const names = new Set(['localhost', '127.0.0.1', '::1', host]);
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    // For clients whose clock is slow.
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + VALID * DAY),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...names].map(nameOf) },
    ],
  });
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}
