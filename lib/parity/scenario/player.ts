/**
 * Plays a scenario through the action queues. The player makes the calls of the scenario, performs the actions on a
 * network made of byte queues, and compares the answers. It checks the rules that hold for every action (D-1) at each
 * action.
 */
import { createHash } from 'node:crypto';
import { Action, ActionQueue, BufferType } from '../../component/contract.js';
import type {
  ActionContext,
  ActionResult,
  ClientHandle,
  CloseBuffer,
  Component,
  HttpHeader,
  PropertyType,
  ServerHandle,
} from '../../component/contract.js';
import { codeOf } from '../../component/errors.js';
import type { Scenario } from './document.js';
import { OutgoingReader, buildFrame } from './frames.js';
import { DONE, judge, same, shown } from './judge.js';
import type { Answer, Judgement } from './judge.js';
import type { Command, Failure, HeaderSource, Statement } from './script.js';
import { actionName, isFragment, normalise } from './step.js';
import type { Step } from './step.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const FIXED_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** How the bytes of the network arrive. */
export interface Arrival {
  /** Name for messages: `whole`, `cut at 7`, `one byte at a time`. */
  readonly name: string;
  /** Whether a read ends at this position of the handle's incoming bytes, even if more bytes follow. */
  cuts(position: number): boolean;
}

/** All bytes arrive at once. */
export const WHOLE: Arrival = { name: 'whole', cuts: () => false };

/** The parts of the answers that are compared. */
export interface Capabilities {
  /** Whether failures carry the diagnostic of A-7. */
  readonly diagnostics: boolean;
}

/** A component contradicted a scenario. The message begins with `file:line`. */
export class ScenarioFailure extends Error {
  override readonly name = 'ScenarioFailure';
  constructor(
    readonly scenario: Scenario,
    readonly line: number,
    arrival: string,
    detail: string,
  ) {
    const how = arrival === WHOLE.name ? '' : ` [network bytes ${arrival}]`;
    super(`${scenario.file}:${line}: ${scenario.name}${how}\n${detail}`);
  }
}

/** The application's context of an operation: compared by identity, shown by name. */
class Context {
  constructor(readonly name: string) {}
}

interface HeldAction {
  readonly result: ActionResult;
  readonly handle: Handle;
  isCompleted: boolean;
}

/** A handle of the scenario with its side of the network. */
export class Handle {
  /** Reads the frames of the send queue. */
  readonly outgoing = new OutgoingReader();
  /** Reads the component's own pongs, which may come inside a frame of the send queue (Q-P3). */
  readonly pongs = new OutgoingReader();
  incoming: Buffer = Buffer.alloc(0);
  /** Bytes taken from `incoming` so far. */
  consumed = 0;
  key = FIXED_KEY;
  madeHeaders: readonly HttpHeader[] = [];
  peer: Handle | null = null;
  outstandingRead: ActionResult | null = null;
  /** Most bytes of one read. */
  pieces = Infinity;
  into: number | undefined;
  /** The memory of each receive in line, or null. */
  readonly memories: (Uint8Array | null)[] = [];
  /** Memory of the sent data. */
  readonly payloads = new Set<ArrayBufferLike>();
  /** Bytes of all sent payloads. */
  bytesSent = 0;
  sendsOpen = 0;
  receivesOpen = 0;

  constructor(
    readonly name: string,
    readonly role: 'client' | 'server',
    readonly handle: ClientHandle & ServerHandle,
  ) {}

  /** A frame that was being written is never finished. */
  giveUpFrame(): void {
    this.outgoing.reset();
    this.pongs.reset();
  }
}

/** The digest for a key (RFC 6455, section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

class Mismatch extends Error {}

/** Ends a statement whose answer contradicts the document. */
export function fail(message: string): never {
  throw new Mismatch(message);
}

/** Plays one scenario once. */
export class Player {
  readonly #handles = new Map<string, Handle>();
  /** Keys of all client handshakes so far. */
  readonly #keys = new Set<string>();
  readonly #actions = new Map<string, HeldAction>();

  constructor(
    readonly scenario: Scenario,
    readonly component: Component,
    readonly capabilities: Capabilities,
    readonly arrival: Arrival,
  ) {}

