/** Asks `verifyClient` of a program whether a valid request is accepted. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { ClientInfo, VerifyClientAsync, VerifyClientSync } from './server-options.js';

export type VerifyClient<R extends IncomingMessage> = VerifyClientSync<R> | VerifyClientAsync<R>;

/** What becomes of the answer. */
interface Verdict {
  /** Called with the answer; the program may call its callback with it several times, or never. */
  decide(verified: unknown, code?: number, message?: string, headers?: OutgoingHttpHeaders): void;
  /** Called if `verifyClient` has thrown, or its promise has rejected. */
  failed(error: unknown): void;
}

export function verify<R extends IncomingMessage>(
  verifyClient: VerifyClient<R>,
  request: R,
  verdict: Verdict,
): void {
  const failed = (error: unknown): void => verdict.failed(error);
  let verified: boolean | PromiseLike<boolean>;
  try {
    const info = infoOf(request);
    if (verifyClient.length === 2) {
      const later: unknown = verifyClient(info, (...answer) => verdict.decide(...answer));
      if (isPromise(later)) later.then(undefined, failed);
      return;
    }
    verified = (verifyClient as VerifyClientSync<R>)(info);
  } catch (error) {
    failed(error);
    return;
  }
  // A promise is waited for. `ws` treats a promise as true, and so accepts every client.
  if (isPromise(verified)) verified.then((value) => process.nextTick(() => verdict.decide(value)), failed);
  else verdict.decide(verified);
}

/** The argument of `verifyClient`. A request that node:http did not make may have no transport. */
function infoOf<R extends IncomingMessage>(request: R): ClientInfo<R> {
  const version = request.headers['sec-websocket-version'];
  const transport = request.socket as { authorized?: boolean; encrypted?: boolean } | undefined;
  return {
    origin: request.headers[version === '8' ? 'sec-websocket-origin' : 'origin'] as string,
    secure: transport?.authorized === true || transport?.encrypted === true,
    req: request,
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
