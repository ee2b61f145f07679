/** Replays traces: makes the recorded calls again, on any backend, and finds the first answer that differs. */
import { isDeepStrictEqual } from 'node:util';
import { Action, ActionQueue, BufferType, PropertyType, recordTrace } from '../component/index.js';
import type {
  ActionContext,
  ActionResult,
  ClientHandle,
  CloseBuffer,
  Component,
  HttpHeader,
  ServerHandle,
} from '../component/index.js';
import { acceptOf } from '../component/accept.js';
import { RemaskedBytes } from '../component/trace-bytes.js';
import { TRACE_FORMAT, TRACE_VERSION } from '../component/trace-format.js';
import type { TraceCall, TraceHeader } from '../component/trace-format.js';
import { itemsOfAnswer } from './items.js';

/** The first call of a trace that got another answer. */
export interface TraceDifference {
  /** Line of the trace, from 1. */
  readonly line: number;
  readonly call: TraceCall;
  /** The answer in the trace: the result, the error, or null for plain success. */
  readonly recorded: unknown;
  /** The backend's answer now. */
  readonly replayed: unknown;
  /** Items of the behaviour notes that the answer is about. */
  readonly items: string;
}

/** What a replay found. */
export interface ReplayOutcome {
  /** Number of calls made. The replay stops at the first difference. */
  readonly calls: number;
  /** Number of calls that no backend sees: mistakes in JavaScript arguments. */
  readonly skipped: number;
  readonly difference: TraceDifference | null;
}

/** The file is not a trace that this version can read. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
}

interface Parsed {
  readonly line: number;
  readonly call: TraceCall;
}

/** Reads a trace. */
export function parseTrace(lines: readonly string[]): { header: TraceHeader; calls: Parsed[] } {
  const entries = lines
    .map((text, index) => ({ line: index + 1, text }))
    .filter(({ text }) => text.trim() !== '')
    .map(({ line, text }) => {
      try {
        return { line, value: JSON.parse(text) as unknown };
      } catch {
        throw new TraceFormatError(`line ${line} is no JSON`);
      }
    });
  const header = entries[0]?.value as Partial<TraceHeader> | undefined;
  if (header?.format !== TRACE_FORMAT) throw new TraceFormatError('this is no trace');
  if (header.version !== TRACE_VERSION) {
    throw new TraceFormatError(`version ${String(header.version)} of the format is not known`);
  }
  const calls = entries.slice(1).map(({ line, value }) => {
    const call = value as Partial<TraceCall>;
    if (typeof call.call !== 'number' || typeof call.function !== 'string') {
      throw new TraceFormatError(`line ${line} is no call`);
    }
    return { line, call: call as TraceCall };
  });
  return { header: header as TraceHeader, calls };
}

type Arguments = Readonly<Record<string, unknown>>;
type Pairs = readonly (readonly [string, string])[];

function bytesOf(text: unknown): Uint8Array {
  return Uint8Array.from(Buffer.from(String(text), 'hex'));
}

function numberIn(enumeration: Record<string, string | number>, value: unknown): number {
  return typeof value === 'number' ? value : value === 'None' ? 0 : Number(enumeration[String(value)]);
}

interface Replayed {
  readonly handle: ClientHandle & ServerHandle;
  /** Actions by their number. */
  readonly actions: Map<number, ActionResult>;
  readonly contexts: Map<number, object>;
  readonly incoming: RemaskedBytes;
  actionCount: number;
}

class Replayer {
  private readonly handles = new Map<string, Replayed>();
  /** Keys made during the replay, by the handle that made them. */
  private readonly keys = new Map<string, string>();

  constructor(private readonly component: Component) {}

  perform(call: TraceCall): void {
    const given = call.arguments ?? {};
    switch (call.function) {
      case 'WebSocketCreateClientHandle':
        return this.created(call, this.component.createClientHandle(given));
      case 'WebSocketCreateServerHandle':
        return this.created(call, this.component.createServerHandle(given));
      case 'WebSocketGetGlobalProperty':
        this.component.getGlobalProperty(numberIn(PropertyType, given['type']));
        return;
    }
    const name = call.handle ?? '';
    const state = this.handles.get(name);
    if (state === undefined)
      throw new TraceFormatError(`call ${call.call} is on an unknown handle "${name}"`);
    this.onHandle(call, given, name, state);
  }

  private created(call: TraceCall, handle: object): void {
    this.handles.set(call.handle ?? '', {
      handle: handle as ClientHandle & ServerHandle,
      actions: new Map(),
      contexts: new Map(),
      incoming: new RemaskedBytes(),
      actionCount: 0,
    });
  }

