import { once } from 'node:events';
import { Duplex } from 'node:stream';
import * as theirTypes from 'ws';
import { attempt, same, tell } from './as-ws.js';
import type { Library, Log } from './as-ws.js';

type Parse = (header: string) => unknown;
interface Insides {
  readonly extension: { parse: Parse; format(extensions: object): string };
  readonly subprotocol: { parse: Parse };
  readonly PerMessageDeflate: {
    new (options?: object): PerMessageDeflate;
    readonly extensionName: string;
  };
  readonly Receiver: new (options?: object) => NodeJS.WritableStream;
  readonly Sender: {
    new (socket: Duplex, extensions?: object, generateMask?: (mask: Buffer) => void): Sender;
    frame(data: string | Buffer, options: object): (Buffer | string)[];
  };
}
interface PerMessageDeflate {
  offer(): object;
  accept(configurations: object[]): object;
  compress(data: Buffer, fin: boolean, done: (error: Error | null, data: Buffer) => void): void;
  decompress(data: Buffer, fin: boolean, done: (error: Error | null, data: Buffer) => void): void;
  cleanup(): void;
}
interface Sender {
  send(data: unknown, options: object, callback?: (error?: Error) => void): void;
  ping(data: unknown, mask: boolean, callback?: (error?: Error) => void): void;
  pong(data: unknown, mask: boolean, callback?: (error?: Error) => void): void;
  close(code?: number, data?: unknown, mask?: boolean, callback?: (error?: Error) => void): void;
}
const of = (library: Library): Insides => library as unknown as Insides;
const sentence = (error: unknown): unknown =>
  error instanceof Error ? `${error.name}: ${error.message}` : error;
const outcome = (task: () => unknown): unknown => {
  try {
    return task();
  } catch (error) {
    return sentence(error);
  }
};

const extensionHeaders = [
  ...[
    'foo',
    'foo;bar;baz=1;bar=2',
    'foo,bar;baz,foo;baz',
    'foo; bar\t; \tbaz=1\t ;  bar="1"\t\t, \tqux\t ;norf',
  ],
  ...[
    'foo;bar="hi"',
    'foo;bar="b\\a\\z"',
    'foo;bar="baz"qux',
    'foo;bar="baz" qux',
    'foo;bar=""',
    'foo;bar="a\\"',
  ],
  ...[
    '',
    ',',
    'foo,,',
    'foo,  ,',
    'foo;=',
    'foo; =',
    'foo;;',
    'foo; ;',
    'foo;bar=,',
    ' foo',
    'f oo',
    'foo;ba r',
  ],
  ...[
    'foo;bar =',
    'foo;bar= ',
    'foo;bar=ba z',
    'f@o',
    'f\\oo',
    '"foo"',
    'f"oo"',
    'foo;b@r',
    'foo;"bar"',
    'foo;b"ar"',
  ],
  ...[
    'foo;bar=b@z',
    'foo;bar="b@z"',
    'foo;bar="baz;"',
    'foo;bar=b"az"',
    'foo;bar="\\\\"',
    'foo ',
    'foo\t',
    'foo, ',
  ],
  ...[
    'foo;',
    'foo;bar ',
    'foo;bar,',
    'foo;bar; ',
    'foo;bar=',
    'foo;bar="baz',
    'foo;bar="1\\',
    'foo;bar="baz" ',
  ],
  ...['hasOwnProperty, toString', 'foo;constructor', 'foo;__proto__', 'foo,bar', 'foo ,bar', 'ä'],
];
const subprotocolHeaders = [
  ...['foo', 'foo,bar,baz', 'foo , bar\t, \tbaz\t ,  qux\t\t,norf', ',', 'foo,,', 'foo,  ,', 'foo,foo,bar'],
  ...['foo,bar,foo', 'f oo', ' foo', 'f@o', 'foo,b@r', 'foo ', 'foo, ', 'foo,bar ', 'foo,bar,', ''],
];

