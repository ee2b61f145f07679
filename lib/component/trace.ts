/**
 * Traces: the calls of a program to a component, and the answers, one JSON line per call. The format is
 * described in `docs/traces.md`; a trace replays on any backend (`wspc parity replay`).
 *
 * The same calls give the same text on every run: the random parts, a client's key and the masks of its frames, are
 * replaced by placeholders. Tracing costs nothing unless a component is wrapped.
 */
import { types } from 'node:util';
import { acceptOf } from './accept.js';
import { Action, ActionQueue, BufferType, PropertyType } from './contract.js';
import type {
  ActionContext,
  ActionResult,
  BackendName,
  ClientHandle,
  ClientHandshakeRequest,
  CloseBuffer,
  Component,
  HandleProperties,
  HandshakeSelection,
  HttpHeader,
  ServerHandle,
  ServerHandshakeRequest,
  SessionHandle,
} from './contract.js';
import { ComponentError } from './errors.js';
import { checkFewOptions } from './not-options.js';
import { UnmaskedText, hex } from './trace-bytes.js';
import { TRACE_FORMAT, TRACE_VERSION } from './trace-format.js';
import type { TraceCall, TraceError, TraceHeader } from './trace-format.js';

/**
 * Options of {@link recordTrace}.
 *
 * @since 0.1.0
 */
export interface TraceOptions {
  /**
   * Takes each line, without its end.
   *
   * @defaultValue lines are kept in `trace`
   */
  readonly write?: ((line: string) => void) | undefined;
}

/** A component whose calls are recorded. */
export interface TracedComponent extends Component {
  /** The lines so far; empty when they went to {@link TraceOptions.write}. */
  readonly trace: readonly string[];
}

function nameIn(enumeration: Record<number, string>, value: number): string | number {
  return enumeration[value] ?? value;
}

function typeName(type: number): string | number {
  return type === 0 ? 'None' : nameIn(BufferType, type);
}

/** The state that all handles of a trace share. */
class Recorder {
  readonly trace: string[] = [];
  /** Keys that client handles of this trace made, with the handle's name. */
  readonly keys = new Map<string, string>();
  private calls = 0;
  private handles = 0;
  private readonly write: (line: string) => void;

  constructor(
    readonly component: Component,
    write: ((line: string) => void) | undefined,
  ) {
    this.write = write ?? ((line) => void this.trace.push(line));
    const header: TraceHeader = {
      format: TRACE_FORMAT,
      version: TRACE_VERSION,
      backend: component.backend,
    };
    this.write(JSON.stringify(header));
  }

  nextHandle(role: string): string {
    return `${role}${++this.handles}`;
  }

  /** Performs a call and writes its line, whether or not the call throws. */
  record<T>(
    name: string,
    handle: string | undefined,
    args: () => Record<string, unknown> | undefined,
    perform: () => T,
    result: (value: T) => unknown,
  ): T {
    const given = readable(args);
    const call = ++this.calls;
    const line = (outcome: { result?: unknown; error?: TraceError }): void => {
      const entry: TraceCall = {
        call,
        function: name,
        ...(handle !== undefined && { handle }),
        ...(given !== undefined && { arguments: given }),
        ...(outcome.result !== undefined && { result: outcome.result }),
        ...(outcome.error !== undefined && { error: outcome.error }),
      };
      this.write(JSON.stringify(entry));
    };
    let value: T;
    try {
      value = perform();
    } catch (error) {
      line({ error: describe(error) });
      throw error;
    }
    line({ result: result(value) });
    return value;
  }

  /** Headers with a client's key, and the digest of it, by name. */
  headers(headers: unknown, accept: string | undefined, ownKey?: string): unknown {
    if (!Array.isArray(headers)) return undefined;
    return (headers as readonly (Partial<HttpHeader> | null)[]).map((header) => {
      const { name, value } = header ?? {};
      if (value === undefined) return [name];
      if (ownKey !== undefined && value === ownKey) return [name, '<key>'];
      const maker = this.keys.get(value);
      if (maker !== undefined) return [name, `<key ${maker}>`];
      return [name, value === accept ? '<accept>' : value];
    });
  }
}

function describe(error: unknown): TraceError {
  if (error instanceof ComponentError) {
    const { code, hresult, diagnostic } = error;
    return { code, hresult, ...(diagnostic !== undefined && { diagnostic }) };
  }
  const { name, message } = error as Error;
  return { name, message };
}

const nothing = (): undefined => undefined;

/** Reads arguments for the trace. If reading fails, the called function refuses them itself. */
function readable(
  args: () => Record<string, unknown> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return args();
  } catch {
    return { unreadable: true };
  }
}

/** The bytes that a caller gave, or a description of another value. */
function given(value: unknown): unknown {
  return types.isUint8Array(value) ? hex(value) : typeof value;
}

/** An action that was returned to the program. */
interface TracedAction {
  readonly number: number;
  readonly result: ActionResult;
  readonly length: number;
  /** Its context is stale: the component ignores it (B9-4). */
  completed: boolean;
}

