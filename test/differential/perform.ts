/** Performs a scenario on one component and writes down everything that could be seen. */
import { Action, ComponentError } from '../../lib/component/index.js';
import type {
  ActionContext,
  ActionQueue,
  ActionResult,
  ClientHandle,
  Component,
  HttpHeader,
  ServerHandle,
  SessionHandle,
} from '../../lib/component/index.js';
import { BufferType } from '../../lib/component/contract.js';
import { Unmasker } from './unmasker.js';
import type { Frame, Scenario, Side, Step } from './scenario.js';

/** Headers in one line, without what is random. */
export function withoutRandom(headers: readonly HttpHeader[]): string {
  return headers
    .map(({ name, value }) => `${name}: ${/key|accept/i.test(name) ? `(${value.length} characters)` : value}`)
    .join(' | ');
}

/** Whether a send has an argument that no state makes right. */
function isSendOfWrongArguments(step: Step): boolean {
  if (step.do === 'send') return step.type < 0x80000000 || step.type > 0x80000003;
  if (step.do !== 'close' || step.status < 0) return false;
  const { status, reason } = step;
  return status < 1000 || status === 1006 || status === 1015 || reason !== null;
}

/**
 * Nobody knows whether the component looks at its arguments or at its state first (Q-S5, Q-S6): where both are
 * wrong, either code will do.
 */
function withoutPrecedence(step: Step, outcome: string): string {
  if (!isSendOfWrongArguments(step)) return outcome;
  return outcome.replace(/E_INVALIDARG|E_INVALID_PROTOCOL_OPERATION/, 'refused');
}

/** What a call did: its result in words, or its error. */
export function outcomeOf(call: () => string): string {
  try {
    return call();
  } catch (error) {
    if (error instanceof ComponentError) return `${error.operation} ${error.code}`;
    if (error instanceof TypeError || error instanceof RangeError) return `${error.name}: ${error.message}`;
    throw error;
  }
}

export function bytesOfFrame({ first, masked, payload, form }: Frame): Uint8Array {
  const header = [first];
  const { length } = payload;
  const bit = masked ? 0x80 : 0;
  if (form === 7 && length < 126) header.push(bit | length);
  else if (form !== 64 && length < 65536) header.push(bit | 126, length >> 8, length & 255);
  else
    header.push(
      bit | 127,
      0,
      0,
      0,
      0,
      length >>> 24,
      (length >> 16) & 255,
      (length >> 8) & 255,
      length & 255,
    );
  if (!masked) return Uint8Array.from([...header, ...payload]);
  const key = [1, 2, 3, 4];
  return Uint8Array.from([...header, ...key, ...payload.map((byte, index) => byte ^ key[index & 3]!)]);
}

interface Outstanding {
  readonly context: ActionContext;
  readonly action: Action;
  readonly buffers: readonly Uint8Array[];
  /** Of SendToNetwork: the bytes with a mask of zero. */
  readonly wire: Uint8Array;
}

class End {
  readonly outstanding: Outstanding[] = [];
  readonly unmasker = new Unmasker();
  inbound: Uint8Array = new Uint8Array(0);
  stale: ActionContext | null = null;
  operations = 0;

  constructor(
    readonly handle: SessionHandle,
    readonly name: Side,
  ) {}

  arrive(bytes: Uint8Array): void {
    this.inbound = Buffer.concat([this.inbound, bytes]);
  }
}

const hex = (bytes: Uint8Array): string => {
  const { length } = bytes;
  return length <= 64
    ? Buffer.from(bytes).toString('hex')
    : `${Buffer.from(bytes.subarray(0, 32)).toString('hex')}..${length}`;
};

class Performance {
  readonly trace: string[] = [];
  private readonly ends: Record<Side, End>;

  constructor(client: SessionHandle, server: SessionHandle) {
    this.ends = { client: new End(client, 'client'), server: new End(server, 'server') };
  }

  note(text: string): void {
    this.trace.push(text);
  }

  open(client: ClientHandle, answer: readonly HttpHeader[]): void {
    this.note(outcomeOf(() => JSON.stringify(client.endClientHandshake(answer))));
  }

  step(step: Step): void {
    const end = this.ends[step.side];
    const { handle } = end;
    switch (step.do) {
      case 'send':
        return this.call(step, () => {
          handle.send(step.type, step.payload ?? undefined, ++end.operations);
          return 'queued';
        });
      case 'close':
        return this.call(step, () => {
          const buffer =
            step.reason === null ? { status: step.status } : { status: step.status, reason: step.reason };
          handle.send(BufferType.Close, step.status < 0 ? undefined : buffer, ++end.operations);
          return 'queued';
        });
      case 'receive':
        return this.call(step, () => {
          const buffer = step.capacity < 0 ? undefined : new Uint8Array(step.capacity);
          handle.receive(buffer, ++end.operations);
          return 'queued';
        });
      case 'action':
        this.action(end, step.queue, step.maxBuffers);
        return;
      case 'complete': {
        const outstanding = end.outstanding[step.which % Math.max(1, end.outstanding.length)];
        if (outstanding !== undefined) this.complete(end, outstanding, step.bytes);
        return;
      }
      case 'pump':
        return this.pump(end, step.queue, step.maxBuffers);
      case 'inject':
        return end.arrive(bytesOfFrame(step.frame));
      case 'stale':
        return this.call(step, () => {
          handle.completeAction(end.stale, 5);
          handle.completeAction(null, 5);
          handle.completeAction({} as ActionContext, 5);
          return 'ignored';
        });
      case 'end':
        return this.call(step, () => {
          if (step.side === 'client') (handle as ClientHandle).endClientHandshake([]);
          else (handle as ServerHandle).endServerHandshake();
          return 'ended';
        });
      case 'abort':
        handle.abort();
        return this.note(`${step.side} abort`);
      case 'delete':
        handle.delete();
        return this.note(`${step.side} delete`);
    }
  }

