/** Decides who may use a server: by password, and by the origin of a browser's page. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../opening/index.js';

export interface GateOptions {
  /** `user:password`; undefined if everybody may connect. */
  readonly auth: string | undefined;
  /** Origins of pages that may connect; `*` for all; undefined for pages of this server alone. */
  readonly origins: readonly string[] | undefined;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether the request has the right user and password. Takes the same time for every wrong password. */
function isKnown(request: IncomingMessage, auth: string | undefined): boolean {
  if (auth === undefined) return true;
  const [, given = ''] = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return timingSafeEqual(digest(Buffer.from(given, 'base64').toString()), digest(auth));
}

/** Whether the origin is allowed. Programs other than browsers send no `Origin`. */
function isWelcome({ headers }: IncomingMessage, origins: readonly string[] | undefined): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (origins !== undefined) return origins.includes('*') || origins.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === host;
}

export const UNAUTHORIZED: Refusal = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Basic realm="wspc", charset="UTF-8"' },
};

/** Decides about a request: true, or the refusal. */
export function gateOf({ auth, origins }: GateOptions): (request: IncomingMessage) => true | Refusal {
  return (request) => {
    if (!isKnown(request, auth)) return UNAUTHORIZED;
    return isWelcome(request, origins) || { status: 403, message: 'Pages of this origin may not connect.\n' };
  };
}