/**
 * Numbers contexts in the order in which they are first seen. An object is held weakly; a primitive stays as long as
 * its handle.
 */
class ContextNumbers {
  private readonly objects = new WeakMap<object, number>();
  private readonly primitives = new Map<unknown, number>();
  private count = 0;

  get(context: unknown): number | undefined {
    return this.mapOf(context).get(context);
  }

  numberOf(context: unknown): number {
    const known = this.get(context);
    if (known !== undefined) return known;
    this.mapOf(context).set(context, ++this.count);
    return this.count;
  }

  private mapOf(context: unknown): Pick<Map<unknown, number>, 'get' | 'set'> {
    const isObject = (typeof context === 'object' && context !== null) || typeof context === 'function';
    return isObject ? (this.objects as unknown as Map<unknown, number>) : this.primitives;
  }
}

class TracedHandle implements ClientHandle, ServerHandle {
  private readonly outgoing = new UnmaskedText();
  private readonly incoming = new UnmaskedText();
  private readonly contexts = new ContextNumbers();
  private readonly actions = new WeakMap<object, TracedAction>();
  private actionCount = 0;
  private key: string | undefined;
  private accept: string | undefined;

  constructor(
    private readonly recorder: Recorder,
    private readonly handle: ClientHandle & ServerHandle,
    private readonly name: string,
    /** A client whose masks are all zero: they are written as they are (D2-12). */
    private readonly showsMask: boolean,
  ) {}

  private record<T>(
    name: string,
    args: () => Record<string, unknown> | undefined,
    perform: () => T,
    result: (value: T) => unknown = nothing,
  ): T {
    return this.recorder.record(name, this.name, args, perform, result);
  }

  beginClientHandshake(request?: ClientHandshakeRequest): HttpHeader[] {
    return this.record(
      'WebSocketBeginClientHandshake',
      () =>
        request && {
          ...request,
          ...(request.initialHeaders && {
            initialHeaders: this.recorder.headers(request.initialHeaders, undefined),
          }),
        },
      () => this.handle.beginClientHandshake(request),
      (headers) => {
        const key = headers.find(({ name }) => name.toLowerCase() === 'sec-websocket-key')?.value;
        if (key !== undefined) {
          this.key = key;
          this.accept = acceptOf(key);
        }
        const written = this.recorder.headers(headers, undefined, key);
        if (key !== undefined) this.recorder.keys.set(key, this.name);
        return { headers: written };
      },
    );
  }

  endClientHandshake(responseHeaders: readonly HttpHeader[]): HandshakeSelection {
    return this.record(
      'WebSocketEndClientHandshake',
      () => ({ responseHeaders: this.recorder.headers(responseHeaders, this.accept, this.key) }),
      () => this.handle.endClientHandshake(responseHeaders),
      ({ selectedExtensions, selectedSubprotocol }) => ({
        selectedExtensions,
        ...(selectedSubprotocol !== undefined && { selectedSubprotocol }),
      }),
    );
  }

  beginServerHandshake(request: ServerHandshakeRequest): HttpHeader[] {
    return this.record(
      'WebSocketBeginServerHandshake',
      () => ({ ...request, requestHeaders: this.recorder.headers(request.requestHeaders, undefined) }),
      () => this.handle.beginServerHandshake(request),
      (headers) => {
        const key = request.requestHeaders.find(
          ({ name }) => name.toLowerCase() === 'sec-websocket-key',
        )?.value;
        const accept = key === undefined ? undefined : acceptOf(key.trim());
        return { headers: this.recorder.headers(headers, accept) };
      },
    );
  }