  /** Plays all statements, then deletes the handles. */
  play(): void {
    try {
      for (const statement of this.scenario.statements)
        this.attempt(statement, () => this.#perform(statement));
      const last = this.scenario.statements[this.scenario.statements.length - 1];
      if (last !== undefined) this.attempt(last, () => this.finish());
    } finally {
      for (const { handle } of this.#handles.values()) handle.delete();
    }
  }

  /** Number of network bytes for each handle, by the handle's name. */
  totals(): Map<string, number> {
    return new Map(
      [...this.#handles].map(([name, { consumed, incoming }]) => [name, consumed + incoming.length]),
    );
  }

  /** Makes the comparisons after the last statement. */
  protected finish(): void {
    // The action queues are compared at each run.
  }

  protected attempt(statement: Statement, action: () => void): void {
    try {
      action();
    } catch (error) {
      const detail = error instanceof Mismatch ? error.message : `  unexpected ${String(error)}`;
      const failure = new ScenarioFailure(
        this.scenario,
        statement.line,
        this.arrival.name,
        `  ${statement.text}\n${detail}`,
      );
      if (!(error instanceof Mismatch)) failure.cause = error;
      throw failure;
    }
  }

  #perform(statement: Statement): void {
    this.settle(statement, this.#answer(statement));
  }

  /** Compares an answer with the document. */
  protected settle(statement: Statement, answer: Answer): void {
    const message = judge(statement, answer, this.comparison());
    if (message !== null) fail(message);
  }

  #answer(statement: Statement): Answer {
    const { command } = statement;
    switch (command.verb) {
      case 'create':
        return this.#create(command);
      case 'wire': {
        const left = this.#named(command.left);
        const right = this.#named(command.right);
        left.peer = right;
        right.peer = left;
        return DONE;
      }
      case 'getGlobalProperty':
        return this.call(
          'WebSocketGetGlobalProperty',
          () => this.component.getGlobalProperty(command.type as PropertyType.SupportedVersions),
          // The interval is a single number, although its type is a list.
          (value) => ({ kind: 'values', values: [value].flat() }),
        );
      case 'completeAction':
        this.#completeAction(command, statement);
        return DONE;
      default:
        return this.#answerOf(this.#handle(statement), command);
    }
  }

  /** The answer to a command for one handle. */
  #answerOf(
    state: Handle,
    command: Exclude<Command, { verb: 'create' | 'wire' | 'getGlobalProperty' | 'completeAction' }>,
  ): Answer {
    const { handle } = state;
    switch (command.verb) {
      case 'open':
        open(state);
        return DONE;
      case 'beginClientHandshake': {
        const { subprotocols, extensions } = command;
        const initialHeaders = this.#headers(state, command.headers);
        return this.call(
          'WebSocketBeginClientHandshake',
          () => handle.beginClientHandshake({ subprotocols, extensions, initialHeaders }),
          (headers) => this.#made(state, headers),
        );
      }
      case 'beginServerHandshake': {
        const requestHeaders = this.#headers(state, command.headers);
        state.key = valueOf(requestHeaders, 'Sec-WebSocket-Key') ?? state.key;
        const [selectedSubprotocol] = command.subprotocols;
        return this.call(
          'WebSocketBeginServerHandshake',
          () =>
            handle.beginServerHandshake({
              requestHeaders,
              ...(selectedSubprotocol === undefined ? {} : { selectedSubprotocol }),
              selectedExtensions: command.extensions,
            }),
          (headers) => this.#made(state, headers),
        );
      }
      case 'endClientHandshake': {
        const headers = this.#headers(state, command.headers);
        return this.call(
          'WebSocketEndClientHandshake',
          () => handle.endClientHandshake(headers),
          ({ selectedExtensions, selectedSubprotocol = null }) => ({
            kind: 'selection',
            extensions: selectedExtensions,
            subprotocol: selectedSubprotocol,
          }),
        );
      }
      case 'endServerHandshake':
        return this.call('WebSocketEndServerHandshake', () => handle.endServerHandshake());
      case 'send':
        return this.send(state, command);
      case 'receive':
        return this.receive(state, command);
      case 'network':
        this.#network(state, command);
        return DONE;
      case 'run':
        return this.run(state, command);
      case 'getAction':
        return this.#getAction(state, command);
      case 'abort':
        handle.abort();
        return DONE;
      case 'delete':
        handle.delete();
        return DONE;
    }
  }

  #handle({ handle }: Statement): Handle {
    if (handle !== undefined) return this.#named(handle);
    if (this.#handles.size !== 1)
      fail('  with several handles a line begins with one, such as "client: run"');
    return this.#handles.values().next().value!;
  }

  #named(name: string): Handle {
    return this.#handles.get(name) ?? fail(`  there is no handle "${name}"`);
  }

