import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { describeGuide, next, printedPort } from '../support/page-programs.js';

interface SocketIo {
  io(
    url: string,
    options: object,
  ): { on(event: string, listener: (data: unknown) => void): void; close(): void };
}

describeGuide('endpoints', ['socket.io', 'socket.io-client'], (guide) => {
  it('each path of the first server has its answer', async () => {
    const port = await printedPort(guide.start('server.mjs'));
    assert.equal((await guide.request(`http://localhost:${port}/anything`)).body, 'A page\n');

    const echo = await connect(`ws://localhost:${port}/echo`);
    await echo.send('Hello');
    assert.equal(await next(echo), 'Hello');

    const ada = await connect(`ws://localhost:${port}/rooms/blue?name=Ada`);
    const green = await connect(`ws://localhost:${port}/rooms/green?name=Bob`);
    await ada.send('Hello');
    assert.equal(await next(ada), 'Ada: Hello');
    await green.send('Hello');
    assert.equal(await next(green), 'Bob: Hello');

    await green.send('x'.repeat(5000));
    assert.equal((await green.closed).code, 1009);

    await assert.rejects(connect(`ws://localhost:${port}/other`), {
      code: 'ERR_UNEXPECTED_RESPONSE',
      statusCode: 404,
    });
    for (const connection of [echo, ada]) await connection.close();
  });

  it('socket.io and an endpoint of attach share a server', async () => {
    const port = await printedPort(guide.start('beside-socket-io.mjs'));
    const { io } = guide.load('socket.io-client') as SocketIo;
    const socket = io(`http://localhost:${port}`, { transports: ['websocket'] });
    const news = await new Promise((resolve) => socket.on('news', resolve));
    assert.equal(news, 'from socket.io');
    socket.close();

    const connection = await connect(`ws://localhost:${port}/plain`);
    assert.equal(await next(connection), 'from attach');
    await connection.close();

    await assert.rejects(connect(`ws://localhost:${port}/other`), { code: 'ERR_CONNECT_FAILED' });
  });

  it('a program with routes of its own answers every path', async () => {
    const server = guide.start('own-routes.mjs');
    const port = await printedPort(server);
    const upper = await connect(`ws://localhost:${port}/upper`);
    await upper.send('Hello');
    assert.equal(await next(upper), 'HELLO');
    await upper.close();

    const time = await connect(`ws://localhost:${port}/time`);
    assert.match(String(await next(time)), /^\d{4}-\d\d-\d\dT/);
    assert.equal((await time.closed).code, 1000);

    for (const path of ['/other', '/toString'])
      await assert.rejects(connect(`ws://localhost:${port}${path}`), { statusCode: 404 });
    const refused = await guide.request(`http://localhost:${port}/upper`);
    assert.equal(refused.body, 'A page\n');

    const broken = await connect(`ws://localhost:${port}/upper`);
    broken.terminate();
    await server.tells(/ERR_CONNECTION_LOST/);
  });
});