  endServerHandshake(): void {
    this.record('WebSocketEndServerHandshake', nothing, () => this.handle.endServerHandshake());
  }

  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, context?: unknown): void {
    this.record(
      'WebSocketSend',
      () => ({
        type: typeName(type),
        ...(buffer !== undefined && this.sent(buffer)),
        ...this.context(context),
      }),
      () => this.handle.send(type, buffer, context),
    );
  }

  private sent(buffer: Uint8Array | CloseBuffer): Record<string, unknown> {
    if (types.isUint8Array(buffer)) return { buffer: hex(buffer) };
    const { status, reason } = buffer;
    return { close: { status, ...(reason !== undefined && { reason: given(reason) }) } };
  }

  receive(buffer?: Uint8Array, context?: unknown): void {
    this.record(
      'WebSocketReceive',
      () => ({
        ...(buffer !== undefined && { into: buffer.byteLength }),
        ...this.context(context),
      }),
      () => this.handle.receive(buffer, context),
    );
  }

  /** Application contexts are numbered in the order in which they were first given. */
  private context(context: unknown): { context?: number } {
    return context === undefined ? {} : { context: this.contexts.numberOf(context) };
  }

  getAction(queue: ActionQueue, maxBuffers?: number): ActionResult {
    return this.record(
      'WebSocketGetAction',
      () => ({
        queue: nameIn(ActionQueue, queue),
        ...(maxBuffers !== undefined && { maxBuffers }),
      }),
      () =>
        maxBuffers === undefined ? this.handle.getAction(queue) : this.handle.getAction(queue, maxBuffers),
      (result) => this.result(result),
    );
  }

  private result(result: ActionResult): Record<string, unknown> {
    const { action, bufferType, buffers, close, applicationContext, actionContext } = result;
    const line: Record<string, unknown> = { action: nameIn(Action, action) };
    if (bufferType !== 0) line['bufferType'] = typeName(bufferType);
    if (action === Action.SendToNetwork) {
      line['buffers'] = buffers.map((buffer) =>
        this.showsMask ? hex(buffer) : this.outgoing.render(buffer),
      );
    } else if (action === Action.ReceiveFromNetwork) {
      line['windows'] = buffers.map(({ byteLength }) => byteLength);
    } else if (buffers.length > 0) {
      line['buffers'] = buffers.map(hex);
    }
    if (close !== undefined) {
      const { status, reason } = close;
      line['close'] = { status, reason: reason === null ? null : hex(reason) };
    }
    if (applicationContext !== undefined) {
      line['context'] = this.contexts.get(applicationContext) ?? 'foreign';
    }
    if (actionContext !== null) {
      const number = ++this.actionCount;
      const length = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      this.actions.set(actionContext, { number, result, length, completed: false });
      line['actionContext'] = number;
    }
    return line;
  }

  completeAction(actionContext: ActionContext | null, bytesTransferred: number): void {
    const known =
      typeof actionContext === 'object' && actionContext !== null
        ? this.actions.get(actionContext)
        : undefined;
    const action = known?.completed === false ? known.result.action : Action.NoAction;
    // More than the window has counts as none (Q-R4).
    const taken = known !== undefined && bytesTransferred <= known.length ? bytesTransferred : 0;
    this.record(
      'WebSocketCompleteAction',
      () => ({
        actionContext: known?.number ?? (actionContext === null ? null : 'foreign'),
        bytesTransferred,
        ...(action === Action.ReceiveFromNetwork && {
          bytes: this.incoming.render(known!.result.buffers[0]!.subarray(0, taken)),
        }),
      }),
      () => this.handle.completeAction(actionContext, bytesTransferred),
    );
    if (known !== undefined) known.completed = true;
    if (action === Action.SendToNetwork && bytesTransferred !== known!.length) this.outgoing.reset();
  }

  abort(): void {
    this.record('WebSocketAbortHandle', nothing, () => this.handle.abort());
  }

  delete(): void {
    this.record('WebSocketDeleteHandle', nothing, () => this.handle.delete());
  }

  [Symbol.dispose](): void {
    this.delete();
  }
}

class TracingComponent implements TracedComponent {
  readonly backend: BackendName;
  readonly #recorder: Recorder;

  constructor(component: Component, options: TraceOptions) {
    this.backend = component.backend;
    this.#recorder = new Recorder(component, options.write);
  }

  get trace(): readonly string[] {
    return this.#recorder.trace;
  }

  createClientHandle(properties?: HandleProperties): ClientHandle {
    return this.#create('client', properties);
  }

  createServerHandle(properties?: HandleProperties): ServerHandle {
    return this.#create('server', properties);
  }

  #create(role: 'client' | 'server', properties: HandleProperties | undefined): TracedHandle {
    const recorder = this.#recorder;
    const { component } = recorder;
    const name = recorder.nextHandle(role);
    const handle = recorder.record<SessionHandle>(
      role === 'client' ? 'WebSocketCreateClientHandle' : 'WebSocketCreateServerHandle',
      name,
      () => properties && { ...properties },
      () =>
        role === 'client'
          ? component.createClientHandle(properties)
          : component.createServerHandle(properties),
      nothing,
    );
    // Its interface says which functions may be called; the backend refuses the functions of the other side.
    const showsMask = properties?.disableMasking === true;
    return new TracedHandle(recorder, handle as ClientHandle & ServerHandle, name, showsMask);
  }

  getGlobalProperty(type: PropertyType.KeepAliveInterval): number;
  getGlobalProperty(type: PropertyType.SupportedVersions): readonly number[];
  getGlobalProperty(type: PropertyType): number | readonly number[] {
    return this.#recorder.record<number | readonly number[]>(
      'WebSocketGetGlobalProperty',
      undefined,
      () => ({ type: nameIn(PropertyType, type) }),
      () => this.#recorder.component.getGlobalProperty(type as PropertyType.SupportedVersions),
      (value) => value,
    );
  }
}

/**
 * Wraps a component so that every call of it and of its handles is written down. The wrapper returns the answers of
 * the component. A traced handle has no bulk driver: it is always driven through the action queues, so the trace shows
 * each step.
 *
 * @throws TypeError `write` is no function, options that are no object, or an unknown option.
 * @example
 * const traced = recordTrace(component, { write: (line) => void file.write(`${line}\n`) });
 */
export function recordTrace(component: Component, options: TraceOptions = {}): TracedComponent {
  checkFewOptions('recordTrace', options, ['write']);
  const { write } = options;
  if (write !== undefined && typeof write !== 'function') throw new TypeError('write must be a function');
  return new TracingComponent(component, options);
}