  /** Makes a call. Returns its answer, or its failure. */
  protected call<T>(operation: string, call: () => T, answer: (value: T) => Answer = () => DONE): Answer {
    let value: T;
    try {
      value = call();
    } catch (error) {
      return { kind: 'failed', failure: this.failure(error, operation) };
    }
    return answer(value);
  }

  protected comparison(): Judgement {
    const whole = this.arrival === WHOLE;
    return { diagnostics: this.capabilities.diagnostics, contexts: whole, whole };
  }

  /** The failure in a `ComponentError`, which is recognised by its shape. Any other error is thrown again. */
  protected failure(error: unknown, operation?: string): Failure {
    const seen = error as {
      name?: unknown;
      code?: unknown;
      hresult?: unknown;
      operation?: unknown;
      backend?: unknown;
      diagnostic?: number;
    };
    if (!(error instanceof Error) || seen.name !== 'ComponentError' || typeof seen.code !== 'string')
      throw error;
    if (operation !== undefined && seen.operation !== operation)
      fail(`  the error names ${String(seen.operation)} instead of ${operation}`);
    if (seen.backend !== this.component.backend)
      fail(`  the error names the backend ${String(seen.backend)}`);
    if (codeOf(Number(seen.hresult)) !== seen.code)
      fail(`  the code ${seen.code} and the hresult ${String(seen.hresult)} differ`);
    return { code: seen.code, diagnostic: seen.diagnostic };
  }

