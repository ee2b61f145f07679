/**
 * The behaviour of a WebSocket as a program sees it, case by case. A case is a function that runs on any platform,
 * and the log that it must write there. The function goes to a browser as text, so it uses only its parameter.
 */
import type { CloseEvent, WebSocket as OurWebSocket } from '../../lib/index.js';

/** A message event with text. */
type TextEvent = MessageEvent & { readonly data: string };

export interface Tools {
  readonly WebSocket: typeof OurWebSocket;
  readonly CloseEvent: typeof CloseEvent;
  /** `ws://127.0.0.1:port`, or with `wss:`. */
  readonly base: string;
  log(...entries: unknown[]): void;
  /** Waits for the next event of the type. The caller goes on in the task of that event. */
  next<E extends Event = Event>(target: EventTarget, type: string): Promise<E>;
  /** Logs every event with the state at that moment, until the end of the WebSocket. */
  watch(socket: OurWebSocket): Promise<void>;
  /** The name of the error that the function throws; 'nothing' if it throws none. */
  thrown(call: () => unknown): string;
  /** Waits for a turn of the event loop. */
  task(): Promise<void>;
}

export interface Case {
  readonly name: string;
  readonly run: (tools: Tools) => unknown;
  readonly expected: readonly unknown[];
  /** Whether the case gives up many openings: browsers make later openings wait for them. */
  readonly abandons?: true;
  /** Whether the case tests the class itself, and not its instances. */
  readonly isOfClass?: true;
  /** Entries of Chromium's log that differ, by index, and the reason for ours. */
  readonly chromium?: { readonly log: Readonly<Record<number, unknown>>; readonly because: string };
}

/** Makes the tools of a case, on each platform. The text of this function goes to the browser. */
export function makeTools(
  WebSocket: Tools['WebSocket'],
  closeEvent: Tools['CloseEvent'],
  base: string,
  entries: unknown[],
): Tools {
  const log = (...more: unknown[]): void => void entries.push(...more);
  const next = <E extends Event>(target: EventTarget, type: string): Promise<E> =>
    new Promise((resolve) => {
      target.addEventListener(type, (event) => resolve(event as E), { once: true });
    });
  return {
    WebSocket,
    CloseEvent: closeEvent,
    base,
    log,
    next,
    async watch(socket) {
      socket.addEventListener('open', () => log(`open ${socket.readyState}`));
      socket.addEventListener('message', ({ data }) =>
        log(`message ${socket.readyState} ${typeof data === 'string' ? data : String(data)}`),
      );
      socket.addEventListener('error', () => log(`error ${socket.readyState}`));
      const { code, reason, wasClean } = await next<CloseEvent>(socket, 'close');
      log(`close ${socket.readyState} ${code} ${reason} ${wasClean}`);
    },
    thrown(call) {
      try {
        call();
        return 'nothing';
      } catch (error) {
        return (error as Error).name;
      }
    },
    task: () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        (port1 as unknown as { onmessage: () => void }).onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(0);
      }),
  };
}

