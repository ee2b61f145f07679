/**
 * The behaviour of a WebSocketStream as a program sees it, case by case, as in cases.ts. The function of a case goes to
 * a browser as text, so it uses only its parameter.
 */
import type {
  WebSocketError as OurWebSocketError,
  WebSocketOpenInfo,
  WebSocketStream as OurWebSocketStream,
} from '../../lib/index.js';

type Make = new (...args: unknown[]) => OurWebSocketStream;

export interface StreamTools {
  readonly WebSocketStream: typeof OurWebSocketStream;
  readonly WebSocketError: typeof OurWebSocketError;
  /** The class, for arguments that its types refuse. */
  readonly Make: Make;
  /** `ws://127.0.0.1:port`. */
  readonly base: string;
  log(...entries: unknown[]): void;
  /** The name of the error that the function throws; 'nothing' if it throws none. */
  thrown(call: () => unknown): string;
  /** A name for a value: errors with their code and reason, bytes with their numbers. */
  tell(value: unknown): unknown;
  /** How the promise ends: 'resolved' or 'rejected', and the value. */
  end(promise: Promise<unknown>): Promise<string>;
  /** `end`, or 'pending' if the promise has not ended after some exchanges with the server. */
  state(promise: Promise<unknown>): Promise<string>;
  /** Asks the server by another connection. */
  ask(path: string): Promise<string>;
  /** Opens a stream, with a reader and a writer. */
  open(
    path: string,
    options?: object,
  ): Promise<{
    readonly stream: OurWebSocketStream;
    readonly info: WebSocketOpenInfo;
    readonly reader: ReadableStreamDefaultReader<string | Uint8Array>;
    readonly writer: WritableStreamDefaultWriter<unknown>;
  }>;
}

export interface StreamCase {
  readonly name: string;
  readonly run: (tools: StreamTools) => unknown;
  readonly expected: readonly unknown[];
  /** Entries of Chromium's log that differ, by index, and the reason for ours. */
  readonly chromium?: {
    readonly log: Readonly<Record<number, unknown>>;
    readonly because: string;
    /** Chromium's log differs in some runs only: two of its processes race. */
    readonly isRace?: true;
  };
}

/** Makes the tools of a case, on each platform. The text of this function goes to the browser. */
export function makeStreamTools(
  Stream: typeof OurWebSocketStream,
  StreamError: typeof OurWebSocketError,
  base: string,
  entries: unknown[],
): StreamTools {
  const tell = (value: unknown): unknown => {
    if (value instanceof StreamError) return `WebSocketError ${value.closeCode} "${value.reason}"`;
    if (value instanceof Error) return value.name;
    // Chromium gives an ArrayBuffer, see the case of the types.
    if (value instanceof Uint8Array || value instanceof ArrayBuffer)
      return `bytes [${new Uint8Array(value as ArrayBuffer).join()}]`;
    if (typeof value === 'object' && value !== null && 'closeCode' in value) return JSON.stringify(value);
    if (typeof value === 'object' && value !== null && 'done' in value) {
      const { done, value: item } = value as { done: boolean; value: unknown };
      return done ? 'done' : tell(item);
    }
    return String(value);
  };
  const end = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      (value) => `resolved ${String(tell(value))}`,
      (error: unknown) => `rejected ${String(tell(error))}`,
    );
  const ask = async (path: string): Promise<string> => {
    const stream = new Stream(base + path);
    const { readable } = await stream.opened;
    const reader = readable.getReader();
    const { value } = await reader.read();
    stream.close();
    await stream.closed.catch(() => undefined);
    return String(value);
  };
  return {
    WebSocketStream: Stream,
    WebSocketError: StreamError,
    Make: Stream as unknown as Make,
    base,
    log: (...more) => void entries.push(...more),
    thrown(call) {
      try {
        call();
        return 'nothing';
      } catch (error) {
        return (error as Error).name;
      }
    },
    tell,
    end,
    async state(promise) {
      let result = 'pending';
      void end(promise).then((value) => (result = value));
      for (let round = 0; round < 3; round++) await ask('/url');
      return result;
    },
    ask,
    async open(path, options = {}) {
      const stream = new Stream(base + path, options);
      const info = await stream.opened;
      return {
        stream,
        info,
        reader: info.readable.getReader(),
        writer: info.writable.getWriter(),
      };
    },
  };
}