  #create({ role, properties, name }: Extract<Command, { verb: 'create' }>): Answer {
    const { component } = this;
    return this.call<object>(
      role === 'client' ? 'WebSocketCreateClientHandle' : 'WebSocketCreateServerHandle',
      () =>
        role === 'client'
          ? component.createClientHandle(properties)
          : component.createServerHandle(properties),
      (handle) => {
        // The document decides which functions are called. A function of the other side must exist and fail.
        this.#handles.set(name, new Handle(name, role, handle as ClientHandle & ServerHandle));
        return DONE;
      },
    );
  }

  #headers(state: Handle, sources: readonly HeaderSource[]): HttpHeader[] {
    return sources.flatMap((source): readonly HttpHeader[] => {
      if (source.kind === 'of') return this.#named(source.handle).madeHeaders;
      if (source.kind === 'standard') {
        const without = source.without.map((name) => name.toLowerCase());
        return standardHeaders(state).filter(({ name }) => !without.includes(name.toLowerCase()));
      }
      const { name, value } = source.header;
      return [
        {
          name,
          value: value.replace('<accept>', () => acceptOf(state.key)).replace('<key>', () => state.key),
        },
      ];
    });
  }

  #made(state: Handle, headers: readonly HttpHeader[]): Answer {
    state.madeHeaders = headers;
    if (state.role === 'client') state.key = valueOf(headers, 'Sec-WebSocket-Key') ?? state.key;
    // A key that an earlier handshake had is not random. It is shown unchanged (C1-5).
    const isFresh = isKey(state.key) && !this.#keys.has(state.key);
    if (state.role === 'client') this.#keys.add(state.key);
    return {
      kind: 'headers',
      headers: headers.map(({ name, value }) => {
        if (value === state.key && isFresh) return { name, value: '<key>' };
        return { name, value: value === acceptOf(state.key) ? '<accept>' : value };
      }),
    };
  }

  protected send(state: Handle, command: Extract<Command, { verb: 'send' }>): Answer {
    const context = command.context === undefined ? undefined : new Context(command.context);
    let buffer: Uint8Array | CloseBuffer | undefined = command.data;
    if (command.close !== undefined) {
      const { status, reason } = command.close;
      buffer = reason === undefined ? { status } : { status, reason };
    }
    return this.call(
      'WebSocketSend',
      () => state.handle.send(command.type as BufferType, buffer, context),
      () => {
        state.sendsOpen++;
        if (command.data !== undefined) state.payloads.add(command.data.buffer);
        state.bytesSent += command.data?.length ?? 0;
        return DONE;
      },
    );
  }

  protected receive(state: Handle, command: Extract<Command, { verb: 'receive' }>): Answer {
    const context = command.context === undefined ? undefined : new Context(command.context);
    const memory = command.into === undefined ? undefined : new Uint8Array(command.into);
    return this.call(
      'WebSocketReceive',
      () => state.handle.receive(memory, context),
      () => {
        state.receivesOpen++;
        state.into = command.into;
        state.memories.push(memory ?? null);
        return DONE;
      },
    );
  }

  #network(state: Handle, command: Extract<Command, { verb: 'network' }>): void {
    const bytes =
      command.frame === undefined
        ? command.bytes!
        : buildFrame(command.frame, state.role === 'server')!.bytes;
    state.incoming = Buffer.concat([state.incoming, bytes]);
  }

  /** Asks for an action and checks the rules that hold for every action. */
  #ask(state: Handle, queue: number, capacity: number | undefined): ActionResult | Failure {
    let result: ActionResult;
    try {
      result =
        capacity === undefined ? state.handle.getAction(queue) : state.handle.getAction(queue, capacity);
    } catch (error) {
      return this.failure(error, 'WebSocketGetAction');
    }
    this.#checkInvariants(state, result, queue, capacity ?? 2);
    return result;
  }

  #checkInvariants(state: Handle, result: ActionResult, queue: number, capacity: number): void {
    const { action, bufferType, buffers, actionContext, close } = result;
    const name = actionName(action);
    const require = (holds: boolean, what: string) => {
      if (!holds) fail(`  ${name}: ${what}`);
    };
    require((actionContext === null) ===
      (action === Action.NoAction), 'only NoAction has no action context (B8-4)');
    require(close === undefined ||
      bufferType === BufferType.Close, 'close is for a received close only (D4-7)');
    switch (action) {
      case Action.NoAction:
        require(buffers.length === 0 && bufferType === 0, 'has neither buffers nor a type (Q-R9)');
        break;
      case Action.SendToNetwork:
        require(buffers.length >= 1 &&
          buffers.length <= capacity, `has ${buffers.length} buffers, not 1 to ${capacity} (D2-5, D2-6)`);
        require(ownsPayload(state, result), "a server's payload is the caller's memory, uncopied (D2-3)");
        break;
      case Action.IndicateSendComplete:
        require(buffers.length === 0, 'has no buffers (D2-9)');
        require((queue & ActionQueue.Send) !== 0, 'belongs to the send queue (D1-2)');
        require(--state.sendsOpen >= 0, 'comes once for each send (D1-4)');
        break;
      case Action.ReceiveFromNetwork:
        require(buffers.length === 1 && buffers[0]!.length > 0, 'has one window, not empty (D3-1)');
        require(bufferType === 0, 'has no type (Q-R9)');
        require((queue & ActionQueue.Receive) !== 0, 'belongs to the receive queue (D1-2)');
        break;
      case Action.IndicateReceiveComplete:
        require(buffers.length <= 1, 'has one buffer at most (D3-5)');
        require((queue & ActionQueue.Receive) !== 0, 'belongs to the receive queue (D1-2)');
        require(--state.receivesOpen >= 0, 'comes once for each receive (D1-5)');
        this.#checkMemory(state, result);
    }
  }

  /** Data for a receive with a buffer must be in that buffer (B7-3). A buffer of no bytes counts as none (Q-R6). */
  #checkMemory(state: Handle, { bufferType, buffers }: ActionResult): void {
    const memory = state.memories.shift();
    const [data] = buffers;
    const isControl = bufferType === BufferType.PingPong || bufferType === BufferType.Close;
    if (isControl || data === undefined || data.length === 0 || memory === undefined || memory === null)
      return;
    if (memory.length !== 0 && data.buffer !== memory.buffer)
      fail('  IndicateReceiveComplete: the data is not in the buffer given to receive (B7-3)');
  }

  #step(state: Handle, result: ActionResult): Step {
    const { action, bufferType, buffers, close } = result;
    const context = this.#contextName(result);
    switch (action) {
      case Action.NoAction:
        return { kind: 'none' };
      case Action.SendToNetwork: {
        const isOwnPong =
          context === undefined &&
          (bufferType === BufferType.PingPong || bufferType === BufferType.UnsolicitedPong);
        const reader = isOwnPong ? state.pongs : state.outgoing;
        return {
          kind: 'write',
          type: bufferType,
          buffers: buffers.map((buffer) => reader.read(buffer)),
          context,
        };
      }
      case Action.IndicateSendComplete:
        return { kind: 'sent', type: bufferType, context };
      case Action.ReceiveFromNetwork:
        return { kind: 'read', window: buffers[0]!.length, bytes: -1, context };
      case Action.IndicateReceiveComplete: {
        const data = buffers.length === 0 || close !== undefined ? null : Uint8Array.from(buffers[0]!);
        return { kind: 'received', type: bufferType, data, close, context };
      }
      default:
        return fail(`  unknown action ${String(action)}`);
    }
  }

  #contextName({ applicationContext }: ActionResult): string | undefined {
    if (applicationContext === undefined) return undefined;
    if (!(applicationContext instanceof Context))
      fail(`  a foreign application context, a ${typeof applicationContext}`);
    return applicationContext.name;
  }

  /** Fills the window of a read. Returns the number of bytes. */
  #fill(state: Handle, window: Uint8Array, wanted = Infinity): number {
    const bytes = this.arriving(state, Math.min(window.length, wanted, state.pieces));
    window.set(bytes);
    return bytes.length;
  }

  /** Takes incoming bytes that have arrived. */
  protected arriving(state: Handle, most: number): Uint8Array {
    let length = Math.min(most, state.incoming.length);
    for (let size = 1; size < length; size++) {
      if (this.arrival.cuts(state.consumed + size)) length = size;
    }
    const bytes = state.incoming.subarray(0, length);
    state.incoming = state.incoming.subarray(length);
    state.consumed += length;
    return bytes;
  }

  /** Writes to the network. The wired handle receives the bytes. */
  #write(state: Handle, buffers: readonly Uint8Array[]): number {
    const bytes = Buffer.concat(buffers);
    if (state.peer !== null) state.peer.incoming = Buffer.concat([state.peer.incoming, bytes]);
    return bytes.length;
  }

  protected run(state: Handle, command: Extract<Command, { verb: 'run' }>): Answer {
    const steps: Step[] = [];
    const how = this.comparison();
    state.pieces = command.pieces ?? Infinity;
    let bound = 100_000 + 16 * state.incoming.length + 4 * state.bytesSent;
    const wanted = normalise(command.expected);
    const satisfied = () => same(normalise(steps), wanted, how);
    try {
      for (;;) {
        if (bound-- <= 0) fail('  the run does not end');
        this.#resumeRead(state);
        const result = this.#ask(state, command.queue, command.capacity);
        if ('code' in result) {
          steps.push({ kind: 'error', ...result });
          break;
        }
        if (result.action !== Action.NoAction) {
          this.#performAction(state, result, steps, command.completing);
          // A write counts by its bytes: otherwise a write that is repeated for ever would fill the memory.
          if (result.action === Action.SendToNetwork)
            bound -= result.buffers.reduce((sum, { length }) => sum + length, 0);
          continue;
        }
        if (command.receiving && state.receivesOpen === 0) {
          const queued = this.#receiveMore(state);
          if (queued === null) continue;
          steps.push({ kind: 'error', ...queued });
          break;
        }
        const blocked = state.outstandingRead !== null && state.incoming.length === 0;
        if (how.whole || blocked || satisfied() || !steps.some(isFragment)) break;
        // A message came in more pieces than with whole bytes, and each piece used up a receive.
        this.#queueReceive(state);
      }
    } catch (error) {
      if (error instanceof Mismatch) fail(`${error.message}\n  so far\n${shown(steps)}`);
      throw error;
    } finally {
      state.pieces = Infinity;
    }
    return { kind: 'steps', steps };
  }

  #queueReceive(state: Handle): void {
    state.handle.receive(state.into === undefined ? undefined : new Uint8Array(state.into));
    state.memories.push(null);
    state.receivesOpen++;
  }

  /** Queues a receive. Returns the failure if it is refused. */
  #receiveMore(state: Handle): Failure | null {
    try {
      this.#queueReceive(state);
      return null;
    } catch (error) {
      return this.failure(error, 'WebSocketReceive');
    }
  }

  #resumeRead(state: Handle): void {
    const read = state.outstandingRead;
    if (read === null || state.incoming.length === 0) return;
    state.outstandingRead = null;
    state.handle.completeAction(read.actionContext, this.#fill(state, read.buffers[0]!));
  }

  #performAction(state: Handle, result: ActionResult, steps: Step[], completing: number | undefined): void {
    const { handle } = state;
    const step = this.#step(state, result);
    if (step.kind === 'read') {
      const bytes = this.#fill(state, result.buffers[0]!);
      steps.push({ ...step, bytes: bytes === 0 ? -1 : bytes });
      if (bytes === 0) state.outstandingRead = result;
      else handle.completeAction(result.actionContext, bytes);
      return;
    }
    steps.push(step);
    const bytes = step.kind === 'write' ? this.#write(state, result.buffers) : 0;
    // A cancelled send leaves its frame unfinished.
    if (step.kind === 'write' && completing !== undefined && completing !== bytes) state.giveUpFrame();
    handle.completeAction(result.actionContext, completing ?? bytes);
  }

  #getAction(state: Handle, command: Extract<Command, { verb: 'getAction' }>): Answer {
    const result = this.#ask(state, command.queue, command.capacity);
    if ('code' in result) return { kind: 'failed', failure: result };
    if (command.name !== undefined)
      this.#actions.set(command.name, { result, handle: state, isCompleted: false });
    return { kind: 'steps', steps: [this.#step(state, result)] };
  }

  #completeAction(command: Extract<Command, { verb: 'completeAction' }>, statement: Statement): void {
    if (command.action === null) {
      this.#handle(statement).handle.completeAction(null, command.bytes ?? 0);
      return;
    }
    const held = this.#actions.get(command.action) ?? fail(`  there is no action "${command.action}"`);
    const state = statement.handle === undefined ? held.handle : this.#named(statement.handle);
    const { action, buffers, actionContext } = held.result;
    if (held.isCompleted) return state.handle.completeAction(actionContext, command.bytes ?? 0);
    held.isCompleted = state === held.handle;
    const context: ActionContext | null = actionContext;
    let bytes = command.bytes ?? 0;
    if (action === Action.ReceiveFromNetwork) {
      const filled = this.#fill(state, buffers[0]!, command.bytes);
      bytes = command.bytes ?? filled;
    } else if (action === Action.SendToNetwork) {
      const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
      bytes = command.bytes ?? length;
      if (bytes === length) this.#write(state, buffers);
      else state.giveUpFrame();
    }
    state.handle.completeAction(context, bytes);
  }
}