  private call(step: Step, call: () => string): void {
    const type = step.do === 'send' ? ` 0x${step.type.toString(16)}` : '';
    this.note(`${step.side} ${step.do}${type}: ${withoutPrecedence(step, outcomeOf(call))}`);
  }

  private action(end: End, queue: ActionQueue, maxBuffers: number): Outstanding | undefined {
    let outstanding: Outstanding | undefined;
    const outcome = outcomeOf(() => {
      const result = end.handle.getAction(queue, maxBuffers);
      outstanding = this.keep(end, result);
      return describe(result, outstanding);
    });
    this.note(`${end.name} getAction(${queue}, ${maxBuffers}): ${outcome}`);
    return outstanding;
  }

  private keep(end: End, { action, actionContext, buffers }: ActionResult): Outstanding | undefined {
    if (actionContext === null) return undefined;
    const wire =
      action === Action.SendToNetwork ? end.unmasker.take(Buffer.concat(buffers)) : new Uint8Array(0);
    const outstanding = { context: actionContext, action, buffers, wire };
    end.outstanding.push(outstanding);
    return outstanding;
  }

  private complete(end: End, outstanding: Outstanding, wanted: 'all' | 'some' | 'none'): void {
    const { action, buffers, context, wire } = outstanding;
    let bytes = 0;
    if (action === Action.ReceiveFromNetwork) {
      const window = buffers[0]!;
      const room = wanted === 'some' ? Math.ceil(window.length / 3) : wanted === 'none' ? 0 : window.length;
      bytes = Math.min(room, end.inbound.length);
      window.set(end.inbound.subarray(0, bytes));
      end.inbound = end.inbound.slice(bytes);
    } else if (action === Action.SendToNetwork) {
      bytes = wanted === 'all' ? wire.length : wanted === 'some' ? wire.length >> 1 : 0;
      this.ends[end.name === 'client' ? 'server' : 'client'].arrive(wire.subarray(0, bytes));
      // What is left of the frame is dropped.
      if (bytes !== wire.length) end.unmasker.reset();
    }
    end.outstanding.splice(end.outstanding.indexOf(outstanding), 1);
    end.stale = context;
    this.note(
      `${end.name} complete ${Action[action]} ${bytes}: ${outcomeOf(() => {
        end.handle.completeAction(context, bytes);
        return 'ok';
      })}`,
    );
  }

  /** As an application does it, until there is nothing to do or nothing to read. */
  private pump(end: End, queue: ActionQueue, maxBuffers: number): void {
    for (const outstanding of [...end.outstanding]) {
      if (outstanding.action !== Action.ReceiveFromNetwork || end.inbound.length !== 0) {
        this.complete(end, outstanding, 'all');
      }
    }
    for (let turn = 0; turn < 60; turn++) {
      const outstanding = this.action(end, queue, maxBuffers);
      if (outstanding === undefined) return;
      if (outstanding.action === Action.ReceiveFromNetwork && end.inbound.length === 0) return;
      this.complete(end, outstanding, 'all');
    }
  }
}

function describe(
  { action, bufferType, buffers, close, applicationContext }: ActionResult,
  outstanding: Outstanding | undefined,
): string {
  // Q-R5: whether a frame begins a message with its first byte or with the end of its header, and whether one that
  // was refused did, shows in the type of a receive that ends with nothing.
  const isEmptyHanded =
    action === Action.IndicateReceiveComplete && buffers.length === 0 && close === undefined;
  const type = isEmptyHanded ? 'nothing' : `0x${bufferType.toString(16)}`;
  const parts = [Action[action], type, `of ${String(applicationContext)}`];
  if (action === Action.SendToNetwork) {
    parts.push(`${buffers.map(({ length }) => length).join('+')} bytes ${hex(outstanding!.wire)}`);
  } else if (action === Action.ReceiveFromNetwork) {
    parts.push(`window ${buffers.map(({ length }) => length).join('+')}`);
  } else {
    parts.push(...buffers.map((buffer) => `"${hex(buffer)}"`));
  }
  if (close !== undefined) {
    parts.push(`close ${close.status} ${close.reason === null ? 'null' : `"${hex(close.reason)}"`}`);
  }
  return parts.join(' ');
}

/** The trace of a scenario. */
export function perform(component: Component, { client, server, steps }: Scenario): readonly string[] {
  const trace: string[] = [];
  let ends: [ClientHandle, ServerHandle] | undefined;
  trace.push(
    outcomeOf(() => {
      ends = [component.createClientHandle(client), component.createServerHandle(server)];
      return 'created';
    }),
  );
  if (ends === undefined) return trace;
  const [clientHandle, serverHandle] = ends;
  const performance = new Performance(clientHandle, serverHandle);
  const offered = clientHandle.beginClientHandshake();
  const requestHeaders = [...offered, { name: 'Host', value: 'localhost' }];
  const answer = serverHandle.beginServerHandshake({ requestHeaders });
  performance.note(withoutRandom(offered));
  performance.note(withoutRandom(answer));
  const begun = steps.findIndex(({ do: what }) => what === 'end');
  // A scenario that has an end of its own is performed up to there on handles without a session.
  steps.forEach((step, index) => {
    if (index === Math.max(0, begun)) performance.open(clientHandle, answer);
    performance.step(step);
  });
  clientHandle.delete();
  serverHandle.delete();
  return [...trace, ...performance.trace];
}
