// Programs in TypeScript, as written against `@types/ws`. Most of the test is that they compile.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket, { createWebSocketStream, WebSocketServer } from '../../lib/ws/index.js';
import type { ClientOptions, RawData, ServerOptions } from '../../lib/ws/index.js';

const clientOptions: ClientOptions = { origin: 'o', perMessageDeflate: false };
const serverOptions: ServerOptions = { port: 0, host: '127.0.0.1' };

describe('the types of the drop-in', () => {
  it('are the types of @types/ws', async () => {
    const log: unknown[] = [];
    const options: WebSocket.ServerOptions = {
      ...serverOptions,
      verifyClient: ({ origin, secure, req }: { origin: string; secure: boolean; req: IncomingMessage }) =>
        origin === 'o' && !secure && req.method === 'GET',
      handleProtocols: (protocols, request: IncomingMessage) => request.url === '/' && [...protocols][0]!,
    };
    const server: WebSocket.Server = new WebSocket.Server(options, () => log.push('listening'));
    server.on('connection', function (socket, request) {
      log.push(this.clients.size, request.headers.origin);
      socket.on('message', (data, isBinary) => {
        socket.send(data, { binary: isBinary }, (error) => log.push(error?.message));
      });
      socket.ping('data', false, (error: Error) => log.push(error));
    });
    await once(server, 'listening');
    const { port } = server.address() as WebSocket.AddressInfo;
    const client: WebSocket = new WebSocket(`ws://127.0.0.1:${port}`, ['a'], clientOptions);
    client.once('open', () => client.send('text'));
    client.on('message', (data: RawData, isBinary: boolean) =>
      log.push((data as Buffer).toString(), isBinary),
    );
    client.addEventListener('message', ({ data, target }) => {
      assert.ok(typeof data === 'string' && target instanceof WebSocket.WebSocket);
      target.close(1000, 'end');
    });
    client.onerror = (event) => log.push(event.error.code, event.message);
    client.onclose = ({ code, reason, wasClean }: WebSocket.CloseEvent) => log.push(code, reason, wasClean);
    client.addEventListener('close', { handleEvent: (event) => log.push(event.type) }, { once: true });
    await new Promise<void>((resolve) => client.on('close', () => resolve()));
    assert.equal(client.readyState, WebSocket.CLOSED);
    server.close();
    await once(server, 'close');
    assert.ok(server instanceof WebSocketServer);
    assert.equal(WebSocket.createWebSocketStream, createWebSocketStream);
    assert.deepEqual(log.map(String).sort(), [
      '1',
      '1000',
      'close',
      'end',
      'false',
      'listening',
      'null',
      'o',
      'text',
      'true',
      'undefined',
    ]);
  });
});
