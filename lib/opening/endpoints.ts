/** The endpoints of one http server: they share its events, and each request goes to one of them by its path. */
import { debug } from '../connection/index.js';
import { Arrivals } from './arrivals.js';
import { discard } from './exchange.js';
import type { Exchange } from './exchange.js';
import { refuse, Stop } from './guard.js';
import type { OpeningRequest } from './request.js';

/** An endpoint, as the http server sees it. */
export interface Endpoint {
  /** Whether the endpoint takes this path explicitly, or takes every path; a Stop if its filter failed. */
  match(path: string): 'no' | 'any' | 'exactly' | Stop;
  take(request: OpeningRequest, exchange: Exchange): void;
  /** Refuses a request that the endpoint would have taken. */
  refuse(request: OpeningRequest, exchange: Exchange, stop: Stop): void;
}

/** Milliseconds in which an answer that belongs to no endpoint has to be written. */
const TIMEOUT = 10_000;

/** Requests that belong to no endpoint; no `close` waits for them. */
const strays = new Arrivals();

export class Endpoints {
  readonly #members = new Set<Endpoint>();
  readonly #listen: () => void;
  readonly #unlisten: () => void;

  /** @param listen - called with the first endpoint; `unlisten` when the last one has gone. */
  constructor(listen: () => void, unlisten: () => void) {
    this.#listen = listen;
    this.#unlisten = unlisten;
  }

  add(endpoint: Endpoint): void {
    if (this.#members.size === 0) this.#listen();
    this.#members.add(endpoint);
  }

  delete(endpoint: Endpoint): void {
    if (this.#members.delete(endpoint) && this.#members.size === 0) this.#unlisten();
  }

  /**
   * Gives a request to the endpoint that takes its path explicitly, or else to the first that takes every path. If the
   * filter of an endpoint fails, that endpoint refuses the request, unless another one takes the path explicitly.
   *
   * @param isAlone - whether only the endpoints can answer the request.
   */
  dispatch(request: OpeningRequest, exchange: Exchange, isAlone: boolean): void {
    let fallback: Endpoint | undefined;
    let failed: { readonly endpoint: Endpoint; readonly stop: Stop } | undefined;
    for (const endpoint of this.#members) {
      const match = endpoint.match(request.path);
      if (match === 'exactly') {
        if (failed !== undefined) debug('a filter of paths failed: %s', failed.stop.cause);
        endpoint.take(request, exchange);
        return;
      }
      if (match instanceof Stop) failed ??= { endpoint, stop: match };
      else if (match === 'any') fallback ??= endpoint;
    }
    if (failed !== undefined) failed.endpoint.refuse(request, exchange, failed.stop);
    else if (fallback !== undefined) fallback.take(request, exchange);
    else if (isAlone) {
      const { answer } = refuse({ status: 404, message: 'There is no WebSocket endpoint here' });
      try {
        strays.refuse(exchange, answer, TIMEOUT);
      } catch (error) {
        debug('a refusal could not be sent: %s', error);
        discard(exchange.stream);
      }
    }
  }
}