  private onHandle(call: TraceCall, given: Arguments, name: string, state: Replayed): void {
    const { handle } = state;
    switch (call.function) {
      case 'WebSocketBeginClientHandshake': {
        const headers = handle.beginClientHandshake({
          ...(given as object),
          ...('initialHeaders' in given && { initialHeaders: this.headers(name, given['initialHeaders']) }),
        });
        const key = headers.find((header) => header.name.toLowerCase() === 'sec-websocket-key')?.value;
        if (key !== undefined) this.keys.set(name, key);
        return;
      }
      case 'WebSocketEndClientHandshake':
        handle.endClientHandshake(this.headers(name, given['responseHeaders']));
        return;
      case 'WebSocketBeginServerHandshake':
        handle.beginServerHandshake({
          ...(given as object),
          requestHeaders: this.headers(name, given['requestHeaders']),
        });
        return;
      case 'WebSocketEndServerHandshake':
        return handle.endServerHandshake();
      case 'WebSocketSend':
        return handle.send(
          numberIn(BufferType, given['type']),
          this.payload(given),
          this.context(state, given),
        );
      case 'WebSocketReceive':
        return handle.receive(
          'into' in given ? new Uint8Array(Number(given['into'])) : undefined,
          this.context(state, given),
        );
      case 'WebSocketGetAction':
        return this.getAction(given, state);
      case 'WebSocketCompleteAction':
        return this.completeAction(given, state);
      case 'WebSocketAbortHandle':
        return handle.abort();
      case 'WebSocketDeleteHandle':
        return handle.delete();
      default:
        throw new TraceFormatError(`call ${call.call} is to an unknown function "${call.function}"`);
    }
  }

  private headers(name: string, pairs: unknown): HttpHeader[] {
    return (pairs as Pairs).map(([header, value]) => ({ name: header, value: this.value(name, value) }));
  }

  private value(name: string, value: string): string {
    const maker = /^<key (\S+)>$/.exec(value)?.[1];
    if (value === '<key>' || maker !== undefined) return this.keys.get(maker ?? name) ?? value;
    return value === '<accept>' ? acceptOf(this.keys.get(name) ?? '') : value;
  }

  private payload(given: Arguments): Uint8Array | CloseBuffer | undefined {
    if ('buffer' in given) return bytesOf(given['buffer']);
    if (!('close' in given)) return undefined;
    const { status, reason } = given['close'] as { status: number; reason?: string };
    return reason === undefined ? { status } : { status, reason: bytesOf(reason) };
  }

  private context(state: Replayed, given: Arguments): object | undefined {
    if (!('context' in given)) return undefined;
    const number = Number(given['context']);
    let context = state.contexts.get(number);
    if (context === undefined) state.contexts.set(number, (context = {}));
    return context;
  }

  private getAction(given: Arguments, state: Replayed): void {
    const queue = numberIn(ActionQueue, given['queue']) as ActionQueue;
    const result =
      'maxBuffers' in given
        ? state.handle.getAction(queue, Number(given['maxBuffers']))
        : state.handle.getAction(queue);
    if (result.actionContext !== null) state.actions.set(++state.actionCount, result);
  }

  private completeAction(given: Arguments, { handle, actions, incoming }: Replayed): void {
    const number = given['actionContext'];
    if (typeof number !== 'number') {
      const context = number === null ? null : ({} as ActionContext);
      return handle.completeAction(context, Number(given['bytesTransferred']));
    }
    const result = actions.get(number);
    if (result?.action === Action.ReceiveFromNetwork && 'bytes' in given) {
      result.buffers[0]!.set(incoming.parse(String(given['bytes'])));
    }
    handle.completeAction(result?.actionContext ?? null, Number(given['bytesTransferred']));
  }
}

/** The answer of a call. The diagnostic is left out if only one of the two answers has one. */
function answerOf({ result, error }: TraceCall, withDiagnostic: boolean): unknown {
  if (error === undefined) return result ?? null;
  if (!('code' in error) || withDiagnostic) return error;
  return { code: error.code, hresult: error.hresult };
}

function hasDiagnostic({ error }: TraceCall): boolean {
  return error !== undefined && 'diagnostic' in error;
}

/** Whether a call never reached a backend. */
function isMistake({ error }: TraceCall): boolean {
  return error !== undefined && !('code' in error);
}

/**
 * Makes the calls of a trace on a component, up to the first call whose answer differs from the recorded one.
 *
 * @param lines - the trace.
 * @throws TraceFormatError the lines are not a trace.
 */
export function replayTrace(lines: readonly string[], component: Component): ReplayOutcome {
  const { calls } = parseTrace(lines);
  const replayed: TraceCall[] = [];
  const traced = recordTrace(component, {
    write: (line) => void replayed.push(JSON.parse(line) as TraceCall),
  });
  replayed.length = 0;
  const replayer = new Replayer(traced);
  let skipped = 0;
  let made = 0;
  for (const { line, call } of calls) {
    if (isMistake(call)) {
      skipped++;
      continue;
    }
    let thrown: unknown;
    try {
      replayer.perform(call);
    } catch (error) {
      if (error instanceof TraceFormatError) throw error;
      thrown = error;
    }
    made++;
    const answer = replayed.pop();
    if (answer === undefined) throw thrown;
    const both = hasDiagnostic(call) && hasDiagnostic(answer);
    const before = answerOf(call, both);
    const now = answerOf(answer, both);
    if (isDeepStrictEqual(before, now)) continue;
    const items = itemsOfAnswer(call.function, call.error ?? call.result);
    const difference = { line, call, recorded: before, replayed: now, items };
    return { calls: made, skipped, difference };
  }
  return { calls: made, skipped, difference: null };
}
