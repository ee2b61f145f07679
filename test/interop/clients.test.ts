import { strict as assert } from 'node:assert';
import { once } from 'node:events';

import { chromium as playwright } from 'playwright-core';
import WebSocket from 'ws';
import type { RawData } from 'ws';

import { Program } from '../support/program.js';
import { assertReport, binaryOf, LENGTHS, MEBIBYTE, SUBPROTOCOLS, UNICODE } from './exchange.js';
import type { Report } from './exchange.js';
import { ourSides } from './our-sides.js';
import type { RunningServer } from './our-sides.js';
import { chromium, itWith, nodeWebSocketFlags, PYTHON_PEER, pythonWebsockets } from './programs.js';
import { webExchange } from './web-exchange.js';

for (const side of ourSides) {
  describe(`our server (${side.name})`, function () {
    this.timeout(60_000);
    let server: RunningServer;

    beforeEach(async () => {
      server = await side.server();
    });

    afterEach(async () => {
      assert.deepEqual(await server.close(), []);
    });

    it("talks with the ws package's client", async () => {
      assertReport(await wsExchange(server.url), ['pong', 'fragments']);
    });

    it("talks with Node's own WebSocket", async () => {
      const args = [server.url, SUBPROTOCOLS, LENGTHS, UNICODE].map((arg) => JSON.stringify(arg));
      const script = `(${webExchange.toString()})(${args.join()}).then((report) => console.log(JSON.stringify(report)))`;
      const node = new Program(process.execPath, [...nodeWebSocketFlags(), '-e', script]);
      try {
        assert.equal(await node.ended(), 0, node.errors);
        assertReport(JSON.parse(node.output) as Report);
      } finally {
        await node.stop();
      }
    });

    itWith(pythonWebsockets(), "talks with a client of Python's websockets", async (python) => {
      const client = new Program(python, [PYTHON_PEER, 'client', server.url]);
      try {
        assert.equal(await client.ended(), 0, client.errors);
        assertReport(JSON.parse(client.output) as Report, ['pong', 'fragments']);
      } finally {
        await client.stop();
      }
    });

    itWith(chromium(), 'talks with Chromium', async (executablePath) => {
      const browser = await playwright.launch({
        executablePath,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      });
      try {
        const page = await browser.newPage();
        const args = [server.url, SUBPROTOCOLS, LENGTHS, UNICODE] as const;
        const script = `(${webExchange.toString()})(${args.map((arg) => JSON.stringify(arg)).join()})`;
        assertReport(await page.evaluate<Report>(script));
      } finally {
        await browser.close();
      }
    });
  });
}

async function wsExchange(url: string): Promise<Report> {
  const open = async (path: string, protocols: readonly string[] = []) => {
    const socket = new WebSocket(`${url}${path}`, [...protocols]);
    const messages: { data: Buffer; isBinary: boolean }[] = [];
    let wake = (): void => {};
    socket.on('message', (data: RawData, isBinary: boolean) => {
      messages.push({ data: data as Buffer, isBinary });
      wake();
    });
    const closed = once(socket, 'close').then(([code, reason]) => ({
      code: code as number,
      reason: (reason as Buffer).toString(),
    }));
    await once(socket, 'open');
    const next = async () => {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift()!;
    };
    return { socket, next, closed };
  };

  const { socket, next, closed } = await open('/echo', SUBPROTOCOLS);
  const echoed: string[] = [];
  const tryEcho = async (name: string, data: Buffer, isBinary: boolean): Promise<void> => {
    socket.send(data, { binary: isBinary });
    const back = await next();
    if (back.isBinary === isBinary && back.data.equals(data)) echoed.push(name);
  };
  for (const length of LENGTHS) await tryEcho(`text ${length}`, Buffer.alloc(length, 'x'), false);
  await tryEcho('unicode', Buffer.from(UNICODE), false);
  await tryEcho('binary 1 MiB', binaryOf(MEBIBYTE), true);
  socket.send('in ', { fin: false });
  socket.ping('payload');
  socket.send('', { fin: false });
  socket.send('parts', { fin: true });
  const [payload] = (await once(socket, 'pong')) as [Buffer];
  if (payload.toString() === 'payload') echoed.push('pong');
  if ((await next()).data.toString() === 'in parts') echoed.push('fragments');
  socket.close(3001, 'done');

  const goodbye = await open('/goodbye');
  const ping = await open('/ping');
  return {
    subprotocol: socket.protocol,
    echoed,
    closed: await closed,
    goodbye: { text: (await goodbye.next()).data.toString(), ...(await goodbye.closed) },
    ping: { text: (await ping.next()).data.toString(), code: (await ping.closed).code },
  };
}