export const cases: readonly Case[] = [
  {
    name: 'conversion of arguments comes before all checks',
    isOfClass: true,
    run({ WebSocket, base, log, thrown }) {
      const make = WebSocket as unknown as new (...args: unknown[]) => OurWebSocket;
      log(thrown(() => new make()));
      log(thrown(() => new make('no URL', Symbol('x'))));
      log(thrown(() => new make(Symbol('x'))));
      log(thrown(() => new make('no URL', 'no protocol')));
      log(thrown(() => new make(base, [Symbol('x')])));
      log(thrown(() => new make(base, { [Symbol.iterator]: 5 })));
      log(thrown(() => new make(base, ['ok', {}])));
      log(thrown(() => (WebSocket as unknown as (url: string) => void)(base)));
      const order: string[] = [];
      const noting = (name: string, value: string): object => ({
        toString() {
          order.push(name);
          return value;
        },
      });
      log(thrown(() => new make(noting('url', 'no URL'), [noting('first', 'a'), noting('second', 'a')])));
      log(order.join());
    },
    expected: [
      'TypeError',
      'TypeError',
      'TypeError',
      'SyntaxError',
      'TypeError',
      'TypeError',
      'SyntaxError',
      'TypeError',
      'SyntaxError',
      'url,first,second',
    ],
  },
  {
    name: 'URLs',
    abandons: true,
    run({ WebSocket, base, log, thrown }) {
      const { host } = new URL(base);
      for (const url of [
        `http://${host}/a b?c d`,
        `HTTPS://${host}`,
        `WS://${host}/ä?ö`,
        `ws://user:pass@${host}/`,
        `ws://${host.replace('127.0.0.1', '0x7f.1')}/\ud800`,
        `wss://${host}/a/../b`,
        'ws://example.invalid:80/',
        'wss://example.invalid:443/',
        `ws://${host}/?`,
        `ws:${host}/x`,
        'wss:/EXAMPLE.invalid',
        `ws://${host}?x\0y`,
        new URL(`ws://${host}/url`),
      ]) {
        const socket = new WebSocket(url);
        log(socket.url.replace(host, 'HOST'));
        socket.close();
      }
      for (const url of [
        'ws:',
        'ws://',
        'ws://foo bar/',
        'ftp://host/',
        'about:blank',
        'mailto:a@b.c',
        'data:text/plain,x',
        'blob:x',
        `${base}/#`,
        `${base}/#x`,
        'ws://host:65536/',
        'ws://[::1',
      ])
        log(thrown(() => new WebSocket(url)));
    },
    chromium: {
      log: { 15: 'nothing' },
      because: 'a host has no spaces (WHATWG URL, forbidden host code points)',
    },
    expected: [
      'ws://HOST/a%20b?c%20d',
      'wss://HOST/',
      'ws://HOST/%C3%A4?%C3%B6',
      'ws://user:pass@HOST/',
      'ws://HOST/%EF%BF%BD',
      'wss://HOST/b',
      'ws://example.invalid/',
      'wss://example.invalid/',
      'ws://HOST/?',
      'ws://HOST/x',
      'wss://example.invalid/',
      'ws://HOST/?x%00y',
      'ws://HOST/url',
      ...Array<string>(12).fill('SyntaxError'),
    ],
  },
  {
    name: 'relative URLs, where there is a location',
    abandons: true,
    run({ WebSocket, log }) {
      const { host } = (globalThis as unknown as { location: URL }).location;
      for (const url of ['', '/path', '?query', '//other.invalid/x', 'https:relative']) {
        const socket = new WebSocket(url);
        log(socket.url.replace(host, 'HOST'));
        socket.close();
      }
      try {
        new WebSocket('#fragment');
      } catch (error) {
        log((error as Error).name);
      }
    },
    expected: [
      'ws://HOST/page',
      'ws://HOST/path',
      'ws://HOST/page?query',
      'ws://other.invalid/x',
      'wss://relative/',
      'SyntaxError',
    ],
  },
  {
    name: 'subprotocols',
    abandons: true,
    run({ WebSocket, base, log, thrown }) {
      for (const protocols of [
        '',
        ' ',
        'a b',
        'a,b',
        'ä',
        '\x7f',
        '\0',
        'a\r\nb',
        '(a)',
        ['a', 'a'],
        ['a', 'A'],
        [''],
        null,
        undefined,
        [],
        5,
        new Set(['a', 'b']),
      ])
        log(thrown(() => new WebSocket(base, protocols as string).close()));
    },
    chromium: {
      log: { 10: 'nothing' },
      because: 'those that differ in case alone are the same to the web-platform-tests',
    },
    expected: [
      ...Array<string>(12).fill('SyntaxError'),
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
    ],
  },
  {
    name: 'every character of a subprotocol up to U+00FF',
    abandons: true,
    run({ WebSocket, base, log }) {
      let allowed = '';
      for (let code = 0; code < 256; code++) {
        const character = String.fromCharCode(code);
        try {
          new WebSocket(base, `a${character}b`).close();
          allowed += character;
        } catch (error) {
          if ((error as Error).name !== 'SyntaxError') log(error);
        }
      }
      log(allowed);
    },
    expected: ["!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"],
  },
  {
    name: 'a subprotocol has to be chosen, and one of those offered',
    async run({ WebSocket, base, log, next }) {
      for (const [line, protocols] of [
        ['', ['a', 'b']],
        ['Sec-WebSocket-Protocol: b', ['a', 'b']],
        ['Sec-WebSocket-Protocol: B', ['a', 'b']],
        ['Sec-WebSocket-Protocol: c', ['a', 'b']],
        ['Sec-WebSocket-Protocol: a', []],
        ['Sec-WebSocket-Protocol: a, b', ['a', 'b']],
        ['Sec-WebSocket-Extensions: foo', []],
      ] as const) {
        const socket = new WebSocket(
          `${base}/header${line === '' ? '' : `?line=${encodeURIComponent(line)}`}`,
          [...protocols],
        );
        const opened = next(socket, 'open').then(() => {
          log(`open "${socket.protocol}" "${socket.extensions}"`);
          socket.close();
        });
        const { code } = await next<CloseEvent>(socket, 'close');
        log(code);
        void opened;
      }
    },
    expected: [1006, 'open "b" ""', 1005, 1006, 1006, 1006, 1006, 1006],
  },
  {
    name: 'the descriptors of the interface',
    isOfClass: true,
    run({ WebSocket, CloseEvent, log }) {
      const describe = (target: object, name: string): string => {
        const found = Object.getOwnPropertyDescriptor(target, name);
        if (found === undefined) return `${name}: none`;
        const { get, set, value, enumerable, writable, configurable } = found;
        const what =
          get !== undefined
            ? `${get.name}${set === undefined ? '' : ` ${set.name}`}`
            : typeof value === 'function'
              ? `${(value as () => void).name}/${(value as () => void).length}`
              : typeof value === 'object'
                ? 'object'
                : String(value as number);
        return `${name}: ${what} ${[enumerable && 'enumerable', writable && 'writable', configurable && 'configurable'].filter(Boolean).join(' ')}`;
      };
      for (const name of [
        'url',
        'readyState',
        'bufferedAmount',
        'extensions',
        'protocol',
        'binaryType',
        'onopen',
        'onmessage',
        'onerror',
        'onclose',
        'send',
        'close',
        'CONNECTING',
        'CLOSED',
        'constructor',
      ])
        log(describe(WebSocket.prototype, name));
      for (const name of ['length', 'name', 'prototype', 'OPEN', 'CLOSING']) log(describe(WebSocket, name));
      for (const name of ['wasClean', 'code', 'reason']) log(describe(CloseEvent.prototype, name));
      for (const name of ['length', 'name', 'prototype']) log(describe(CloseEvent, name));
      log(
        Object.prototype.toString.call(WebSocket.prototype),
        Object.prototype.toString.call(CloseEvent.prototype),
        Object.getPrototypeOf(WebSocket) === EventTarget,
        Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype,
        Object.getPrototypeOf(CloseEvent) === Event,
      );
      const tag = Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)!;
      log(`${tag.enumerable} ${tag.writable} ${tag.configurable}`);
    },
    expected: [
      'url: get url enumerable configurable',
      'readyState: get readyState enumerable configurable',
      'bufferedAmount: get bufferedAmount enumerable configurable',
      'extensions: get extensions enumerable configurable',
      'protocol: get protocol enumerable configurable',
      'binaryType: get binaryType set binaryType enumerable configurable',
      'onopen: get onopen set onopen enumerable configurable',
      'onmessage: get onmessage set onmessage enumerable configurable',
      'onerror: get onerror set onerror enumerable configurable',
      'onclose: get onclose set onclose enumerable configurable',
      'send: send/1 enumerable writable configurable',
      'close: close/0 enumerable writable configurable',
      'CONNECTING: 0 enumerable',
      'CLOSED: 3 enumerable',
      'constructor: WebSocket/1 writable configurable',
      'length: 1 configurable',
      'name: WebSocket configurable',
      'prototype: object ',
      'OPEN: 1 enumerable',
      'CLOSING: 2 enumerable',
      'wasClean: get wasClean enumerable configurable',
      'code: get code enumerable configurable',
      'reason: get reason enumerable configurable',
      'length: 1 configurable',
      'name: CloseEvent configurable',
      'prototype: object ',
      '[object WebSocket]',
      '[object CloseEvent]',
      true,
      true,
      true,
      'false false true',
    ],
  },
  {
    name: 'members on something else',
    run({ WebSocket, CloseEvent, log, thrown }) {
      const { prototype } = WebSocket;
      for (const name of [
        'url',
        'readyState',
        'bufferedAmount',
        'extensions',
        'protocol',
        'binaryType',
        'onopen',
        'onmessage',
        'onerror',
        'onclose',
      ])
        log(thrown(() => Reflect.get(prototype, name)));
      log(thrown(() => prototype.send.call({} as never, 'x')));
      log(thrown(() => prototype.close.call(new EventTarget() as never)));
      log(thrown(() => ((prototype as { binaryType: string }).binaryType = 'blob')));
      log(thrown(() => CloseEvent.prototype.code));
    },
    expected: Array<string>(14).fill('TypeError'),
  },
  {
    name: 'properties that cannot be set, deleted, or only on the object',
    run({ WebSocket, base, log, thrown }) {
      const socket = new WebSocket(base);
      for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'OPEN']) {
        log(Reflect.set(socket, name, 5), Reflect.get(socket, name) === 5);
        delete (socket as unknown as Record<string, unknown>)[name];
      }
      log(
        socket.readyState,
        socket.OPEN,
        thrown(() => Object.defineProperty(socket, 'url', { value: 'own' })),
        socket.url,
      );
      Object.assign(socket, { send: 5 });
      log(socket.send);
      log(Object.keys(socket).join());
      socket.close();
    },
    expected: [...Array<boolean>(12).fill(false), 0, 1, 'nothing', 'own', 5, 'send'],
  },
  {
    name: 'CloseEvent',
    run({ CloseEvent, log, thrown }) {
      const make = CloseEvent as unknown as new (...args: unknown[]) => CloseEvent;
      const tell = (...args: unknown[]): void => {
        const { type, bubbles, cancelable, code, reason, wasClean } = new make(...args);
        log([type, bubbles, cancelable, code, reason, wasClean].join());
      };
      tell('close');
      tell('x', null);
      tell('x', undefined);
      tell('x', { bubbles: true, cancelable: 1, code: 1000, reason: 'r', wasClean: 'yes' });
      tell('x', { code: 65537, reason: null, wasClean: 0 });
      tell('x', { code: -1, reason: undefined });
      tell('x', { code: '3.9', reason: 'a\ud800' });
      tell('x', { code: Infinity });
      log(thrown(() => new make()));
      log(thrown(() => new make('x', 5)));
      log(thrown(() => new make('x', { code: 5n })));
      log(thrown(() => new make('x', { reason: Symbol('x') })));
      const read: string[] = [];
      const noting = (_: object, name: string | symbol): void => {
        // Node's Event reads symbols of its own.
        if (typeof name === 'string') read.push(name);
      };
      new make('x', new Proxy({}, { get: noting }));
      log(read.join());
      log(new make('x') instanceof Event);
    },
    chromium: {
      log: { 6: 'x,false,false,3,a\ud800,false' },
      because: 'the reason is a USVString',
    },
    expected: [
      'close,false,false,0,,false',
      'x,false,false,0,,false',
      'x,false,false,0,,false',
      'x,true,true,1000,r,true',
      'x,false,false,1,null,false',
      'x,false,false,65535,,false',
      'x,false,false,3,a\ufffd,false',
      'x,false,false,0,,false',
      'TypeError',
      'TypeError',
      'TypeError',
      'TypeError',
      'bubbles,cancelable,composed,code,reason,wasClean',
      true,
    ],
  },
  {
    name: 'attributes of event handlers',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      const order: string[] = [];
      const target = socket as unknown as Record<string, unknown>;
      for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) {
        const values: unknown[] = [target[name]];
        for (const value of [5, 'text', undefined, Symbol('x'), null]) {
          target[name] = () => {};
          target[name] = value;
          values.push(target[name]);
        }
        const object = { handleEvent: () => order.push('handleEvent') };
        target[name] = object;
        values.push(target[name] === object);
        target[name] = null;
        log(values.join());
      }
      socket.onopen = () => order.push('first');
      socket.addEventListener('open', () => order.push('listener'));
      socket.onopen = function (event) {
        order.push(
          `replaced ${this === socket} ${event.target === socket} ${event.currentTarget === socket}`,
        );
      };
      socket.onmessage = () => order.push('early');
      socket.onmessage = null;
      socket.addEventListener('message', () => order.push('message listener'));
      socket.onmessage = () => order.push('late');
      socket.addEventListener('message', { handleEvent: () => order.push('object listener') });
      await next(socket, 'open');
      socket.send('x');
      await next(socket, 'message');
      log(...order);
      socket.close();
      await next(socket, 'close');
    },
    expected: [
      ...Array<string>(4).fill(',,,,,,true'),
      'replaced true true true',
      'listener',
      'message listener',
      'late',
      'object listener',
    ],
  },
  {
    name: 'properties of the events',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      const tell = (event: Event): void =>
        log(
          [
            event.type,
            Object.prototype.toString.call(event),
            event.bubbles,
            event.cancelable,
            event.composed,
            event.defaultPrevented,
            event.eventPhase,
            event.composedPath().length,
          ].join(),
        );
      for (const type of ['open', 'message', 'close']) socket.addEventListener(type, tell);
      await next(socket, 'open');
      socket.send('x');
      const message = await next<MessageEvent>(socket, 'message');
      log(message.origin === base, message.lastEventId, message.source, message.ports.length);
      socket.close();
      await next(socket, 'close');
      const failed = new WebSocket(`${base}/status?code=404`);
      failed.addEventListener('error', tell);
      await next(failed, 'error');
    },
    expected: [
      'open,[object Event],false,false,false,false,2,1',
      'message,[object MessageEvent],false,false,false,false,2,1',
      true,
      '',
      null,
      0,
      'close,[object CloseEvent],false,false,false,false,2,1',
      'error,[object Event],false,false,false,false,2,1',
    ],
  },
  {
    name: 'events made by the program',
    run({ WebSocket, base, log, CloseEvent }) {
      const socket = new WebSocket(base);
      for (const name of ['open', 'message', 'error', 'close']) {
        Reflect.set(socket, `on${name}`, (event: Event) => log(event.type, event.isTrusted));
        socket.dispatchEvent(name === 'close' ? new CloseEvent(name) : new Event(name));
      }
      log(socket.readyState);
      socket.close();
    },
    expected: ['open', false, 'message', false, 'error', false, 'close', false, 0],
  },
  {
    name: 'the states of a WebSocket',
    async run({ WebSocket, base, log, watch }) {
      const socket = new WebSocket(`${base}/echo`);
      log(socket.readyState, socket.protocol, socket.extensions, socket.binaryType, socket.bufferedAmount);
      socket.onopen = () => socket.send('a');
      socket.onmessage = () => {
        socket.close();
        log(socket.readyState);
      };
      await watch(socket);
    },
    expected: [0, '', '', 'blob', 0, 'open 1', 2, 'message 2 a', 'close 3 1005  true'],
  },
  {
    name: 'sending in every state',
    async run({ WebSocket, base, log, thrown, next }) {
      const socket = new WebSocket(`${base}/echo`);
      log(thrown(() => socket.send('x')));
      log(thrown(() => socket.send('\ud800')));
      log(thrown(() => (socket.send as () => void)()));
      log(socket.bufferedAmount);
      await next(socket, 'open');
      log(
        thrown(() => (socket.send as () => void)()),
        String(socket.send('x')),
      );
      await next(socket, 'message');
      socket.close();
      log(
        thrown(() => socket.send('four')),
        socket.bufferedAmount,
      );
      log(thrown(() => (socket.send as () => void)()));
      await next(socket, 'close');
      log(
        thrown(() => socket.send('äöü')),
        socket.bufferedAmount,
      );
      log(
        thrown(() => socket.send(new Uint8Array(5))),
        socket.bufferedAmount,
      );
      log(
        thrown(() => socket.send(new Blob(['123456']))),
        socket.bufferedAmount,
      );
      log(
        thrown(() => socket.send('\ud800')),
        socket.bufferedAmount,
      );
    },
    expected: [
      'InvalidStateError',
      'InvalidStateError',
      'TypeError',
      0,
      'TypeError',
      'undefined',
      'nothing',
      4,
      'TypeError',
      'nothing',
      10,
      'nothing',
      15,
      'nothing',
      21,
      'nothing',
      24,
    ],
  },
  {
    name: 'what can be sent',
    async run({ WebSocket, base, log, next, thrown }) {
      const socket = new WebSocket(`${base}/echo`);
      socket.binaryType = 'arraybuffer';
      await next(socket, 'open');
      const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      const { buffer } = bytes;
      const send = socket.send.bind(socket) as (data: unknown) => void;
      for (const data of [
        '',
        'text',
        'a\udc00xb\ud800xc\udc00\ud800x',
        '\ud834\udd1e',
        null,
        undefined,
        5,
        true,
        { toString: () => 'object' },
        ['a', ['b']],
        new String('string object'),
        buffer,
        new ArrayBuffer(0),
        new Uint8Array(buffer, 2, 3),
        new Int8Array(buffer, 5),
        new Uint16Array(buffer, 2, 2),
        new Int32Array(buffer, 4),
        new Float64Array(buffer, 8),
        new DataView(buffer, 3, 4),
        new Blob([]),
        new Blob(['ab', bytes.subarray(0, 2)]),
      ]) {
        send(data);
        const { data: answer } = await next<MessageEvent>(socket, 'message');
        log(
          typeof answer === 'string'
            ? answer
            : `${Object.prototype.toString.call(answer)} ${Array.from(new Uint8Array(answer as ArrayBuffer)).join()}`,
        );
      }
      log(thrown(() => send(Symbol('x'))));
      log(
        thrown(() =>
          send({
            toString() {
              throw new RangeError('x');
            },
          }),
        ),
      );
      socket.close();
      await next(socket, 'close');
    },
    expected: [
      '',
      'text',
      'a\ufffdxb\ufffdxc\ufffd\ufffdx',
      '\ud834\udd1e',
      'null',
      'undefined',
      '5',
      'true',
      'object',
      'a,b',
      'string object',
      '[object ArrayBuffer] 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15',
      '[object ArrayBuffer] ',
      '[object ArrayBuffer] 2,3,4',
      '[object ArrayBuffer] 5,6,7,8,9,10,11,12,13,14,15',
      '[object ArrayBuffer] 2,3,4,5',
      '[object ArrayBuffer] 4,5,6,7,8,9,10,11,12,13,14,15',
      '[object ArrayBuffer] 8,9,10,11,12,13,14,15',
      '[object ArrayBuffer] 3,4,5,6',
      '[object ArrayBuffer] ',
      '[object ArrayBuffer] 97,98,0,1',
      'TypeError',
      'RangeError',
    ],
  },
  {
    name: 'memory that is shared, resizable or detached',
    async run({ WebSocket, base, log, next, thrown }) {
      const socket = new WebSocket(`${base}/echo`);
      socket.binaryType = 'arraybuffer';
      await next(socket, 'open');
      const send = socket.send.bind(socket) as (data: unknown) => void;
      const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
      const resizable = new Resizable(4, { maxByteLength: 8 });
      log(
        thrown(() => send(resizable)),
        socket.bufferedAmount,
      );
      log(
        thrown(() => send(new Uint8Array(resizable))),
        socket.bufferedAmount,
      );
      const detached = new ArrayBuffer(4);
      const view = new Uint8Array(detached);
      structuredClone(detached, { transfer: [detached] });
      log(
        thrown(() => send(detached)),
        socket.bufferedAmount,
      );
      log(
        thrown(() => send(view)),
        socket.bufferedAmount,
      );
      // Only if the page may have shared memory.
      if (typeof SharedArrayBuffer === 'function') {
        log(
          thrown(() => send(new SharedArrayBuffer(4))),
          socket.bufferedAmount,
        );
        log(
          thrown(() => send(new Uint8Array(new SharedArrayBuffer(4)))),
          socket.bufferedAmount,
        );
      }
      socket.close();
      await next(socket, 'close');
    },
    expected: ['TypeError', 0, 'TypeError', 0, 'nothing', 0, 'nothing', 0, 'TypeError', 0, 'TypeError', 0],
  },
  {
    name: 'data is what it was when it was sent, and comes in order',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      socket.binaryType = 'arraybuffer';
      await next(socket, 'open');
      const bytes = new Uint8Array(100_000).fill(1);
      socket.send(bytes);
      bytes.fill(2);
      socket.send(new Blob(['blob']));
      socket.send('text');
      socket.send(bytes.subarray(0, 2));
      log(socket.bufferedAmount);
      for (let index = 0; index < 4; index++) {
        const { data } = await next<MessageEvent>(socket, 'message');
        if (typeof data === 'string') log(data);
        else {
          const all = new Uint8Array(data as ArrayBuffer);
          log(`${all.length} ${all[0]} ${all[all.length - 1]}`);
        }
      }
      log(socket.bufferedAmount);
      socket.close();
      await next(socket, 'close');
    },
    expected: [100_010, '100000 1 1', '4 98 98', 'text', '2 2 2', 0],
  },
  {
    name: 'bufferedAmount changes between tasks only',
    async run({ WebSocket, base, log, next, task }) {
      const socket = new WebSocket(`${base}/echo`);
      await next(socket, 'open');
      socket.send('x');
      log(socket.bufferedAmount);
      for (let index = 0; index < 100; index++) await Promise.resolve();
      log(socket.bufferedAmount);
      socket.send('ä');
      log(socket.bufferedAmount);
      while (socket.bufferedAmount !== 0) await task();
      log(socket.bufferedAmount);
      const large = 'x'.repeat(65_000);
      socket.send(large);
      log(socket.bufferedAmount);
      socket.close();
      log(socket.bufferedAmount);
      await next(socket, 'close');
      log(socket.bufferedAmount);
      socket.send('abc');
      await task();
      log(socket.bufferedAmount);
    },
    expected: [1, 1, 3, 0, 65_000, 65_000, 0, 3],
  },
  {
    name: 'promises are settled between the messages of one chunk',
    async run({ WebSocket, base, log, next }) {
      const bytes = '810131810132810133';
      const socket = new WebSocket(`${base}/raw?bytes=${bytes}`);
      let count = 0;
      socket.onopen = () => {
        log('open');
        void Promise.resolve().then(() => log('after open'));
        queueMicrotask(() => queueMicrotask(() => log('long after open')));
      };
      socket.onmessage = ({ data }) => {
        log(data);
        void Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => log(`after ${data}`));
        if (++count === 3) socket.close();
      };
      await next(socket, 'close');
      log('close');
    },
    expected: [
      'open',
      'after open',
      'long after open',
      '1',
      'after 1',
      '2',
      'after 2',
      '3',
      'after 3',
      'close',
    ],
  },
  {
    name: 'messages and a close frame in one chunk',
    async run({ WebSocket, base, watch }) {
      await watch(new WebSocket(`${base}/raw?closes&bytes=810131810132810133880310e161`));
    },
    expected: ['open 1', 'message 1 1', 'message 1 2', 'message 1 3', 'close 3 4321 a true'],
  },
  {
    name: 'a close frame in one chunk with the handshake',
    async run({ WebSocket, base, watch }) {
      await watch(new WebSocket(`${base}/raw?closes&bytes=8800`));
    },
    expected: ['open 1', 'close 3 1005  true'],
  },
  {
    name: 'answers to messages leave before the close frame is answered',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/closes-on-message`);
      await next(socket, 'open');
      socket.send('first');
      socket.send('second');
      const { code, reason, wasClean } = await next<CloseEvent>(socket, 'close');
      log(code, reason, wasClean, socket.bufferedAmount);
    },
    expected: [4000, 'first', true, 0],
  },
  {
    name: 'nothing comes after close has been called',
    async run({ WebSocket, base, log, watch }) {
      const socket = new WebSocket(`${base}/raw?bytes=810131810132`);
      socket.onmessage = () => {
        socket.close(3000, 'enough');
        log(socket.readyState);
      };
      await watch(socket);
    },
    expected: ['open 1', 2, 'message 2 1', 'close 3 3000 enough true'],
  },
  {
    name: 'codes to close with',
    abandons: true,
    async run({ WebSocket, base, log, thrown, next }) {
      for (const code of [
        1000,
        3000,
        4999,
        999,
        1001,
        1005,
        1006,
        1011,
        2999,
        5000,
        0,
        -1,
        65_536 + 1000,
        NaN,
        'string',
        '3000',
        null,
        Infinity,
        {},
        [3000],
        3000n,
        Symbol('x'),
      ] as never[]) {
        const socket = new WebSocket(`${base}/echo`);
        const result = thrown(() => socket.close(code));
        log(`${String(code)}: ${result} ${socket.readyState}`);
        socket.close();
      }
      const socket = new WebSocket(`${base}/echo`);
      await next(socket, 'open');
      socket.close('4000' as never, 5 as never);
      const { code, reason } = await next<CloseEvent>(socket, 'close');
      log(code, reason);
      log(
        thrown(() => socket.close(5)),
        thrown(() => socket.close(1000, 'x'.repeat(124))),
        thrown(() => socket.close()),
      );
    },
    expected: [
      '1000: nothing 2',
      '3000: nothing 2',
      '4999: nothing 2',
      '999: InvalidAccessError 0',
      '1001: InvalidAccessError 0',
      '1005: InvalidAccessError 0',
      '1006: InvalidAccessError 0',
      '1011: InvalidAccessError 0',
      '2999: InvalidAccessError 0',
      '5000: InvalidAccessError 0',
      '0: InvalidAccessError 0',
      '-1: InvalidAccessError 0',
      '66536: InvalidAccessError 0',
      'NaN: InvalidAccessError 0',
      'string: InvalidAccessError 0',
      '3000: nothing 2',
      'null: InvalidAccessError 0',
      'Infinity: InvalidAccessError 0',
      '[object Object]: InvalidAccessError 0',
      '3000: nothing 2',
      '3000: TypeError 0',
      'Symbol(x): TypeError 0',
      4000,
      '5',
      'InvalidAccessError',
      'SyntaxError',
      'nothing',
    ],
  },
  {
    name: 'fractions of codes to close with',
    abandons: true,
    run({ WebSocket, base, log, thrown }) {
      for (const code of [2999.5, 2999.4, 4998.5, 4999.5, 1000.5, 999.6]) {
        const socket = new WebSocket(`${base}/echo`);
        log(thrown(() => socket.close(code)));
        socket.close();
      }
    },
    // Rounds to the nearest integer, from the middle to the even one.
    chromium: {
      log: { 0: 'InvalidAccessError', 3: 'nothing', 5: 'InvalidAccessError' },
      because: '[Clamp] rounds, and to even from the middle',
    },
    expected: ['nothing', 'InvalidAccessError', 'nothing', 'InvalidAccessError', 'nothing', 'nothing'],
  },
  {
    name: 'reasons to close with',
    async run({ WebSocket, base, log, thrown, next }) {
      const socket = new WebSocket(`${base}/echo`);
      log(thrown(() => socket.close(1000, 'x'.repeat(124))));
      log(thrown(() => socket.close(1000, 'ä'.repeat(62))));
      log(thrown(() => socket.close(1000, '\ud800'.repeat(42))));
      log(thrown(() => socket.close(5, 'x'.repeat(124))));
      log(thrown(() => socket.close(5, Symbol('x') as never)));
      log(thrown(() => socket.close(undefined, 'x'.repeat(124))));
      log(socket.readyState);
      socket.close();
      for (const args of [
        [1000, 'x'.repeat(123)],
        [1000, '\ud800a'],
        [3001, undefined],
        [1000, null],
        [undefined, undefined],
        [undefined, ''],
        [undefined, 'reason alone'],
        [4000, ''],
      ] as never[][]) {
        const one = new WebSocket(`${base}/echo`);
        await next(one, 'open');
        log(thrown(() => one.close(...args)));
        one.close();
        const { code, reason, wasClean } = await next<CloseEvent>(one, 'close');
        log(`${code} ${reason.replace(/x+/, (all) => String(all.length))} ${wasClean}`);
      }
    },
    chromium: {
      log: { 5: 'InvalidAccessError', 17: 'InvalidAccessError', 19: 'InvalidAccessError', 20: '1005  true' },
      because: 'an undefined code is an absent one',
    },
    expected: [
      'SyntaxError',
      'SyntaxError',
      'SyntaxError',
      'InvalidAccessError',
      'TypeError',
      'SyntaxError',
      0,
      'nothing',
      '1000 123 true',
      'nothing',
      '1000 \ufffda true',
      'nothing',
      '3001  true',
      'nothing',
      '1000 null true',
      'nothing',
      '1005  true',
      'nothing',
      '1005  true',
      'nothing',
      '1000 reason alone true',
      'nothing',
      '4000  true',
    ],
  },
  {
    name: 'closing while connecting',
    async run({ WebSocket, base, log, watch }) {
      for (const path of ['/echo', '/silent', '/status?code=403']) {
        const socket = new WebSocket(base + path);
        const ended = watch(socket);
        socket.close(1000, 'reason');
        log(socket.readyState);
        socket.close();
        await ended;
        socket.close();
        log(socket.readyState, socket.protocol, socket.extensions);
      }
    },
    expected: Array<unknown[]>(3).fill([2, 'error 3', 'close 3 1006  false', 3, '', '']).flat(),
  },
  {
    name: 'closing in the handlers of open, error and close',
    async run({ WebSocket, base, log, watch }) {
      const socket = new WebSocket(`${base}/echo`);
      socket.onopen = () => socket.close();
      socket.onclose = () => {
        socket.close();
        log(socket.readyState);
      };
      await watch(socket);
      const failed = new WebSocket(`${base}/status?code=500`);
      failed.onerror = () => {
        failed.close();
        log(failed.readyState);
      };
      await watch(failed);
    },
    expected: ['open 2', 3, 'close 3 1005  true', 3, 'error 3', 'close 3 1006  false'],
  },
  {
    name: 'close frames of the server',
    async run({ WebSocket, base, watch }) {
      for (const query of [
        '',
        '?code=1000',
        '?code=1001&reason=away',
        '?code=1011',
        '?code=3333&reason=ä',
        '?code=4999',
      ])
        await watch(new WebSocket(`${base}/close${query}`));
    },
    expected: [
      'open 1',
      'close 3 1005  true',
      'open 1',
      'close 3 1000  true',
      'open 1',
      'close 3 1001 away true',
      'open 1',
      'close 3 1011  true',
      'open 1',
      'close 3 3333 ä true',
      'open 1',
      'close 3 4999  true',
    ],
  },
  {
    name: 'answers that are no handshake',
    async run({ WebSocket, base, watch, log }) {
      for (const path of [
        '/status?code=200',
        '/status?code=302',
        '/status?code=401',
        '/status?code=404',
        '/wrong-accept',
      ]) {
        log(path);
        await watch(new WebSocket(base + path));
      }
    },
    expected: [
      '/status?code=200',
      '/status?code=302',
      '/status?code=401',
      '/status?code=404',
      '/wrong-accept',
    ]
      .map((path) => [path, 'error 3', 'close 3 1006  false'])
      .flat(),
  },
  {
    name: 'no server, and blocked ports',
    async run({ WebSocket, watch }) {
      await watch(new WebSocket('ws://127.0.0.1:6667/'));
      await watch(new WebSocket('ws://127.0.0.1:1/'));
    },
    expected: ['error 3', 'close 3 1006  false', 'error 3', 'close 3 1006  false'],
  },
  {
    name: 'violations of the server',
    async run({ WebSocket, base, log, watch }) {
      for (const bytes of [
        'c100',
        '810131c100',
        '8101ff',
        '8300',
        '897e007e',
        '8801ff',
        '8802ffff',
        '880203ee',
        '880310e1ff',
        '81810000000030',
        '0100010080',
        '800131',
      ]) {
        log(bytes);
        await watch(new WebSocket(`${base}/raw?bytes=${bytes}`));
      }
    },
    expected: [
      'c100',
      '810131c100',
      '8101ff',
      '8300',
      '897e007e',
      '8801ff',
      '8802ffff',
      '880203ee',
      '880310e1ff',
      '81810000000030',
      '0100010080',
      '800131',
    ].flatMap((bytes) => [
      bytes,
      'open 1',
      ...(bytes === '810131c100' ? ['message 1 1'] : []),
      'error 3',
      'close 3 1006  false',
    ]),
  },
  {
    name: 'a transport that ends without a close frame',
    async run({ WebSocket, base, watch }) {
      await watch(new WebSocket(`${base}/raw?end&bytes=`));
      await watch(new WebSocket(`${base}/raw?end&bytes=810131`));
      const socket = new WebSocket(`${base}/terminates-on-message`);
      socket.onopen = () => socket.send('x');
      await watch(socket);
    },
    expected: [
      'open 1',
      'close 3 1006  false',
      'open 1',
      'message 1 1',
      'close 3 1006  false',
      'open 1',
      'close 3 1006  false',
    ],
  },
  {
    name: 'binaryType',
    async run({ WebSocket, base, log, next, thrown }) {
      const socket = new WebSocket(`${base}/echo`);
      const target = socket as unknown as { binaryType: unknown };
      log(target.binaryType);
      for (const value of [
        'arraybuffer',
        'Blob',
        '',
        null,
        undefined,
        5,
        'blob',
        { toString: () => 'arraybuffer' },
        'bytes',
      ]) {
        log(thrown(() => (target.binaryType = value)));
        log(target.binaryType);
      }
      log(thrown(() => (target.binaryType = Symbol('x'))));
      await next(socket, 'open');
      for (const type of ['blob', 'arraybuffer'] as const) {
        // The type at the time of the message decides, not the type at the time of sending.
        socket.binaryType = type === 'blob' ? 'arraybuffer' : 'blob';
        socket.send(new Uint8Array([1, 2, 3]));
        socket.binaryType = type;
        const { data } = await next<MessageEvent>(socket, 'message');
        log(Object.prototype.toString.call(data));
        if (data instanceof Blob) log(data.size, data.type);
        else log((data as ArrayBuffer).byteLength);
      }
      socket.send('text');
      log(typeof (await next<MessageEvent>(socket, 'message')).data);
      socket.close();
      await next(socket, 'close');
    },
    expected: [
      'blob',
      ...[
        'arraybuffer',
        'arraybuffer',
        'arraybuffer',
        'arraybuffer',
        'arraybuffer',
        'arraybuffer',
        'blob',
        'arraybuffer',
        'arraybuffer',
      ].flatMap((type) => ['nothing', type]),
      'TypeError',
      '[object Blob]',
      3,
      '',
      '[object ArrayBuffer]',
      3,
      'string',
    ],
  },
  {
    name: 'listeners that throw, and that are removed meanwhile',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      const removed = (): void => log('removed');
      socket.addEventListener('open', () => socket.removeEventListener('open', removed));
      socket.addEventListener('open', removed);
      socket.addEventListener('open', () => log('last'), { once: true });
      const controller = new AbortController();
      socket.addEventListener('message', () => log('aborted'), { signal: controller.signal });
      controller.abort();
      socket.addEventListener('message', (event) => event.stopImmediatePropagation());
      socket.addEventListener('message', () => log('stopped'));
      await next(socket, 'open');
      socket.send('x');
      socket.onmessage = () => log('stopped as well');
      socket.close();
      await next(socket, 'close');
    },
    expected: ['last'],
  },
  {
    name: 'the path and query of the request',
    async run({ WebSocket, base, log, next }) {
      for (const path of ['/url', '/url?', '/url?a=ä&b= ', '/url?\ud800']) {
        const socket = new WebSocket(base + path);
        log((await next<MessageEvent>(socket, 'message')).data);
        socket.close();
        await next(socket, 'close');
      }
    },
    chromium: {
      log: { 1: '/url?' },
      because: 'a query that is empty is left out (WHATWG WebSockets, section 2.1)',
    },
    expected: ['/url', '/url', '/url?a=%C3%A4&b=', '/url?%EF%BF%BD'],
  },
  {
    name: 'the headers of the request',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/headers`, ['b', 'a']);
      const headers = JSON.parse((await next<TextEvent>(socket, 'message')).data) as Record<string, string>;
      log(
        headers['connection'],
        headers['upgrade'],
        headers['sec-websocket-version'],
        headers['sec-websocket-protocol']!.replace(' ', ''),
      );
      log(
        headers['host'] === new URL(base).host,
        headers['sec-websocket-key']!.length,
        headers['referer'] ?? 'none',
      );
      log(headers['origin'] === (globalThis as unknown as { location: URL }).location.origin);
      log(socket.protocol);
      socket.close();
      await next(socket, 'close');
    },
    expected: ['Upgrade', 'websocket', '13', 'b,a', true, 24, 'none', true, 'b'],
  },
  {
    name: 'user and password of the URL',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base.replace('//', '//foo:bar@')}/headers`);
      const { data } = await next<TextEvent>(socket, 'message');
      log((JSON.parse(data) as Record<string, string>)['authorization']);
      socket.close();
      await next(socket, 'close');
    },
    chromium: { log: { 0: undefined }, because: 'they go out at once, not when the server asks' },
    expected: ['Basic Zm9vOmJhcg=='],
  },
  {
    name: 'one opening at a time',
    async run({ WebSocket, base, log, next }) {
      const sockets = Array.from({ length: 4 }, () => new WebSocket(`${base}/one-by-one`));
      const counts = await Promise.all(
        sockets.map(async (socket) => (await next<TextEvent>(socket, 'message')).data),
      );
      log(...counts);
      for (const socket of sockets) socket.close();
      await Promise.all(sockets.map((socket) => next(socket, 'close')));
    },
    expected: ['1', '1', '1', '1'],
  },
  {
    name: 'many at once',
    async run({ WebSocket, base, log, next }) {
      const codes = await Promise.all(
        Array.from({ length: 25 }, async (_, index) => {
          const socket = new WebSocket(`${base}/echo`);
          await next(socket, 'open');
          socket.send(String(index));
          const { data } = await next<MessageEvent>(socket, 'message');
          socket.close(3000 + Number(data));
          return (await next<CloseEvent>(socket, 'close')).code - index;
        }),
      );
      log(new Set(codes).size, codes[0]);
    },
    expected: [1, 3000],
  },
  {
    name: 'a hundred messages of 64 KiB at once',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      socket.binaryType = 'arraybuffer';
      await next(socket, 'open');
      let count = 0;
      const all = new Promise<void>((resolve) => {
        socket.onmessage = ({ data }) => {
          const bytes = new Uint8Array(data as ArrayBuffer);
          if (bytes.length !== 65_536 || bytes[0] !== count || bytes[65_535] !== count) log('wrong', count);
          if (++count === 100) resolve();
        };
      });
      for (let index = 0; index < 100; index++) socket.send(new Uint8Array(65_536).fill(index));
      log(socket.bufferedAmount);
      await all;
      log(count);
      socket.close();
      await next(socket, 'close');
    },
    expected: [6_553_600, 100],
  },
  {
    name: 'a message of every length of the length field',
    async run({ WebSocket, base, log, next }) {
      const socket = new WebSocket(`${base}/echo`);
      await next(socket, 'open');
      for (const length of [0, 125, 126, 65_535, 65_536, 1_000_000]) {
        socket.send('x'.repeat(length));
        log((await next<TextEvent>(socket, 'message')).data.length);
      }
      socket.close();
      await next(socket, 'close');
    },
    expected: [0, 125, 126, 65_535, 65_536, 1_000_000],
  },
];
