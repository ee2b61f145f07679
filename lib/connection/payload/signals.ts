/**
 * Signals of this realm, of other realms (jsdom, `vm` contexts), and of polyfills such as the package
 * `abort-controller`, whose signals have neither `reason` nor `throwIfAborted`. `AbortSignal.any` accepts only signals of
 * this realm.
 */

/** @throws TypeError the value is no AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  const { aborted, addEventListener, removeEventListener } = Object(signal) as Partial<AbortSignal>;
  if (
    typeof aborted !== 'boolean' ||
    typeof addEventListener !== 'function' ||
    typeof removeEventListener !== 'function'
  )
    throw new TypeError('signal must be an AbortSignal');
}

/** Why a signal has aborted: its `reason`, or an `AbortError` if it has none. */
export function abortReason({ reason }: AbortSignal): Error {
  return reason === undefined
    ? new DOMException('This operation was aborted', 'AbortError')
    : (reason as Error);
}

/** @throws the signal's reason, if it has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal);
}

/**
 * Aborts a controller when a signal aborts, with the signal's reason. If the signal has aborted already, the controller
 * aborts at once.
 *
 * @returns a function that takes the listener off the signal.
 */
export function follow(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const abort = (): void => controller.abort(abortReason(signal));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
