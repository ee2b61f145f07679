/**
 * The opening handshake over node:http, for clients and servers. The component makes and checks the headers of the
 * WebSocket (B0-1). All other HTTP is done here.
 */
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { ComponentError } from '../component/index.js';
import type { ClientHandle, Component, HttpHeader, ServerHandle } from '../component/index.js';

/** An opened session and the stream that carries it. */
export interface Opened<Handle> {
  readonly handle: Handle;
  readonly stream: Duplex;
  /** The subprotocol that both sides agreed on, if any. */
  readonly subprotocol: string | undefined;
}

export interface DialOptions {
  readonly subprotocols?: readonly string[];
  /** Called with the headers of the request, then with those of the answer. */
  readonly onHeaders?: (direction: 'request' | 'response', headers: readonly HttpHeader[]) => void;
  readonly signal?: AbortSignal;
}

/** The server answered and did not switch to WebSocket. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly code = 'ERR_UPGRADE_REFUSED';

  constructor(readonly status: number) {
    super(`the server answered ${status} ${http.STATUS_CODES[status] ?? ''}`.trimEnd() + ' instead of 101');
  }
}

/** A URL that names a WebSocket (RFC 6455, section 3). */
export function webSocketUrl(text: string): URL {
  if (!URL.canParse(text)) throw new TypeError(`not a URL: ${text}`);
  const url = new URL(text);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new TypeError(`a WebSocket URL begins with ws: or wss:, not ${url.protocol}`);
  }
  if (url.hash !== '') throw new TypeError(`a WebSocket URL has no fragment: ${text}`);
  return url;
}

/** node:http's flat list of names and values. */
export function pairs(rawHeaders: readonly string[]): HttpHeader[] {
  const headers: HttpHeader[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push({ name: rawHeaders[index]!, value: rawHeaders[index + 1]! });
  }
  return headers;
}

/**
 * Connects and shakes hands as a client.
 *
 * @throws UpgradeRefused the status is not 101.
 * @throws ComponentError the headers of the answer are not those of a WebSocket.
 */
export async function dial(
  component: Component,
  url: URL,
  options: DialOptions = {},
): Promise<Opened<ClientHandle>> {
  const subprotocols = options.subprotocols ?? [];
  const handle = component.createClientHandle();
  try {
    const headers = handle.beginClientHandshake({ subprotocols });
    options.onHeaders?.('request', headers);
    const { response, stream } = await requestUpgrade(url, headers, options.signal);
    try {
      const answer = pairs(response.rawHeaders);
      options.onHeaders?.('response', answer);
      const { selectedSubprotocol } = handle.endClientHandshake(answer);
      const subprotocol = selectedSubprotocol === undefined ? undefined : subprotocols[selectedSubprotocol];
      return { handle, stream, subprotocol };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  } catch (error) {
    handle.delete();
    throw error;
  }
}

function requestUpgrade(
  url: URL,
  headers: readonly HttpHeader[],
  signal: AbortSignal | undefined,
): Promise<{ response: IncomingMessage; stream: Socket }> {
  const { request } = url.protocol === 'wss:' ? https : http;
  const target = new URL(url);
  target.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  return new Promise((resolve, reject) => {
    const upgrade = request(target, {
      headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      ...(signal && { signal }),
    });
    upgrade.once('error', reject);
    upgrade.once('response', (response) => {
      response.resume();
      upgrade.destroy();
      reject(new UpgradeRefused(response.statusCode!));
    });
    upgrade.once('upgrade', (response, stream, head) => {
      stream.setNoDelay(true);
      if (head.byteLength !== 0) stream.unshift(head);
      resolve({ response, stream });
    });
    upgrade.end();
  });
}

export interface AnswerOptions {
  /** Subprotocols that this server speaks; the first that the client offers is chosen. */
  readonly subprotocols?: readonly string[];
  readonly onHeaders?: DialOptions['onHeaders'];
}

/**
 * Answers an 'upgrade' of node:http: 101, or why not.
 *
 * @throws ComponentError the request was not that of a WebSocket; the client has been told.
 */
export function answer(
  component: Component,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
  options: AnswerOptions = {},
): Opened<ServerHandle> {
  const requestHeaders = pairs(request.rawHeaders);
  options.onHeaders?.('request', requestHeaders);
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const subprotocol = options.subprotocols?.find((name) => offered.includes(name));
  const handle = component.createServerHandle();
  try {
    const headers = handle.beginServerHandshake({
      requestHeaders,
      ...(subprotocol !== undefined && { selectedSubprotocol: subprotocol }),
    });
    options.onHeaders?.('response', headers);
    stream.write(head101(headers));
    handle.endServerHandshake();
  } catch (error) {
    handle.delete();
    stream.end(refusal(error));
    throw error;
  }
  if (head.byteLength !== 0) stream.unshift(head);
  return { handle, stream, subprotocol };
}

function head101(headers: readonly HttpHeader[]): string {
  const lines = headers.map(({ name, value }) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`;
}

/** 426 names the version that would have been right (RFC 6455, section 4.4). */
function refusal(error: unknown): string {
  const isVersion = error instanceof ComponentError && error.code === 'E_PROTOCOL_VERSION_NOT_SUPPORTED';
  const status = isVersion ? '426 Upgrade Required\r\nSec-WebSocket-Version: 13' : '400 Bad Request';
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}