describe('the internals of the drop-in, side by side with those of ws', () => {
  same('read and write extensions', (library) => {
    const { parse, format } = of(library).extension;
    const log: Log = extensionHeaders.map((header) => [header, outcome(() => parse(header))]);
    log.push(format({ foo: {} }), format({ foo: { bar: [true, 2], baz: 1 } }));
    log.push(format({ foo: [{}, { baz: true }], bar: { baz: true } }));
    return Promise.resolve(log);
  });

  same('read subprotocols', (library) => {
    const { parse } = of(library).subprotocol;
    return Promise.resolve(subprotocolHeaders.map((header) => [header, outcome(() => parse(header))]));
  });

  same('agree on compression', (library) => {
    const { PerMessageDeflate, extension } = of(library);
    const log: Log = [PerMessageDeflate.extensionName];
    const options = [
      {},
      { clientMaxWindowBits: 11, serverMaxWindowBits: 11 },
      { clientMaxWindowBits: false, serverMaxWindowBits: false },
      { clientNoContextTakeover: true, serverNoContextTakeover: true },
      { clientNoContextTakeover: false, serverNoContextTakeover: false },
    ];
    const headers = [
      'permessage-deflate',
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_max_window_bits=10',
      'permessage-deflate; server_max_window_bits=10; client_max_window_bits, permessage-deflate',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      'permessage-deflate; server_no_context_takeover=1',
      'permessage-deflate; server_max_window_bits',
      'permessage-deflate; server_max_window_bits=7',
      'permessage-deflate; client_max_window_bits=16',
      'permessage-deflate; client_max_window_bits=9; client_max_window_bits=9',
      'permessage-deflate; foo',
    ];
    for (const one of options) {
      log.push(new PerMessageDeflate(one).offer());
      for (const header of headers) {
        const parsed = (): object[] =>
          (extension.parse(header) as Record<string, object[]>)['permessage-deflate']!;
        const accept = (isServer: boolean): unknown =>
          outcome(() => ({ ...new PerMessageDeflate({ ...one, isServer }).accept(parsed()) }));
        log.push(['server', one, header, accept(true)]);
        // A client of `ws` accepts parameters that it has not asked for.
        if ('serverMaxWindowBits' in one || 'serverNoContextTakeover' in one) continue;
        log.push(['client', one, header, accept(false)]);
      }
    }
    return Promise.resolve(log);
  });

  same('compress and decompress', async (library) => {
    const { PerMessageDeflate } = of(library);
    const log: Log = [];
    for (const parameters of [
      {},
      { server_no_context_takeover: [true] },
      { server_max_window_bits: ['9'] },
    ]) {
      const server = new PerMessageDeflate({ isServer: true });
      const client = new PerMessageDeflate();
      server.accept([{ ...parameters }]);
      client.accept([{ ...parameters }]);
      for (const data of [
        Buffer.from('some text, some text'),
        Buffer.from('some text'),
        Buffer.alloc(100_000),
      ]) {
        for (const fin of [false, true]) {
          const packed = await new Promise<Buffer>((resolve) =>
            server.compress(data, fin, (_, bytes) => resolve(bytes)),
          );
          const plain = await new Promise<Buffer>((resolve) =>
            client.decompress(packed, fin, (_, bytes) => resolve(bytes)),
          );
          log.push([packed.toString('hex'), plain.equals(data)]);
        }
      }
      server.cleanup();
      client.cleanup();
    }
    const small = new PerMessageDeflate({ maxPayload: 10 });
    small.accept([{}]);
    await new Promise<void>((resolve) =>
      small.decompress(Buffer.from([0x4a, 0x4c, 0x04, 0x82, 0x24, 0x00, 0x00, 0x00]), true, (error, data) => {
        log.push(tell(error ?? data));
        resolve();
      }),
    );
    return log;
  });

  const chunks: readonly (readonly [string, readonly string[], object?])[] = [
    ['text', ['810548656c6c6f']],
    ['masked text', ['81853700000037656c6c6f'], { isServer: true }],
    ['text byte by byte', ['81', '05', '48', '65', '6c', '6c', '6f']],
    ['binary in fragments, with a ping', ['02024142', '89026869', '80024344']],
    ['a pong', ['8a00']],
    ['binary as an ArrayBuffer', ['82024142'], { binaryType: 'arraybuffer' }],
    ['binary as a list', ['82024142'], { binaryType: 'fragments' }],
    ['binary as a Blob', ['82024142'], { binaryType: 'blob' }],
    ['an empty message', ['8200']],
    ['a close', ['8800']],
    ['a close with a reason', ['880503e8446f6e']],
    ['a close of one byte', ['880141']],
    ['a close with 1004', ['880203ec']],
    ['a close that is not UTF-8', ['880503e8ff6f6e']],
    ['a close that is not UTF-8, unchecked', ['880503e8ff6f6e'], { skipUTF8Validation: true }],
    ['text that is not UTF-8', ['8102ffff']],
    ['text that is not UTF-8, unchecked', ['8102ffff'], { skipUTF8Validation: true }],
    ['RSV1', ['c100']],
    ['RSV2', ['a100']],
    ['opcode 3', ['8300']],
    ['a continuation of nothing', ['8000']],
    ['a message in a message', ['0100', '8200']],
    ['a fragmented ping', ['0900']],
    ['no mask', ['8100'], { isServer: true }],
    ['a mask', ['818000000000']],
    ['too much', ['8205', '0000000000'], { maxPayload: 4 }],
    ['too much in fragments', ['0203000000', '8002', '0000'], { maxPayload: 4 }],
    ['too many fragments', ['0200', '0000', '8000'], { maxFragments: 2 }],
    ['several messages in one chunk', ['8101318901328a0133820134'], { allowSynchronousEvents: false }],
  ];
  for (const [title, parts, options] of chunks) {
    same(`receive ${title}`, async (library) => {
      const log: Log = [];
      const receiver = new (of(library).Receiver)(options);
      for (const event of ['message', 'ping', 'pong', 'conclude', 'error', 'finish'])
        receiver.on(event, (...args: unknown[]) => {
          if (event !== 'finish') log.push([event, ...args.map(tell)]);
          if (event === 'message') void Promise.resolve().then(() => log.push('microtask'));
        });
      const ended = new Promise<void>((resolve) => {
        receiver.on('error', () => resolve());
        receiver.on('finish', resolve);
      });
      for (const part of parts) receiver.write(Buffer.from(part, 'hex'));
      if (!title.includes('close')) receiver.end();
      await ended;
      return log;
    });
  }

  same('receive what is compressed', async (library) => {
    const { PerMessageDeflate, Receiver } = of(library);
    const deflate = new PerMessageDeflate();
    deflate.accept([{}]);
    const packed = await new Promise<Buffer>((resolve) =>
      deflate.compress(Buffer.from('Hello'), true, (_, bytes) => resolve(bytes)),
    );
    const log: Log = [];
    const receiver = new Receiver({ extensions: { 'permessage-deflate': deflate } });
    receiver.on('message', (data: Buffer, isBinary: boolean) => log.push([tell(data), isBinary]));
    receiver.on('conclude', (...args: unknown[]) => log.push(args.map(tell)));
    const ended = once(receiver, 'finish');
    receiver.write(
      Buffer.concat([Buffer.from([0xc1, packed.byteLength]), packed, Buffer.from([0x88, 0x00])]),
    );
    await ended;
    return log;
  });

  same('frame', (library) => {
    const { frame } = of(library).Sender;
    const log: Log = [];
    const whole = (list: (Buffer | string)[]): string =>
      Buffer.concat(list.map((part) => Buffer.from(part as string))).toString('hex');
    const generateMask = (mask: Buffer): Buffer => mask.fill(3);
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      const data = (): Buffer => Buffer.alloc(length, 5);
      log.push(whole(frame(data(), { opcode: 2, fin: true, readOnly: true })));
      log.push(whole(frame(data(), { opcode: 1, mask: true, generateMask, readOnly: true })));
    }
    const data = Buffer.from('data');
    log.push(
      whole(frame(data, { opcode: 2, rsv1: true, fin: true, mask: true, generateMask, readOnly: true })),
    );
    log.push(data.toString());
    frame(data, { opcode: 2, fin: true, mask: true, generateMask, readOnly: false });
    log.push(data.toString('hex'));
    log.push(whole(frame('text', { opcode: 1, fin: true, mask: true, generateMask, readOnly: false })));
    return Promise.resolve(log);
  });

  same('send', async (library) => {
    const { PerMessageDeflate, Sender } = of(library);
    const log: Log = [];
    const written: Buffer[] = [];
    const socket = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, callback) => {
        written.push(chunk);
        callback();
      },
    });
    const deflate = new PerMessageDeflate({ threshold: 0 });
    deflate.accept([{}]);
    const sender = new Sender(socket, { 'permessage-deflate': deflate }, (mask) => mask.fill(9));
    const done = (what: string) => (error?: Error | null) => log.push([what, sentence(error)]);
    sender.send('text', { fin: true, mask: true }, done('text'));
    sender.send(new Uint8Array([1, 2]), { fin: false, binary: true });
    sender.send(new Uint16Array([3]).buffer, { fin: true, binary: true }, done('fragments'));
    sender.send(new Blob(['blob']), { fin: true }, done('blob'));
    sender.ping('ping', true, done('ping'));
    sender.pong(new Blob(['pong']), false, done('pong'));
    sender.send('compressed, compressed', { fin: true, compress: true }, done('compressed'));
    attempt(log, () => sender.ping('x'.repeat(126), false));
    attempt(log, () => sender.close(1004));
    attempt(log, () => sender.close('1000' as never));
    attempt(log, () => sender.close(1000, 'x'.repeat(124)));
    await new Promise<void>((resolve) => sender.close(1000, 'end', true, () => resolve()));
    log.push(Buffer.concat(written).toString('hex'));
    return log;
  });

  same('send on a transport that is gone', async (library) => {
    const { Sender } = of(library);
    const log: Log = [];
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, callback) => callback() });
    const sender = new Sender(socket);
    const last = new Promise<void>((resolve) => {
      sender.send(new Blob(['blob']), { fin: true }, (error) => log.push(['blob', sentence(error)]));
      sender.send('behind', { fin: true }, (error) => {
        log.push(['behind', sentence(error)]);
        resolve();
      });
    });
    socket.destroy();
    await last;
    return log;
  });

  same('have the names of ws', (library) => {
    const names = Object.keys(library.WebSocket).filter(
      (name) => name !== 'default' && name !== '__esModule',
    );
    return Promise.resolve([names.sort(), typeof theirTypes.WebSocket]);
  });
});