export const streamCases: readonly StreamCase[] = [
  {
    name: 'the class',
    run({ WebSocketStream, log, thrown }) {
      log(
        WebSocketStream.name,
        WebSocketStream.length,
        Object.prototype.toString.call(WebSocketStream.prototype),
      );
      log(thrown(() => (WebSocketStream as unknown as () => void)()));
      for (const name of ['url', 'opened', 'closed', 'close', 'constructor']) {
        const found = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name)!;
        log(`${name} ${found.enumerable} ${typeof found.get} ${typeof found.set} ${typeof found.value}`);
      }
      log(WebSocketStream.prototype.close.length);

      log(thrown(() => WebSocketStream.prototype.close.call({} as never)));
      log(Object.getOwnPropertyNames(WebSocketStream.prototype).sort().join());
    },
    expected: [
      'WebSocketStream',
      1,
      '[object WebSocketStream]',
      'TypeError',
      'url true function undefined undefined',
      'opened true function undefined undefined',
      'closed true function undefined undefined',
      'close true undefined undefined function',
      'constructor false undefined undefined function',
      0,
      'TypeError',
      'close,closed,constructor,opened,url',
    ],
  },
  {
    name: 'WebSocketError',
    run({ WebSocketError, log, thrown }) {
      const make = WebSocketError as unknown as new (...args: unknown[]) => OurWebSocketError;
      log(
        make.name,
        make.length,
        thrown(() => (make as unknown as () => void)()),
      );
      const show = (...args: unknown[]): void => {
        try {
          const error = new make(...args);
          const { name, message, closeCode, reason, code } = error;
          log(`${name} "${message}" ${closeCode} "${reason}" ${code} ${error instanceof DOMException}`);
        } catch (error) {
          log((error as Error).name);
        }
      };
      show();
      show('message');
      show(undefined, undefined);
      show(null, null);
      show('m', {});
      show('m', 5);
      show('m', 'text');
      show('m', { closeCode: 1000 });
      show('m', { closeCode: 3000, reason: 'r' });
      show('m', { reason: 'r' });
      show('m', { reason: '' });
      show('m', { reason: null });
      show('m', { reason: undefined });
      show('m', { closeCode: undefined, reason: 'r' });
      show('m', { closeCode: null });
      show('m', { closeCode: '3001' });
      show('m', { closeCode: 3000.9 });
      show('m', { closeCode: NaN });
      show('m', { closeCode: -1 });
      show('m', { closeCode: 65_536 });
      for (const closeCode of [0, 999, 1001, 1005, 2999, 4999, 5000]) show('m', { closeCode });
      show('m', { reason: 'ä'.repeat(61) });
      show('m', { reason: 'ä'.repeat(62) });
      show('m', { reason: '\ud800' });
      show(5, { closeCode: 4000 });
      show(Symbol('s'));
      const { prototype } = WebSocketError;
      for (const name of ['closeCode', 'reason']) {
        const found = Object.getOwnPropertyDescriptor(prototype, name)!;
        log(`${name} ${found.enumerable} ${typeof found.get} ${typeof found.set}`);
      }
      log(Object.prototype.toString.call(new WebSocketError()));
    },
    expected: [
      'WebSocketError',
      0,
      'TypeError',
      'WebSocketError "" null "" 0 true',
      'WebSocketError "message" null "" 0 true',
      'WebSocketError "" null "" 0 true',
      'WebSocketError "null" null "" 0 true',
      'WebSocketError "m" null "" 0 true',
      'TypeError',
      'TypeError',
      'WebSocketError "m" 1000 "" 0 true',
      'WebSocketError "m" 3000 "r" 0 true',
      'WebSocketError "m" 1000 "r" 0 true',
      'WebSocketError "m" null "" 0 true',
      'WebSocketError "m" 1000 "null" 0 true',
      'WebSocketError "m" null "" 0 true',
      'WebSocketError "m" 1000 "r" 0 true',
      'InvalidAccessError',
      'WebSocketError "m" 3001 "" 0 true',
      'WebSocketError "m" 3000 "" 0 true',
      'TypeError',
      'TypeError',
      'TypeError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'WebSocketError "m" 4999 "" 0 true',
      'InvalidAccessError',
      'WebSocketError "m" 1000 "äääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää" 0 true',
      'SyntaxError',
      'WebSocketError "m" 1000 "�" 0 true',
      'WebSocketError "5" 4000 "" 0 true',
      'TypeError',
      'closeCode true function undefined',
      'reason true function undefined',
      '[object WebSocketError]',
    ],
    chromium: {
      log: { '20': 'InvalidAccessError', '21': 'InvalidAccessError', '22': 'InvalidAccessError' },
      because: 'Chromium takes a code modulo 65536; the proposal has [EnforceRange]',
    },
  },
  {
    name: 'URLs',
    run({ Make, base, log }) {
      const urls = [
        ...['', 'relative', 'ftp://host/', 'about:blank', 'ws://host:bad/', 'ws://', 'ws:host', 'mailto:a@b'],
        ...[`${base}/url#`, `${base}/url#fragment`, 'ws://[::1', 'wss://host/%', 5, null, {}],
      ];
      for (const url of urls) {
        try {
          const stream = new Make(url);
          log(`${url as string} ${stream.url.replace(base, 'base').replace(base.slice(3), 'base')}`);
          stream.opened.catch(() => undefined);
          stream.closed.catch(() => undefined);
          stream.close();
        } catch (error) {
          log(`${''.concat(url as string).replace(base, 'base')} ${(error as Error).name}`);
        }
      }
      for (const url of [base, new URL(`${base}/x?y`), base.replace('ws:', 'http:'), base.toUpperCase()]) {
        const stream = new Make(url);
        log(stream.url.replace(base, 'base'));
        stream.opened.catch(() => undefined);
        stream.closed.catch(() => undefined);
        stream.close();
      }
    },
    expected: [
      ' base/page',
      'relative base/relative',
      'ftp://host/ SyntaxError',
      'about:blank SyntaxError',
      'ws://host:bad/ SyntaxError',
      'ws:// SyntaxError',
      'ws:host ws://host/',
      'mailto:a@b SyntaxError',
      'base/url# SyntaxError',
      'base/url#fragment SyntaxError',
      'ws://[::1 SyntaxError',
      'wss://host/% wss://host/%',
      '5 base/5',
      'null base/null',
      '[object Object] base/[object%20Object]',
      'base/',
      'base/x?y',
      'base/',
      'base/',
    ],
  },
  {
    name: 'options',
    run({ Make, base, log, thrown }) {
      const attempt = (...args: unknown[]): void =>
        log(
          thrown(() => {
            const stream = new Make(...args);
            stream.opened.catch(() => undefined);
            stream.closed.catch(() => undefined);
            stream.close();
          }),
        );
      attempt();
      for (const options of [undefined, null, {}, [], () => 0, 5, 'text', true, Symbol('s')])
        attempt(base, options);
      const lists = [
        ...[undefined, null, 'chat', 5, {}, [], ['a'], ['a', 'a'], ['a', 'A'], [''], ['a b'], ['a,b'], ['ä']],
        ...[[5], [null], [undefined], [Symbol('s')], new Set(['a', 'b']), ['a\u007f'], ['\ud800'], [['a']]],
      ];
      for (const protocols of lists) attempt(base, { protocols });
      for (const signal of [undefined, null, {}, 5, new AbortController().signal]) attempt(base, { signal });
    },
    expected: [
      'TypeError',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'TypeError',
      'TypeError',
      'TypeError',
      'TypeError',
      'nothing',
      'TypeError',
      'TypeError',
      'TypeError',
      'TypeError',
      'nothing',
      'nothing',
      'SyntaxError',
      'SyntaxError',
      'SyntaxError',
      'SyntaxError',
      'SyntaxError',
      'SyntaxError',
      'nothing',
      'nothing',
      'nothing',
      'TypeError',
      'nothing',
      'SyntaxError',
      'SyntaxError',
      'nothing',
      'nothing',
      'TypeError',
      'TypeError',
      'TypeError',
      'nothing',
    ],
    chromium: {
      log: { '18': 'nothing' },
      because: 'subprotocols that differ in case only are the same, as for WebSocket',
    },
  },
  {
    name: 'the order of the checks of the constructor',
    run({ Make, base, log, thrown }) {
      const seen: string[] = [];
      const options = {
        get signal() {
          seen.push('signal');
          return undefined;
        },
        get protocols() {
          seen.push('protocols');
          return ['a', 'a'];
        },
      };
      const url = {
        toString() {
          seen.push('url');
          return base;
        },
      };
      log(
        thrown(() => new Make(url, options)),
        seen.join(),
      );
      log(thrown(() => new Make('ftp://host/', { protocols: 5 })));
      log(thrown(() => new Make('ftp://host/', { protocols: ['a', 'a'] })));
      const error = new Error('mine');
      error.name = 'Mine';
      const bad = {
        get protocols() {
          throw error;
        },
      };
      log(thrown(() => new Make('ftp://host/', bad)));
    },
    expected: ['SyntaxError', 'url,protocols,signal', 'TypeError', 'SyntaxError', 'Mine'],
  },
  {
    name: 'what opened resolves with',
    async run({ WebSocketStream, base, log }) {
      const stream = new WebSocketStream(`${base}/echo`);
      log(stream.opened === stream.opened, stream.closed === stream.closed);
      const info = await stream.opened;
      log(Object.keys(info).sort().join(), Object.getPrototypeOf(info) === Object.prototype);
      log(info.readable instanceof ReadableStream, info.writable instanceof WritableStream);
      log(info.extensions, info.protocol, info.readable.locked, info.writable.locked);
      log(Object.getOwnPropertyDescriptor(info, 'protocol')!.writable);
      log(info === (await stream.opened));
      stream.close();
      log(JSON.stringify(await stream.closed));
    },
    expected: [
      true,
      true,
      'extensions,protocol,readable,writable',
      true,
      true,
      true,
      '',
      '',
      false,
      false,
      true,
      true,
      '{"closeCode":1005,"reason":""}',
    ],
  },
  {
    name: 'text and bytes',
    async run({ open, log, tell }) {
      const { stream, reader, writer } = await open('/echo');
      const values: unknown[] = [
        ...['', 'text', 'häh\u{1f600}', '\ud800', 5, null, undefined, true, {}, ['a', 'b'], new Date(NaN)],
        ...[new Uint8Array(0), new Uint8Array([1, 2]), new Uint16Array([258]), new ArrayBuffer(3)],
        ...[
          new DataView(new ArrayBuffer(4), 1, 2),
          new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
          new Blob(['blob']),
        ],
      ];
      for (const value of values) {
        const written = writer.write(value);
        const { value: answer } = await reader.read();
        log(tell(answer), tell(await written));
      }
      stream.close();
      log(tell(await stream.closed));
    },
    expected: [
      '',
      'undefined',
      'text',
      'undefined',
      'häh😀',
      'undefined',
      '�',
      'undefined',
      '5',
      'undefined',
      'null',
      'undefined',
      'undefined',
      'undefined',
      'true',
      'undefined',
      '[object Object]',
      'undefined',
      'a,b',
      'undefined',
      'Invalid Date',
      'undefined',
      'bytes []',
      'undefined',
      'bytes [1,2]',
      'undefined',
      'bytes [2,1]',
      'undefined',
      'bytes [0,0,0]',
      'undefined',
      'bytes [0,0]',
      'undefined',
      'bytes [2,3]',
      'undefined',
      'bytes [98,108,111,98]',
      'undefined',
      '{"closeCode":1005,"reason":""}',
    ],
    chromium: {
      log: { '34': '[object Blob]' },
      because: 'a Blob is sent as its bytes, not as "[object Blob]"',
    },
  },
  {
    name: 'the type of bytes',
    async run({ open, log }) {
      const { stream, reader, writer } = await open('/echo');
      void writer.write(new Uint16Array([258]));
      const { value } = await reader.read();
      log((value as Uint8Array).constructor.name);
      stream.close();
      await stream.closed;
    },
    expected: ['Uint8Array'],
    chromium: { log: { '0': 'ArrayBuffer' }, because: 'the proposal has changed to Uint8Array' },
  },
  {
    name: 'a message of every length',
    async run({ open, log }) {
      const { stream, reader, writer } = await open('/echo');
      for (const length of [1, 125, 126, 65_535, 65_536, 1_000_000]) {
        void writer.write(new Uint8Array(length).fill(7));
        const { value } = await reader.read();
        const bytes = new Uint8Array(value as Uint8Array);
        log(
          bytes.length,
          bytes.every((byte) => byte === 7),
        );
      }
      stream.close();
      await stream.closed;
    },
    expected: [1, true, 125, true, 126, true, 65535, true, 65536, true, 1000000, true],
  },
  {
    name: 'what cannot be sent',
    async run({ open, log, end, state }) {
      const { stream, writer, reader } = await open('/echo');
      log(await end(writer.write(Symbol('s'))));
      log(await end(writer.write('next')), await end(writer.closed));
      log(await state(stream.closed), await state(reader.read()));
      stream.close();
      log(await end(stream.closed));
    },
    expected: [
      'rejected TypeError',
      'rejected TypeError',
      'rejected TypeError',
      'pending',
      'pending',
      'resolved {"closeCode":1005,"reason":""}',
    ],
  },
  {
    name: 'an object whose conversion throws',
    async run({ open, log, end, state }) {
      const { stream, writer } = await open('/echo');
      const error = new Error('mine');
      error.name = 'Mine';
      const bad = {
        toString() {
          throw error;
        },
      };
      log(await end(writer.write(bad)), await end(writer.closed), await state(stream.closed));
      stream.close();
      log(await end(stream.closed));
    },
    expected: ['rejected Mine', 'rejected Mine', 'pending', 'resolved {"closeCode":1005,"reason":""}'],
  },
  {
    name: 'subprotocols',
    async run({ WebSocketStream, base, log, end }) {
      const open = async (path: string, protocols: string[]): Promise<void> => {
        const stream = new WebSocketStream(base + path, { protocols });
        const opened = stream.opened.then(({ protocol }) => `chosen "${protocol}"`);
        log(await end(opened));
        stream.close();
        log(await end(stream.closed));
      };
      await open('/echo', []);
      await open('/echo', ['one', 'two']);
      await open('/header', ['one']);
      await open('/header?line=Sec-WebSocket-Protocol:%20two', ['one', 'two']);
      await open('/header?line=Sec-WebSocket-Protocol:%20three', ['one', 'two']);
      await open('/header?line=Sec-WebSocket-Protocol:%20one', []);
      await open('/header?line=Sec-WebSocket-Protocol:%20ONE', ['one']);
      await open('/header?line=Sec-WebSocket-Protocol:%20one&line=Sec-WebSocket-Protocol:%20one', ['one']);
    },
    expected: [
      'resolved chosen ""',
      'resolved {"closeCode":1005,"reason":""}',
      'resolved chosen "one"',
      'resolved {"closeCode":1005,"reason":""}',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'resolved chosen "two"',
      'resolved {"closeCode":1005,"reason":""}',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
    ],
  },
  {
    name: 'openings that fail',
    async run({ WebSocketStream, base, log, end }) {
      const paths = [
        ...['/status?code=404', '/status?code=301', '/status?code=200', '/status?code=401', '/wrong-accept'],
        ...['/header?line=Sec-WebSocket-Extensions:%20foo'],
      ];
      const urls = [...paths.map((path) => base + path), 'ws://127.0.0.1:1/', 'ws://127.0.0.1:6000/'];
      for (const url of urls) {
        const stream = new WebSocketStream(url);
        const [opened, closed] = await Promise.all([end(stream.opened), end(stream.closed)]);
        const [one, other] = await Promise.all([
          stream.opened.catch((error: unknown) => error),
          stream.closed.catch((error: unknown) => error),
        ]);
        log(`${opened}, ${closed}, ${one === other}`);
        stream.close();
        stream.close({ closeCode: 3000 });
      }
    },
    expected: [
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
      'rejected WebSocketError null "", rejected WebSocketError 1006 "", false',
    ],
  },
  {
    name: 'closes with every kind of close info',
    async run({ open, log, end, thrown, ask }) {
      const infos: unknown[] = [
        ...[
          undefined,
          null,
          {},
          { closeCode: 1000 },
          { closeCode: 3000 },
          { closeCode: 4999, reason: 'häh' },
        ],
        ...[{ reason: 'only' }, { reason: '' }, { closeCode: 1000, reason: '' }, { closeCode: '3001' }],
        ...[{ reason: 'x'.repeat(123) }, { reason: 5 }, { closeCode: undefined, reason: undefined }, () => 0],
      ];
      for (const [index, info] of infos.entries()) {
        const { stream, reader, writer } = await open(`/noted?id=info${index}`);
        stream.close(info as object);
        log(await end(stream.closed), await ask(`/close-of?id=info${index}`));
        log(await end(reader.read()), await end(writer.closed));
      }
      const { stream, writer, reader } = await open('/noted?id=bad');
      const bad: unknown[] = [
        ...[5, 'text', true, { closeCode: 0 }, { closeCode: 999 }, { closeCode: 1001 }, { closeCode: 2999 }],
        ...[{ closeCode: 5000 }, { closeCode: -1 }, { closeCode: 65_536 + 1000 }, { closeCode: NaN }],
        ...[{ closeCode: null }, { closeCode: Symbol('s') }, { reason: 'x'.repeat(124) }],
        ...[{ closeCode: 1001, reason: 'x'.repeat(124) }, { closeCode: 'text' }],
      ];
      for (const info of bad) log(thrown(() => stream.close(info as object)));
      // Nothing of this has closed it.
      await writer.write('x');
      log((await reader.read()).value);
      stream.close({ closeCode: 3003 });
      log(
        thrown(() => stream.close({ closeCode: 1001 })),
        thrown(() => stream.close({ closeCode: 3004 })),
      );
      log(await end(stream.closed), await ask('/close-of?id=bad'));
      log(
        thrown(() => stream.close({ closeCode: 1001 })),
        thrown(() => stream.close()),
      );
    },
    expected: [
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1000,"reason":""}',
      '1000 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":3000,"reason":""}',
      '3000 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":4999,"reason":"häh"}',
      '4999 "häh"',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1000,"reason":"only"}',
      '1000 "only"',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1000,"reason":""}',
      '1000 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":3001,"reason":""}',
      '3001 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1000,"reason":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}',
      '1000 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1000,"reason":"5"}',
      '1000 "5"',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved done',
      'rejected InvalidStateError',
      'TypeError',
      'TypeError',
      'TypeError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'InvalidAccessError',
      'TypeError',
      'TypeError',
      'TypeError',
      'InvalidAccessError',
      'TypeError',
      'SyntaxError',
      'InvalidAccessError',
      'TypeError',
      'x',
      'InvalidAccessError',
      'nothing',
      'resolved {"closeCode":3003,"reason":""}',
      '3003 ""',
      'InvalidAccessError',
      'nothing',
    ],
    chromium: {
      log: {
        '64': 'InvalidAccessError',
        '65': 'InvalidAccessError',
        '66': 'InvalidAccessError',
        '71': 'InvalidAccessError',
      },
      because: 'Chromium takes a code modulo 65536; the proposal has [EnforceRange]',
    },
  },
  {
    name: 'closes while connecting',
    async run({ WebSocketStream, base, log, end, thrown }) {
      for (const info of [undefined, { closeCode: 3000, reason: 'r' }]) {
        const stream = new WebSocketStream(`${base}/silent`);
        stream.close(info);
        log(await end(stream.opened), await end(stream.closed));
        log(thrown(() => stream.close()));
      }
      const stream = new WebSocketStream(`${base}/silent`);
      log(thrown(() => stream.close({ closeCode: 1001 })));
      stream.close();
      log(await end(stream.closed));
    },
    expected: [
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'nothing',
      'rejected WebSocketError null ""',
      'rejected WebSocketError 1006 ""',
      'nothing',
      'InvalidAccessError',
      'rejected WebSocketError 1006 ""',
    ],
  },
  {
    name: 'closes by the server',
    async run({ open, log, end }) {
      const queries = [
        '',
        '?code=1000',
        '?code=1001',
        '?code=3000&reason=over',
        '?code=4999',
        '?code=1011&reason=h%C3%A4h',
      ];
      for (const query of queries) {
        const { stream, reader, writer } = await open(`/close${query}`);
        log(await end(stream.closed));
        log(await end(reader.read()), await end(reader.closed));
        log(await end(writer.closed), await end(writer.write('late')), writer.desiredSize);
        stream.close({ closeCode: 3000 });
      }
    },
    expected: [
      'resolved {"closeCode":1005,"reason":""}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
      'resolved {"closeCode":1000,"reason":""}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
      'resolved {"closeCode":1001,"reason":""}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
      'resolved {"closeCode":3000,"reason":"over"}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
      'resolved {"closeCode":4999,"reason":""}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
      'resolved {"closeCode":1011,"reason":"häh"}',
      'resolved done',
      'resolved undefined',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      null,
    ],
  },
  {
    name: 'the close of the server comes behind messages that are not read',
    async run({ open, log, end, state }) {
      // Two texts and a close frame with 3000.
      const { stream, reader } = await open('/raw?closes&bytes=81016181016288020bb8');
      log(await state(stream.closed));
      log(await end(reader.read()), await end(reader.read()), await end(reader.read()));
      log(await end(stream.closed));
    },
    expected: [
      'resolved {"closeCode":3000,"reason":""}',
      'resolved a',
      'resolved b',
      'resolved done',
      'resolved {"closeCode":3000,"reason":""}',
    ],
    chromium: { log: { '2': 'resolved done' }, because: 'no message in front of a close frame is lost' },
  },
  {
    name: 'messages and the close frame in one chunk, read at once',
    async run({ open, log, end }) {
      const { stream, reader } = await open('/raw?closes&bytes=81016182010588050bb86f7665');
      log(await end(reader.read()), await end(reader.read()), await end(reader.read()));
      log(await end(stream.closed));
    },
    expected: [
      'resolved a',
      'resolved bytes [5]',
      'resolved done',
      'resolved {"closeCode":3000,"reason":"ove"}',
    ],
  },
  {
    name: 'a connection that is lost',
    async run({ open, log, end }) {
      const { stream, reader, writer } = await open('/terminates-on-message');
      const read = reader.read();
      await writer.write('x');
      const ends = [read, reader.closed, writer.closed, writer.ready, stream.closed];
      for (const one of ends) log(await end(one));
      const errors = await Promise.all(
        [read, writer.closed, stream.closed].map((one) =>
          (one as Promise<unknown>).catch((error: unknown) => error),
        ),
      );
      log(errors[0] === errors[1], errors[0] === errors[2]);
      log(await end(writer.write('late')), await end(reader.read()));
      stream.close();
    },
    expected: [
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'resolved undefined',
      'rejected WebSocketError 1006 ""',
      true,
      true,
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
    ],
  },
  {
    name: 'a transport that ends without a close frame',
    async run({ open, log, end }) {
      const { stream, reader, writer } = await open('/raw?bytes=810161&end');
      log(await end(reader.read()), await end(reader.read()));
      log(await end(stream.closed), await end(writer.closed));
    },
    expected: [
      'resolved a',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
    ],
  },
  {
    name: 'a server that breaks the protocol',
    async run({ open, log, end }) {
      const frames = {
        'invalid UTF-8': '8101ff',
        'a masked frame': '81810000000061',
        RSV1: 'c10161',
        'opcode 3': '830161',
        'a continuation of nothing': '800161',
        'a message in a message': '010161810162',
        'a fragmented ping': '090161',
        'a long ping': `897e007e${'00'.repeat(126)}`,
        'a close of one byte': '880103',
        'a close with 999': '880203e7',
        'a close with 1005': '880203ed',
        'a close with bad UTF-8': '88030bb8ff',
      };
      for (const [name, bytes] of Object.entries(frames)) {
        const { stream, reader, writer } = await open(`/raw?bytes=${bytes}`);
        log(name, await end(reader.read()), await end(writer.closed), await end(stream.closed));
      }
    },
    expected: [
      'invalid UTF-8',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a masked frame',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'RSV1',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'opcode 3',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a continuation of nothing',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a message in a message',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a fragmented ping',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a long ping',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a close of one byte',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a close with 999',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a close with 1005',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'a close with bad UTF-8',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
    ],
    chromium: {
      log: { '37': 'resolved done', '38': 'rejected InvalidStateError' },
      because: 'Chromium ends the streams without an error after a close frame with 999',
    },
  },
  {
    name: 'fragments, pings and pongs on the way',
    async run({ open, log, end }) {
      const { stream, reader } = await open('/raw?closes&bytes=0101618900800162020105890170800106880203e8');
      log(await end(reader.read()), await end(reader.read()), await end(reader.read()));
      log(await end(stream.closed));
    },
    expected: [
      'resolved ab',
      'resolved bytes [5,6]',
      'resolved done',
      'resolved {"closeCode":1000,"reason":""}',
    ],
  },
  {
    name: 'a signal that is aborted',
    async run({ WebSocketStream, base, log, end }) {
      const mine = new Error('mine');
      mine.name = 'Mine';
      const before = new AbortController();
      before.abort(mine);
      const first = new WebSocketStream(`${base}/echo`, { signal: before.signal });
      log(await end(first.opened), await end(first.closed));
      first.close();
      const plain = new AbortController();
      plain.abort();
      const second = new WebSocketStream(`${base}/echo`, { signal: plain.signal });
      log(await end(second.opened), await end(second.closed));
      for (const reason of [undefined, mine, 5]) {
        const during = new AbortController();
        const stream = new WebSocketStream(`${base}/silent`, { signal: during.signal });
        during.abort(reason);
        log(await end(stream.opened), await end(stream.closed));
        // No close() follows: Chromium crashes then.
      }
      const later = new AbortController();
      const third = new WebSocketStream(`${base}/silent`, { signal: later.signal });
      await new Promise((resolve) => setTimeout(resolve, 50));
      later.abort(mine);
      log(await end(third.opened), await end(third.closed));
    },
    expected: [
      'rejected Mine',
      'rejected Mine',
      'rejected AbortError',
      'rejected AbortError',
      'rejected AbortError',
      'rejected AbortError',
      'rejected Mine',
      'rejected Mine',
      'rejected 5',
      'rejected 5',
      'rejected Mine',
      'rejected Mine',
    ],
    chromium: {
      log: {
        '0': 'rejected AbortError',
        '1': 'rejected AbortError',
        '6': 'rejected AbortError',
        '7': 'rejected AbortError',
        '8': 'rejected AbortError',
        '9': 'rejected AbortError',
        '10': 'rejected AbortError',
        '11': 'rejected AbortError',
      },
      because: "the signal's reason is told, not a new AbortError",
    },
  },
  {
    name: 'a signal that is aborted after the opening',
    async run({ WebSocketStream, base, log, end, state }) {
      const controller = new AbortController();
      const stream = new WebSocketStream(`${base}/echo`, { signal: controller.signal });
      const { readable, writable } = await stream.opened;
      controller.abort();
      log(await state(stream.closed));
      const writer = writable.getWriter();
      void writer.write('still there');
      log(await end(readable.getReader().read()));
      stream.close();
      log(await end(stream.closed));
    },
    expected: ['pending', 'resolved still there', 'resolved {"closeCode":1005,"reason":""}'],
  },
  {
    name: 'an aborted signal and a URL or subprotocol that cannot be used',
    run({ Make, base, log, thrown }) {
      const signal = AbortSignal.abort();
      log(thrown(() => new Make('ftp://host/', { signal })));
      log(thrown(() => new Make(base, { signal, protocols: ['a', 'a'] })));
    },
    expected: ['SyntaxError', 'SyntaxError'],
    chromium: { log: { '0': 'nothing', '1': 'nothing' }, because: 'mistakes of the program are told first' },
  },
  {
    name: 'canceling the readable',
    async run({ WebSocketError, open, log, end, ask }) {
      const reasons: unknown[] = [
        ...[
          undefined,
          new Error('mine'),
          'text',
          { closeCode: 3000, reason: 'no error' },
          new WebSocketError(),
        ],
        ...[
          new WebSocketError('m', { closeCode: 4001 }),
          new WebSocketError('m', { closeCode: 4002, reason: 'r' }),
        ],
        ...[new WebSocketError('m', { reason: 'only' }), new DOMException('m', 'WebSocketError')],
      ];
      for (const [index, reason] of reasons.entries()) {
        const { stream, reader, writer } = await open(`/noted?id=cancel${index}`);
        log(await end(reader.cancel(reason)));
        log(await end(stream.closed), await ask(`/close-of?id=cancel${index}`));
        log(
          await end(reader.closed),
          await end(reader.read()),
          await end(writer.closed),
          await end(writer.write('x')),
        );
      }
    },
    expected: [
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":4001,"reason":""}',
      '4001 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":4002,"reason":"r"}',
      '4002 "r"',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1000,"reason":"only"}',
      '1000 "only"',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved undefined',
      'resolved done',
      'rejected InvalidStateError',
      'rejected InvalidStateError',
    ],
  },
  {
    name: 'aborting the writable',
    async run({ WebSocketError, open, log, end, ask }) {
      const mine = new Error('mine');
      mine.name = 'Mine';
      const reasons: unknown[] = [
        ...[undefined, mine, { closeCode: 3000 }, new WebSocketError()],
        ...[
          new WebSocketError('m', { closeCode: 4001 }),
          new WebSocketError('m', { closeCode: 4002, reason: 'r' }),
        ],
        ...[new WebSocketError('m', { reason: 'only' })],
      ];
      for (const [index, reason] of reasons.entries()) {
        const { stream, reader, writer } = await open(`/noted?id=abort${index}`);
        log(await end(writer.abort(reason)));
        log(await end(stream.closed), await ask(`/close-of?id=abort${index}`));
        log(
          await end(writer.closed),
          await end(writer.write('x')),
          await end(reader.read()),
          await end(reader.closed),
        );
      }
    },
    expected: [
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'rejected undefined',
      'rejected undefined',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'rejected Mine',
      'rejected Mine',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'rejected {"closeCode":3000}',
      'rejected {"closeCode":3000}',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'rejected WebSocketError null ""',
      'rejected WebSocketError null ""',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":4001,"reason":""}',
      '4001 ""',
      'rejected WebSocketError 4001 ""',
      'rejected WebSocketError 4001 ""',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":4002,"reason":"r"}',
      '4002 "r"',
      'rejected WebSocketError 4002 "r"',
      'rejected WebSocketError 4002 "r"',
      'resolved done',
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":1000,"reason":"only"}',
      '1000 "only"',
      'rejected WebSocketError 1000 "only"',
      'rejected WebSocketError 1000 "only"',
      'resolved done',
      'resolved undefined',
    ],
  },
  {
    name: 'closing the writable',
    async run({ open, log, end, ask }) {
      const { stream, reader, writer } = await open('/noted?id=writer');
      void writer.write('last');
      log(await end(writer.close()));
      log(await end(stream.closed), await ask('/close-of?id=writer'));
      log(await end(reader.read()), await end(reader.read()));
      log(await end(writer.closed));
    },
    expected: [
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
      '1005 ""',
      'resolved last',
      'resolved done',
      'resolved undefined',
    ],
    chromium: {
      isRace: true,
      log: { '3': 'resolved done' },
      because: 'messages are delivered until the close frame of the server',
    },
  },
  {
    name: 'closing the writable of a server that sends more messages',
    async run({ open, log, end }) {
      const { stream, reader, writer } = await open('/says-goodbye');
      const closing = end(writer.close());
      log(await end(reader.read()), await end(reader.read()), await end(reader.read()));
      log(await closing, await end(stream.closed));
    },
    expected: [
      'resolved good',
      'resolved bye',
      'resolved done',
      'resolved undefined',
      'resolved {"closeCode":1005,"reason":""}',
    ],
    chromium: {
      log: { '0': 'resolved done', '1': 'resolved done' },
      because: 'messages are delivered until the close frame of the server',
    },
  },
  {
    name: 'closing the writable of a connection that is then lost',
    async run({ open, log, end }) {
      const { stream, reader, writer } = await open('/terminates-on-close');
      log(await end(writer.close()), await end(writer.closed));
      log(await end(stream.closed), await end(reader.read()));
    },
    expected: [
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
      'rejected WebSocketError 1006 ""',
    ],
    chromium: {
      log: { '0': 'rejected WebSocketError null ""', '1': 'rejected WebSocketError null ""' },
      because: 'all promises have the same error',
    },
  },
  {
    name: 'close, and then the streams',
    async run({ open, log, end }) {
      const { stream, reader, writer } = await open('/echo');
      const read = end(reader.read());
      stream.close({ closeCode: 3000, reason: 'r' });
      log(await end(writer.write('after close')));
      log(await read, await end(stream.closed), await end(writer.closed));
      log(await end(writer.close()), await end(writer.abort()), await end(reader.cancel()));
    },
    expected: [
      'rejected InvalidStateError',
      'resolved done',
      'resolved {"closeCode":3000,"reason":"r"}',
      'rejected InvalidStateError',
      'rejected TypeError',
      'resolved undefined',
      'resolved undefined',
    ],
    chromium: { log: { '0': 'resolved undefined' }, because: 'a message that is not sent is told' },
  },
  {
    name: 'messages that come after close()',
    async run({ open, log, end }) {
      const { stream, reader } = await open('/says-goodbye');
      stream.close();
      log(await end(reader.read()), await end(reader.read()), await end(reader.read()));
      log(await end(stream.closed));
    },
    expected: ['resolved good', 'resolved bye', 'resolved done', 'resolved {"closeCode":1005,"reason":""}'],
    chromium: {
      log: { '0': 'resolved done', '1': 'resolved done' },
      because: 'messages are delivered until the close frame of the server',
    },
  },
  {
    name: 'canceling and aborting both',
    async run({ WebSocketError, open, log, end, ask }) {
      const { stream, reader, writer } = await open('/noted?id=both');
      const abort = end(writer.abort(new WebSocketError('m', { closeCode: 4001 })));
      const cancel = end(reader.cancel(new WebSocketError('m', { closeCode: 4002 })));
      log(await abort, await cancel, await end(stream.closed), await ask('/close-of?id=both'));
    },
    expected: [
      'resolved undefined',
      'resolved undefined',
      'resolved {"closeCode":4001,"reason":""}',
      '4001 ""',
    ],
  },
  {
    name: 'iterating the readable, and leaving it',
    async run({ WebSocketStream, base, log, end, ask }) {
      const stream = new WebSocketStream(`${base}/noted?id=loop`);
      const { readable, writable } = await stream.opened;
      const writer = writable.getWriter();
      for (const text of ['a', 'b', 'c']) void writer.write(text).catch(() => undefined);
      for await (const text of readable as unknown as AsyncIterable<string>) {
        log(text);
        if (text === 'b') break;
      }
      log(await end(stream.closed), await ask('/close-of?id=loop'));
    },
    expected: ['a', 'b', 'resolved {"closeCode":1005,"reason":""}', '1005 ""'],
  },
  {
    name: 'pipes',
    async run({ WebSocketStream, base, log, end }) {
      const stream = new WebSocketStream(`${base}/echo`);
      const { readable, writable } = await stream.opened;
      const source = new ReadableStream({
        start(controller) {
          controller.enqueue('one');
          controller.enqueue('two');
        },
      });
      const controller = new AbortController();
      const pipe = end(source.pipeTo(writable as never, { signal: controller.signal }));
      const reader = readable.getReader();
      log(await end(reader.read()), await end(reader.read()));
      controller.abort();
      log(await pipe, await end(stream.closed));
    },
    expected: [
      'resolved one',
      'resolved two',
      'rejected AbortError',
      'resolved {"closeCode":1005,"reason":""}',
    ],
  },
  {
    name: 'a reader of bytes',
    async run({ WebSocketStream, base, log, thrown, end }) {
      const stream = new WebSocketStream(`${base}/echo`);
      const { readable, writable } = await stream.opened;
      log(thrown(() => readable.getReader({ mode: 'byob' } as never)));
      const writer = writable.getWriter();
      log(writer.desiredSize);
      void writer.write('x');
      log(writer.desiredSize);
      await writer.ready;
      log(writer.desiredSize);
      stream.close();
      log(await end(stream.closed));
    },
    expected: ['TypeError', 1, 0, 1, 'resolved {"closeCode":1005,"reason":""}'],
  },
  {
    name: 'backpressure of a reader that does not read',
    async run({ open, log, ask }) {
      const { stream, reader } = await open('/flood?id=flood');
      let waiting = -1;
      // The same number of bytes waits at the server five times in a row, or none.
      for (let same = 0; same < 5 && waiting !== 0;) {
        const now = Number(await ask('/waiting?id=flood'));
        same = now === waiting ? same + 1 : 0;
        waiting = now;
      }
      log(waiting > 0);
      let [count, inOrder] = [0, true];
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (new Uint8Array(next.value as Uint8Array)[0] !== count) inOrder = false;
        count++;
      }
      log(count, inOrder, JSON.stringify(await stream.closed));
    },
    expected: [true, 64, true, '{"closeCode":3000,"reason":""}'],
  },
  {
    name: 'backpressure of a server that does not read',
    async run({ open, log, ask }) {
      const { stream, writer } = await open('/paused?id=paused');
      let written = 0;
      const writes: Promise<void>[] = [];
      for (let index = 0; index < 96; index++)
        writes.push(
          writer.write(new Uint8Array(1 << 20)).then(() => {
            written++;
          }),
        );
      log(writer.desiredSize);
      let before = -1;
      for (let same = 0; same < 5;) {
        await ask('/url');
        same = written === before ? same + 1 : 0;
        before = written;
      }
      log(written < 96);
      log(await ask('/resume?id=paused'));
      await Promise.all(writes);
      await writer.ready;
      log(written, writer.desiredSize);
      stream.close();
      log(JSON.stringify(await stream.closed), await ask('/received?id=paused'));
    },
    expected: [-95, true, 'resumed', 96, 1, '{"closeCode":1005,"reason":""}', '100663296'],
  },
];
