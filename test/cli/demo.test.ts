import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { component } from '../../lib/component/index.js';
import { Program } from '../support/program.js';
import { acceptOf } from '../support/raw-peer.js';

const DEMO = path.resolve(__dirname, '../../lib/cli/demo.js');
/** What is printed of a mistake of the peer: the operating system's component gives it a code only, and no sentence. */
const refusal = (sentence: RegExp): RegExp =>
  component.backend === 'native' ? /E_INVALID_PROTOCOL_FORMAT/ : sentence;

const ESCAPE = String.fromCharCode(27);

describe('the main job', () => {
  const programs: Program[] = [];

  const demo = (...args: string[]): Program => {
    const program = new Program(process.execPath, [DEMO, ...args]);
    programs.push(program);
    return program;
  };

  const finished = async (...args: string[]): Promise<{ status: number; program: Program }> => {
    const program = demo(...args);
    program.endInput();
    return { status: await program.ended(), program };
  };

  afterEach(async () => {
    for (const program of programs.splice(0)) await program.stop();
  });

  it('shows the actions of both sides and succeeds', async () => {
    const { status, program } = await finished();
    assert.equal(program.errors, '');
    assert.equal(status, 0);
    assert.match(program.output, /^WebSocket Protocol Component, (portable|native) backend: ./);
    for (const line of [
      /^client +request +Sec-WebSocket-Key: /m,
      /^server 1 +response +Sec-WebSocket-Accept: /m,
      /^client +send +SendToNetwork +Utf8Message +\d/m,
      /^client +send +IndicateSendComplete +Utf8Message$/m,
      /^server 1 +receive +ReceiveFromNetwork +25 of 4096 /m,
      /^server 1 +receive +IndicateReceiveComplete +Utf8Message +19 +"Grüße, component!"$/m,
      /^client +receive +IndicateReceiveComplete +BinaryFragment /m,
      /^client +receive +IndicateReceiveComplete +Utf8Fragment +9 +"message, "$/m,
      /^server 1 +receive +SendToNetwork +PingPong /m,
      /^client +receive +IndicateReceiveComplete +PingPong /m,
      /^server 1 +receive +IndicateReceiveComplete +Close +12 +1000 "that was all"$/m,
      /^client +receive +IndicateReceiveComplete +Close +0 +1000 ""$/m,
    ]) {
      assert.match(program.output, line);
    }
  });

  it('prints no colours into a pipe', async () => {
    const { program } = await finished();
    assert.equal(program.output.includes(ESCAPE), false);
  });

  it('has a help', async () => {
    const { status, program } = await finished('--help');
    assert.equal(status, 0);
    assert.match(program.output, /--listen PORT/);
  });

  for (const [args, complaint] of [
    [['--lisen', '1'], /'--lisen'/],
    [['--listen', 'http'], /--listen takes a port, not http/],
    [['--listen', '65536'], /--listen takes a port, not 65536/],
    [['--listen', '1', '--connect', 'ws://x'], /exclude each other/],
    [['--message', 'x'], /need --connect/],
    [['surplus'], /surplus/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { status, program } = await finished(...args);
      assert.match(program.errors, complaint);
      assert.equal(status, 2);
    });
  }

  describe('--listen and --connect', () => {
    const listening = async (...args: string[]): Promise<{ server: Program; url: string }> => {
      const server = demo('--listen', '0', ...args);
      const [, url] = await server.prints(/listening on (ws:\S+)/);
      return { server, url: url! };
    };

    it('send the lines of the input and get them back', async () => {
      const { url } = await listening();
      const client = demo('--connect', url, '--quiet');
      client.type('first\nsecond\n');
      await client.prints(/Utf8Message +"first"\n.*Utf8Message +"second"/);
      client.endInput();
      assert.equal(await client.ended(), 0);
      await client.prints(/Close +1000/);
    });

    it('send messages given as arguments', async () => {
      const { url } = await listening('--quiet');
      const { status, program } = await finished('--connect', url, '--message', 'a', '--message', 'ü');
      assert.match(program.output, /IndicateReceiveComplete +Utf8Message +1 +"a"/);
      assert.match(program.output, /IndicateReceiveComplete +Utf8Message +2 +"ü"/);
      assert.equal(status, 0);
    });

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`say goodbye with 1001 on ${signal}`, async function () {
        // Windows has no signals: it ends the process.
        if (process.platform === 'win32') this.skip();
        const { server, url } = await listening();
        const client = demo('--connect', url, '--quiet');
        client.type('hello\n');
        await client.prints(/"hello"/);
        server.signal(signal);
        assert.equal(await server.ended(), 0);
        await client.prints(/Close +1001/);
        assert.equal(await client.ended(), 0);
      });
    }

    it('explain themselves to a plain HTTP client', async () => {
      const { url } = await listening();
      const [response] = (await once(http.get(url.replace('ws:', 'http:')), 'response')) as [
        http.IncomingMessage,
      ];
      response.resume();
      assert.equal(response.statusCode, 426);
    });

    for (const [name, header, status] of [
      ['another version', 'Sec-WebSocket-Version: 8', 426],
      ['no key', 'Sec-WebSocket-Version: 13', 400],
    ] as const) {
      it(`refuse a handshake with ${name}`, async () => {
        const { server, url } = await listening();
        const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
        const key = status === 426 ? 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' : '';
        socket.write(
          `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${header}\r\n${key}\r\n`,
        );
        const chunks: Buffer[] = [];
        for await (const chunk of socket) chunks.push(chunk as Buffer);
        assert.match(Buffer.concat(chunks).toString(), new RegExp(`^HTTP/1.1 ${status} `));
        await server.prints(/server 1 +closed: WebSocketBeginServerHandshake/);
      });
    }

    it('report that the port is in use', async () => {
      const { url } = await listening();
      const { status, program } = await finished('--listen', new URL(url).port);
      assert.match(program.errors, /in use: 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
      assert.equal(status, 1);
    });
  });

  describe('--connect', () => {
    const serving = async (
      listener: (socket: net.Socket) => void,
    ): Promise<{ server: net.Server; url: string }> => {
      const server = net.createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
    };

    /** A server that answers the first request with this text. */
    const answering =
      (answer: (key: string) => string) =>
      (socket: net.Socket): void => {
        socket.on('error', () => {});
        socket.once('data', (request: Buffer) => {
          const key = /^sec-websocket-key: *(\S+)/im.exec(request.toString())![1]!;
          socket.end(answer(key));
        });
      };

    const head101 = (digest: string): string =>
      `HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${digest}\r\n\r\n`;

    for (const [name, url, complaint] of [
      ['what is no URL', 'nonsense', /not a URL: nonsense/],
      ['another scheme', 'http://127.0.0.1/', /begins with ws: or wss:, not http:/],
      ['a fragment', 'ws://127.0.0.1/#x', /no fragment/],
    ] as const) {
      it(`refuses ${name}`, async () => {
        const { status, program } = await finished('--connect', url);
        assert.match(program.errors, complaint);
        assert.notEqual(status, 0);
      });
    }

    for (const [name, answer, complaint] of [
      [
        '404',
        () => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
        /answered 404 Not Found instead of 101/,
      ],
      ['a wrong accept', () => head101('AAAA'), refusal(/Sec-WebSocket-Accept does not fit/)],
      ['silence after the handshake', (key: string) => head101(acceptOf(key)), /without a closing handshake/],
      [
        'a reserved bit',
        (key: string) => `${head101(acceptOf(key))}\x71\x00`,
        refusal(/a reserved bit or opcode/),
      ],
    ] as const) {
      it(`fails at a server that answers ${name}`, async () => {
        const { server, url } = await serving(answering(answer));
        const client = demo('--connect', url);
        const status = await client.ended();
        server.close();
        assert.match(client.errors, complaint);
        assert.equal(status, 1);
      });
    }

    it('fails where nobody listens', async () => {
      const { server, url } = await serving(() => {});
      server.close();
      await once(server, 'close');
      const { status, program } = await finished('--connect', url);
      assert.match(program.errors, /nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/);
      assert.equal(status, 1);
    });
  });
});
