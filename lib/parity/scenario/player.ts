/**
 * Plays a scenario through the action queues. The player makes the calls of the scenario, performs the actions on a
 * network made of byte queues, and compares the answers. It checks the rules that hold for every action (D-1) at each
 * action.
 */
import { Action } from '../../component/contract.js';
import type {
  ActionContext,
  ActionResult,
  ClientHandle,
  CloseBuffer,
  Component,
  HttpHeader,
  PropertyType,
  ServerHandle,
  BufferType,
} from '../../component/contract.js';
import { checkAction, readStep } from './actions.js';
import type { Arrival } from './arrival.js';
import { WHOLE } from './arrival.js';
import { Mismatch, ScenarioFailure, fail, failureOf } from './failure.js';
import { Context, Handle, openHandle } from './handle.js';
import type { HeldAction } from './handle.js';
import { headersOf, isKey, shownHeaders, valueOf } from './handshake.js';
import type { Scenario } from './document.js';
import { buildFrame } from './frames.js';
import { DONE, judge, same, shown } from './judge.js';
import type { Answer, Capabilities, Judgement } from './judge.js';
import type { Command, Failure, HeaderSource, Statement } from './script.js';
import { isFragment, normalise } from './step.js';
import type { Step } from './step.js';

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
        openHandle(state);
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

  protected failure(error: unknown, operation?: string): Failure {
    return failureOf(error, this.component.backend, operation);
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
    return headersOf(sources, state, (handle) => this.#named(handle).madeHeaders);
  }

  #made(state: Handle, headers: readonly HttpHeader[]): Answer {
    state.madeHeaders = headers;
    if (state.role === 'client') state.key = valueOf(headers, 'Sec-WebSocket-Key') ?? state.key;
    // A key that an earlier handshake had is not random. It is shown unchanged (C1-5).
    const isFresh = isKey(state.key) && !this.#keys.has(state.key);
    if (state.role === 'client') this.#keys.add(state.key);
    return { kind: 'headers', headers: shownHeaders(headers, state.key, isFresh) };
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
    checkAction(state, result, queue, capacity ?? 2);
    return result;
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
    const step = readStep(state, result);
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
    return { kind: 'steps', steps: [readStep(state, result)] };
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
