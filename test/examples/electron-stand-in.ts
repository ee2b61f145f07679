/** As much of Electron as the examples use, so that they run to their end without it. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

const EXAMPLES = path.resolve(__dirname, '../../../examples');
const LIBRARY = path.resolve(__dirname, '../../lib/index.js');

type Listener = (event: unknown, ...args: unknown[]) => unknown;

/** A worker thread in place of a utility process: its ports are real, and everything that crosses is cloned. */
const UTILITY = `
const { EventEmitter } = require('node:events');
const Module = require('node:module');
const { parentPort, workerData } = require('node:worker_threads');
const load = Module._load;
Module._load = (request, ...rest) => {
  if (request === 'electron') throw new Error('this example needs nothing of electron here');
  return load(request === 'websocket-protocol-component' ? workerData.library : request, ...rest);
};
const mainPort = (port) => {
  const events = new EventEmitter();
  port.on('close', () => events.emit('close'));
  return Object.assign(events, {
    start: () => port.on('message', (data) => events.emit('message', { data, ports: [] })),
    postMessage: (data) => port.postMessage(data),
    close: () => port.close(),
  });
};
process.parentPort = new EventEmitter();
parentPort.on('message', ({ data, ports }) =>
  process.parentPort.emit('message', { data, ports: ports.map(mainPort) }));
require(workerData.file);
`;

class UtilityProcess extends EventEmitter {
  readonly #worker: Worker;

  constructor(file: string) {
    super();
    this.#worker = new Worker(UTILITY, { eval: true, workerData: { file, library: LIBRARY } });
    this.#worker.on('error', (error) => this.emit('error', error));
    this.#worker.on('exit', (code) => this.emit('exit', code));
  }

  postMessage(data: unknown, ports: MessagePort[] = []): void {
    this.#worker.postMessage({ data, ports }, ports);
  }

  kill(): Promise<number> {
    return this.#worker.terminate();
  }
}

export class StandIn {
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
  readonly #folder: string;
  readonly #ports: MessagePort[] = [];
  readonly #load: unknown;
  child: UtilityProcess | null = null;
  form!: { onsubmit: (event: { preventDefault(): void }) => void };
  input!: { value: string };
  window!: EventEmitter & { destroy(): void };

  /** @param example - the folder of the example. */
  constructor(example: string) {
    this.#folder = path.join(EXAMPLES, example);
    const deliver = (channel: string, event: object, args: unknown[]): boolean =>
      this.toRenderer.emit(channel, event, ...args);
    const ports = this.#ports;
    const opened = (window: StandIn['window']): void => {
      this.window = window;
    };
    const forked = (child: UtilityProcess): UtilityProcess => (this.child = child);
    const render = (): void => this.#render();
    const { app } = this;
    class BrowserWindow extends EventEmitter {
      #destroyed = false;
      readonly webContents = {
        send: (channel: string, ...args: unknown[]) => {
          // What crosses to a renderer is cloned.
          deliver(channel, {}, structuredClone(args));
        },
        postMessage: (channel: string, message: unknown, transferred: MessagePort[]) => {
          ports.push(...transferred);
          deliver(channel, { ports: transferred }, [structuredClone(message)]);
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
        // The ports of a page go away with it.
        for (const port of ports) port.close();
        this.emit('closed');
        if (app.listenerCount('window-all-closed') === 0) app.quit();
        else app.emit('window-all-closed');
      }
    }
    this.modules = {
      app: this.app,
      BrowserWindow,
      MessageChannelMain: MessageChannel,
      utilityProcess: { fork: (file: string) => forked(new UtilityProcess(file)) },
      ipcMain: { handle: (channel: string, listener: Listener) => this.handlers.set(channel, listener) },
      contextBridge: {
        exposeInMainWorld: (name: string, value: unknown) => (this.world[name] = value),
      },
      ipcRenderer: {
        on: (channel: string, listener: Listener) => this.toRenderer.on(channel, listener),
        once: (channel: string, listener: Listener) => this.toRenderer.once(channel, listener),
        invoke: (channel: string, ...args: unknown[]) =>
          Promise.resolve(this.handlers.get(channel)!({}, ...args)),
      },
    };
    const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
    const load = loader._load;
    this.#load = load;
    loader._load = (request, ...rest) => {
      if (request === 'electron') return this.modules;
      return load.call(Module, request === 'websocket-protocol-component' ? LIBRARY : request, ...rest);
    };
  }

  /** Starts the program of the main process. */
  start(): void {
    const require = createRequire(path.join(this.#folder, 'main.cjs'));
    for (const file of ['main.cjs', 'preload.cjs'])
      Reflect.deleteProperty(require.cache, path.join(this.#folder, file));
    require('./main.cjs');
  }

  async end(): Promise<void> {
    Reflect.set(Module, '_load', this.#load);
    for (const port of this.#ports) port.close();
    await this.child?.kill();
  }

  /** The page, whose world has what the bridge gave it and nothing of Node. */
  #render(): void {
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
    vm.runInNewContext(readFileSync(path.join(this.#folder, 'renderer.js'), 'utf8'), {
      document,
      window: this.world,
    });
  }

  /** Types a line into the page and sends it. */
  type(text: string): void {
    this.input.value = text;
    this.form.onsubmit({ preventDefault: () => undefined });
  }

  async shows(pattern: RegExp): Promise<void> {
    while (!this.shown.some((text) => pattern.test(text))) await once(this.changed, 'shown');
  }
}
