import { BufferType } from '../../lib/component/contract.js';
import type { Component } from '../../lib/component/contract.js';
import { CLOSE_PATIENCE } from '../../lib/cli/closing.js';
import { echo, listenForEcho } from '../../lib/cli/echo.js';
import type { EchoServer } from '../../lib/cli/echo.js';
import { Endpoint } from '../../lib/cli/endpoint.js';
import { dial } from '../../lib/cli/upgrade.js';
import { isMessage } from '../support/open-pair.js';
import { binaryOf, LENGTHS, MEBIBYTE, SUBPROTOCOL, SUBPROTOCOLS, UNICODE } from './exchange.js';
import type { Report } from './exchange.js';

export interface OurServer extends EchoServer {
  readonly url: string;
  /** The errors of connections. */
  readonly errors: readonly Error[];
  /** Resolves when a client has connected to `/stop`. */
  readonly stopped: Promise<void>;
}

/** Our server: the three paths, served by the action loop. */
export async function ourServer(component: Component): Promise<OurServer> {
  const errors: Error[] = [];
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const conversation = async (endpoint: Endpoint, url: string): Promise<void> => {
    if (url !== '/stop') return converse(endpoint, url);
    stop();
    return echo(endpoint);
  };
  const server = await listenForEcho(
    component,
    { host: '127.0.0.1', port: 0, subprotocols: [SUBPROTOCOL], conversation },
    {
      closed: (_who, error) => {
        if (error !== undefined) errors.push(error);
      },
    },
  );
  return { ...server, url: `ws://127.0.0.1:${server.port}`, errors, stopped };
}

async function converse(endpoint: Endpoint, url: string): Promise<void> {
  if (url === '/echo') return echo(endpoint);
  if (url === '/ping') {
    await endpoint.send(BufferType.PingPong);
    while ((await endpoint.receive()).type !== BufferType.PingPong);
    await endpoint.send(BufferType.Utf8Message, Buffer.from('ponged'));
    await endpoint.send(BufferType.Close, { status: 1000 });
  } else {
    await endpoint.send(BufferType.Utf8Message, Buffer.from('goodbye'));
    await endpoint.send(BufferType.Close, { status: 4002, reason: Buffer.from('go away') });
  }
  return echo(endpoint);
}

interface Message {
  type: BufferType;
  data: Buffer;
  close: { code: number; reason: string };
}

async function next(endpoint: Endpoint): Promise<Message> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { type, data, close } = await endpoint.receive();
    parts.push(data);
    if (close !== undefined || isMessage(type)) {
      const reason = Buffer.from(close?.reason ?? []).toString();
      return { type, data: Buffer.concat(parts), close: { code: close?.status ?? 0, reason } };
    }
  }
}

async function open(component: Component, url: string, subprotocols: readonly string[] = []) {
  const { handle, stream, subprotocol } = await dial(component, new URL(url), { subprotocols });
  return { endpoint: new Endpoint(handle, stream), subprotocol };
}

/** The end of a connection that the other side closes. */
async function answerClose(endpoint: Endpoint, code: number): Promise<void> {
  await endpoint.send(BufferType.Close, { status: code });
  await endpoint.finish(CLOSE_PATIENCE);
}

/** Our client: makes the exchange by the action loop. */
export async function ourExchange(component: Component, url: string): Promise<Report> {
  const { endpoint, subprotocol } = await open(component, `${url}/echo`, SUBPROTOCOLS);
  const echoed: string[] = [];
  const tryEcho = async (name: string, type: BufferType, data: Buffer): Promise<void> => {
    const sent = endpoint.send(type, data);
    const back = await next(endpoint);
    await sent;
    if (back.type === type && back.data.equals(data)) echoed.push(name);
  };
  for (const length of LENGTHS)
    await tryEcho(`text ${length}`, BufferType.Utf8Message, Buffer.alloc(length, 'x'));
  await tryEcho('unicode', BufferType.Utf8Message, Buffer.from(UNICODE));
  await tryEcho('binary 1 MiB', BufferType.BinaryMessage, binaryOf(MEBIBYTE));

  await endpoint.send(BufferType.Utf8Fragment, Buffer.from('in '));
  await endpoint.send(BufferType.PingPong);
  await endpoint.send(BufferType.Utf8Fragment, Buffer.alloc(0));
  await endpoint.send(BufferType.Utf8Message, Buffer.from('parts'));
  if ((await endpoint.receive()).type === BufferType.PingPong) echoed.push('pong');
  if ((await next(endpoint)).data.toString() === 'in parts') echoed.push('fragments');

  await endpoint.send(BufferType.Close, { status: 3001, reason: Buffer.from('done') });
  const { close: closed } = await next(endpoint);
  await endpoint.finish(CLOSE_PATIENCE);

  const { endpoint: leaving } = await open(component, `${url}/goodbye`);
  const text = (await next(leaving)).data.toString();
  const goodbye = { text, ...(await next(leaving)).close };
  await answerClose(leaving, 4002);

  const { endpoint: pinged } = await open(component, `${url}/ping`);
  const ponged = (await next(pinged)).data.toString();
  const { code } = (await next(pinged)).close;
  await answerClose(pinged, 1000);

  return { subprotocol: subprotocol ?? '', echoed, closed, goodbye, ping: { text: ponged, code } };
}
