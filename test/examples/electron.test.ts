import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { readFileSync } from 'node:fs';
import { listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';

const FOLDER = path.resolve(__dirname, '../../../examples/electron');
const LIBRARY = path.resolve(__dirname, '../../lib/index.js');

type Listener = (event: unknown, ...args: unknown[]) => unknown;

/**
 * The parts of Electron that the example uses: ipc in both directions, contextBridge, windows, the end of the
 * program.
 */
class StandIn {
  readonly handlers = new Map<string, Listener>();
  readonly toRenderer = new EventEmitter();
  readonly world: Record<string, unknown> = {};
  readonly shown: string[] = [];
  readonly app = Object.assign(new EventEmitter(), {
    whenReady: () => Promise.resolve(),
    quit: () => this.app.emit('quit'),
  });
  readonly changed = new EventEmitter();
  readonly modules: Record<string, unknown>;
  form!: { onsubmit: (event: { preventDefault(): void }) => void };
  input!: { value: string };
  window!: EventEmitter & { destroy(): void };

  constructor() {
    const deliver = (channel: string, args: unknown[]): boolean => this.toRenderer.emit(channel, {}, ...args);
    const opened = (window: StandIn['window']): void => {
      this.window = window;
    };
    const render = (): void => this.render();
    const { app } = this;
    class BrowserWindow extends EventEmitter {
      #destroyed = false;
      readonly webContents = {
        send: (channel: string, ...args: unknown[]) => {
          // Arguments to a renderer are cloned.
          deliver(channel, structuredClone(args));
        },
      };
      constructor(readonly options: { webPreferences: { preload: string } }) {
        super();
        opened(this);
      }
      isDestroyed(): boolean {
        return this.#destroyed;
      }
      loadFile(file: string): Promise<void> {
        assert.match(readFileSync(file, 'utf8'), /<script src="renderer\.js">/);
        createRequire(file)(this.options.webPreferences.preload);
        render();
        return Promise.resolve();
      }
      destroy(): void {
        this.#destroyed = true;
        this.emit('closed');
        app.emit('window-all-closed');
      }
    }
    this.modules = {
      app: this.app,
      BrowserWindow,
      ipcMain: { handle: (channel: string, listener: Listener) => this.handlers.set(channel, listener) },
      contextBridge: {
        exposeInMainWorld: (name: string, value: unknown) => (this.world[name] = value),
      },
      ipcRenderer: {
        on: (channel: string, listener: Listener) => this.toRenderer.on(channel, listener),
        invoke: (channel: string, ...args: unknown[]) =>
          Promise.resolve(this.handlers.get(channel)!({}, ...args)),
      },
    };
  }

  /** Loads the page. It has the objects that the bridge gave it, and nothing of Node. */
  render(): void {
    const list = {
      append: ({ textContent }: { textContent: string }) => {
        this.shown.push(textContent);
        this.changed.emit('shown');
      },
    };
    this.form = { onsubmit: () => assert.fail('the page has no handler yet') };
    this.input = { value: '' };
    const parts: Record<string, unknown> = { form: this.form, input: this.input, '#messages': list };
    const document = {
      createElement: () => ({ textContent: '' }),
      querySelector: (selector: string) => parts[selector],
    };
    vm.runInNewContext(readFileSync(path.join(FOLDER, 'renderer.js'), 'utf8'), {
      document,
      window: this.world,
    });
  }

  type(text: string): void {
    this.input.value = text;
    this.form.onsubmit({ preventDefault: () => undefined });
  }

  async shows(pattern: RegExp): Promise<void> {
    while (!this.shown.some((text) => pattern.test(text))) await once(this.changed, 'shown');
  }
}

describe('the Electron example, with a stand-in of Electron', function () {
  this.timeout(20_000);
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  const url = process.env['WEBSOCKET_URL'];
  let server: Server;
  let electron: StandIn;
  let received: unknown[];

  beforeEach(async () => {
    received = [];
    server = await listen({ host: '127.0.0.1', port: 0 }, async (connection) => {
      for await (const message of connection) {
        received.push(message);
        await connection.send(`echo ${String(message)}`);
      }
    });
    process.env['WEBSOCKET_URL'] = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
    electron = new StandIn();
    loader._load = (request, ...rest) => {
      if (request === 'electron') return electron.modules;
      return load.call(Module, request === 'websocket-protocol-component' ? LIBRARY : request, ...rest);
    };
    for (const file of ['main.cjs', 'preload.cjs']) {
      Reflect.deleteProperty(require.cache, path.join(FOLDER, file));
    }
    createRequire(path.join(FOLDER, 'main.cjs'))('./main.cjs');
  });

  afterEach(async () => {
    loader._load = load;
    if (url === undefined) delete process.env['WEBSOCKET_URL'];
    else process.env['WEBSOCKET_URL'] = url;
    await server.close();
  });

  it('takes messages both ways, and ends with its window', async () => {
    await electron.shows(/^connected$/);
    electron.type('hello');
    await electron.shows(/^echo hello$/);
    assert.deepEqual(received, ['hello']);

    const quit = once(electron.app, 'quit');
    const [connection] = [...server.connections];
    electron.window.destroy();
    await quit;
    assert.equal((await connection!.closed).code, 1001);
  });

  it('names the backend that answers, and why it is not the native one', async () => {
    await electron.shows(/^connected$/);
    assert.match(electron.shown[0]!, /^backend: (native|portable \(.+\))$/);
  });

  it('answers a renderer that sends before anything is connected', async () => {
    assert.ok(electron.handlers.has('send'), 'the channel is there as soon as the program is loaded');
    await assert.rejects(Promise.resolve(electron.handlers.get('send')!({}, 'early')), /not connected yet/);
  });
});