const LONGEST_HEADER = 14;

/** Whether a write must be the payload of a send: it is longer than a header, and no control frame. */
function ownsPayload({ role, payloads }: Handle, { bufferType, buffers }: ActionResult): boolean {
  if (role === 'client' || bufferType >= BufferType.Close) return true;
  return buffers.every((buffer) => buffer.length <= LONGEST_HEADER || payloads.has(buffer.buffer));
}

function valueOf(headers: readonly HttpHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value;
}

function isKey(value: string): boolean {
  return value.length === 24 && Buffer.from(value, 'base64').length === 16;
}

/** Headers of the other side that make a handshake succeed. */
export function standardHeaders({
  role,
  key,
}: {
  readonly role: 'client' | 'server';
  readonly key: string;
}): HttpHeader[] {
  const upgrade = [
    { name: 'Upgrade', value: 'websocket' },
    { name: 'Connection', value: 'Upgrade' },
  ];
  if (role === 'client') return [...upgrade, { name: 'Sec-WebSocket-Accept', value: acceptOf(key) }];
  return [
    { name: 'Host', value: 'localhost' },
    ...upgrade,
    { name: 'Sec-WebSocket-Version', value: '13' },
    { name: 'Sec-WebSocket-Key', value: key },
  ];
}

function open(state: Handle): void {
  const { handle, role } = state;
  if (role === 'client') {
    state.key =
      valueOf(handle.beginClientHandshake(), 'Sec-WebSocket-Key') ?? fail('  the handshake has no key');
    handle.endClientHandshake(standardHeaders(state));
  } else {
    handle.beginServerHandshake({ requestHeaders: standardHeaders(state) });
    handle.endServerHandshake();
  }
}
