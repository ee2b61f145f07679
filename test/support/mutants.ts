/**
 * Deliberately broken components: the portable engine with a layer on it that does one thing wrong. A scenario must
 * find each of them.
 */
import { createHash } from 'node:crypto';
import { ActionOutput } from '../../lib/component/backend.js';
import type { Backend, BackendHandle, Role } from '../../lib/component/backend.js';
import { createComponent } from '../../lib/component/component.js';
import { Action, ActionQueue, BufferType, PropertyType } from '../../lib/component/contract.js';
import type {
  ActionResult,
  Component,
  HandleProperties,
  SessionHandle,
} from '../../lib/component/contract.js';
import type { Diagnostic } from '../../lib/component/diagnostics.js';
import { HRESULTS, S_OK } from '../../lib/component/errors.js';
import { portableBackend } from '../../lib/component/portable/backend.js';
import { portable } from '../../lib/component/portable/index.js';

/** A mutant, and the scenario that has to find it. */
export interface Mutant {
  readonly name: string;
  readonly killedBy: string;
  readonly component: Component;
}

/** Functions that replace those of a handle; `next` is the handle itself. */
type Change = (next: BackendHandle, role: Role) => Partial<BackendHandle>;

function overlay(next: BackendHandle, changed: Partial<BackendHandle>): BackendHandle {
  return new Proxy(next, {
    get(target, name) {
      const value: unknown = Reflect.get(name in changed ? changed : target, name, target);
      return typeof value === 'function' && !(name in changed) ? (value.bind(target) as unknown) : value;
    },
  });
}

const identity: (given: HandleProperties, role: Role) => HandleProperties = (given) => given;

function backend(change: Change, properties = identity): Component {
  const changed: Backend = {
    name: 'portable',
    createHandle(role, given) {
      const handle = portableBackend.createHandle(role, properties(given, role));
      return typeof handle === 'number' ? handle : overlay(handle, change(handle, role));
    },
    getGlobalProperty: (type) => portableBackend.getGlobalProperty(type),
  };
  return createComponent(changed);
}

/** Changes the results of `getAction`. */
function actions(alter: (output: ActionOutput, next: BackendHandle) => void): Component {
  return backend((next) => ({
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      if (result === S_OK) alter(output, next);
      return result;
    },
  }));
}

function isPong({ action, operation }: ActionOutput): boolean {
  return action === Action.SendToNetwork && operation === 0;
}

function lengthOf(output: ActionOutput): number {
  return output.buffers.reduce((sum, part) => sum + part.length, 0);
}

function refuseNothing(diagnostic: Diagnostic): Component {
  return backend((next) => {
    const forgive = (result: number) => (next.diagnostic === diagnostic ? S_OK : result);
    return {
      beginClientHandshake: (input, headers) => forgive(next.beginClientHandshake(input, headers)),
      endClientHandshake: (headers, output) => forgive(next.endClientHandshake(headers, output)),
      beginServerHandshake: (input, headers) => forgive(next.beginServerHandshake(input, headers)),
      send: (type, payload, close, operation) => forgive(next.send(type, payload, close, operation)),
      getAction: (queue, maxBuffers, output) => forgive(next.getAction(queue, maxBuffers, output)),
    };
  });
}

/** The engine without one of its checks: a call that should be refused succeeds. */
export function mutantWithout(diagnostic: Diagnostic): Component {
  return refuseNothing(diagnostic);
}

const stealthyPong = backend((next) => ({
  getAction(queue, maxBuffers, output) {
    for (;;) {
      const result = next.getAction(queue, maxBuffers, output);
      if (result !== S_OK || !isPong(output)) return result;
      next.completeAction(output.context, lengthOf(output), null);
      output.clear();
    }
  },
}));

const forgetfulError = backend((next) => {
  let reported = false;
  return {
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      if (result === S_OK || !reported) {
        reported ||= result !== S_OK;
        return result;
      }
      return S_OK;
    },
  };
});

const uncancelledRead = backend((next) => ({
  completeAction(context, bytes, window) {
    if (bytes !== 0 || window !== null) next.completeAction(context, bytes, window);
  },
}));

const uncancelledWrite = backend((next) => {
  const lengths = new Map<number, number>();
  return {
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      if (output.action === Action.SendToNetwork) lengths.set(output.context, lengthOf(output));
      return result;
    },
    completeAction: (context, bytes, window) =>
      next.completeAction(context, lengths.get(context) ?? bytes, window),
  };
});

const lazyAbort = backend((next) => {
  let aborted = false;
  const refuse = (call: () => number) => (aborted ? HRESULTS.E_INVALID_PROTOCOL_OPERATION : call());
  return {
    abort: () => void (aborted = true),
    send: (type, payload, close, operation) => refuse(() => next.send(type, payload, close, operation)),
    receive: (capacity, operation) => refuse(() => next.receive(capacity, operation)),
  };
});

const afterAbortStillFails = backend((next) => {
  let failure = S_OK;
  return {
    getAction(queue, maxBuffers, output) {
      if (failure === S_OK) failure = next.getAction(queue, maxBuffers, output);
      return failure;
    },
  };
});

const pongReleasedEarly = backend((next) => ({
  getAction(queue, maxBuffers, output) {
    const result = next.getAction(queue, maxBuffers, output);
    if (isPong(output)) next.completeAction(output.context, lengthOf(output), null);
    return result;
  },
}));

const receiveBehindWrite = backend((next) => {
  let writing = 0;
  return {
    getAction(queue, maxBuffers, output) {
      if (queue === ActionQueue.Receive && writing !== 0) return S_OK;
      const result = next.getAction(queue, maxBuffers, output);
      if (output.action === Action.SendToNetwork && output.operation !== 0) writing = output.context;
      return result;
    },
    completeAction(context, bytes, window) {
      if (context === writing) writing = 0;
      next.completeAction(context, bytes, window);
    },
  };
});

function copy(from: ActionOutput, to: ActionOutput): void {
  const { action, bufferType, operation, context } = from;
  Object.assign(to, { action, bufferType, operation, context });
  to.buffers.splice(0, to.buffers.length, ...from.buffers);
}

const severalOutstanding = backend((next) => {
  const waiting = new ActionOutput();
  return {
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      if (output.action === Action.NoAction && waiting.context !== 0) copy(waiting, output);
      else if (output.action === Action.SendToNetwork) copy(output, waiting);
      return result;
    },
  };
});

/** Bytes of a client's header for a payload of less than 126. */
const SMALL_HEADER = 6;

const lostSlicePhase = backend((next) => {
  let key: Uint8Array = new Uint8Array(4);
  let operation = 0;
  let sent = 0;
  return {
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      const [slice] = output.buffers;
      if (output.action !== Action.SendToNetwork || !(slice instanceof Uint8Array)) return result;
      if (output.operation !== operation) {
        const header = SMALL_HEADER + ({ 0xfe: 2, 0xff: 8 }[slice[1]!] ?? 0);
        operation = output.operation;
        key = slice.slice(header - 4, header);
        sent = slice.length - header;
      } else {
        slice.forEach((byte, at) => (slice[at] = byte ^ key[(sent + at) & 3]! ^ key[at & 3]!));
        sent += slice.length;
      }
      return result;
    },
  };
});

const eagerReader = backend((next) => {
  let held: number | null = null;
  let asked = false;
  return {
    getAction(queue, maxBuffers, output) {
      const result = next.getAction(queue, maxBuffers, output);
      if (output.action === Action.ReceiveFromNetwork) held = output.window;
      if (output.action !== Action.IndicateReceiveComplete || asked || held === null) return result;
      asked = true;
      // Delays the indication by a read that is not needed.
      Object.assign(output, { action: Action.ReceiveFromNetwork, bufferType: 0, window: held });
      output.buffers.length = 0;
      return result;
    },
  };
});

const garbledShortRead = backend((next) => ({
  completeAction(context, bytes, window) {
    if (window?.length === 1) window[0]! ^= 0xff;
    next.completeAction(context, bytes, window);
  },
}));

function eachResult(alter: (result: ActionResult) => ActionResult): Component {
  const altered = (handle: SessionHandle): SessionHandle =>
    withResults(handle, (name, result) => (name === 'getAction' ? alter(result as ActionResult) : result));
  return withResults(portable, (name, made) =>
    name.startsWith('create') ? altered(made as SessionHandle) : made,
  );
}

/** The same object with other results of its functions. */
function withResults<T extends object>(object: T, alter: (name: string, result: unknown) => unknown): T {
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...inputs: unknown[]) => alter(name.toString(), value.apply(target, inputs));
    },
  });
}

const lostContext = eachResult((result) => ({ ...result, applicationContext: undefined }));

const constantKey = backend((next) => ({
  beginClientHandshake(input, headers) {
    const result = next.beginClientHandshake(input, headers);
    const at = headers.findIndex(({ name }) => name === 'Sec-WebSocket-Key');
    if (at >= 0) headers[at] = { name: 'Sec-WebSocket-Key', value: 'dGhlIHNhbXBsZSBub25jZQ==' };
    return result;
  },
}));

const constantMask = actions((output) => {
  const [frame] = output.buffers;
  if (output.action !== Action.SendToNetwork || !(frame instanceof Uint8Array) || frame[1]! >= 0xfe) return;
  const key = frame.slice(2, SMALL_HEADER);
  const payload = frame.subarray(SMALL_HEADER);
  payload.forEach((byte, at) => (payload[at] = byte ^ key[at & 3]! ^ 0x55));
  frame.fill(0x55, 2, SMALL_HEADER);
});

const answersClose = backend((next) => ({
  getAction(queue, maxBuffers, output) {
    const result = next.getAction(queue, maxBuffers, output);
    if (output.closeStatus >= 0) next.send(BufferType.Close, null, null, 0xffff);
    return result;
  },
}));

const ignoresBuffers = eachResult((result) =>
  result.action === Action.IndicateReceiveComplete
    ? { ...result, buffers: result.buffers.map((buffer) => buffer.slice()) }
    : result,
);

const wrongAccept = backend((next) => ({
  beginServerHandshake(input, headers) {
    const result = next.beginServerHandshake(input, headers);
    const digest = createHash('sha1').update('a key that nobody sent').digest('base64');
    headers.forEach(({ name }, at) => {
      if (name === 'Sec-WebSocket-Accept') headers[at] = { name, value: digest };
    });
    return result;
  },
}));

const upgradeOnly = backend((next) => ({
  beginClientHandshake(input, headers) {
    const result = next.beginClientHandshake(input, headers);
    const at = headers.findIndex(({ name }) => name === 'Sec-WebSocket-Version');
    if (at >= 0) headers.splice(at, 1);
    return result;
  },
}));

const wrongGlobals = createComponent({
  ...portableBackend,
  getGlobalProperty: (type) =>
    type === PropertyType.KeepAliveInterval ? { values: [14_999] } : portableBackend.getGlobalProperty(type),
});

/** All hand-written mutants. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'frames of a client need no mask',
    killedBy: "A client's frame needs a mask",
    component: backend(
      () => ({}),
      (given, role) => (role === 'server' ? { ...given, disableMasking: true } : given),
    ),
  },
  {
    name: 'text is not checked',
    killedBy: 'A byte that never occurs is refused',
    component: backend(
      () => ({}),
      (given) => ({ ...given, disableUtf8Verification: true }),
    ),
  },
  {
    name: 'masks are zero',
    killedBy: "A client's frame is masked",
    component: backend(
      () => ({}),
      (given) => ({ ...given, disableMasking: true }),
    ),
  },
  {
    name: 'the accept digest is wrong',
    killedBy: 'A response proves that the key was read',
    component: wrongAccept,
  },
  {
    name: 'a request has no version',
    killedBy: 'A request has a key, a version and asks for the upgrade',
    component: upgradeOnly,
  },
  {
    name: 'a fragment is dropped',
    killedBy: 'A frame that is not final is indicated as a fragment',
    component: actions((output) => {
      const isFragment = output.bufferType === BufferType.Utf8Fragment;
      if (output.action === Action.IndicateReceiveComplete && isFragment)
        output.buffers[0] = new Uint8Array(0);
    }),
  },
  {
    name: 'a fragment is taken for a message',
    killedBy: 'A frame that is not final is indicated as a fragment',
    component: actions((output) => {
      if (output.action === Action.IndicateReceiveComplete && output.bufferType === BufferType.Utf8Fragment) {
        output.bufferType = BufferType.Utf8Message;
      }
    }),
  },
  {
    name: 'pings are not answered',
    killedBy: 'A ping is answered, never indicated',
    component: stealthyPong,
  },
  {
    name: 'pongs have another payload',
    killedBy: 'The longest ping is answered',
    component: actions((output) => {
      const last = output.buffers.at(-1);
      if (isPong(output) && last instanceof Uint8Array && last.length > 2) last[last.length - 1]! ^= 1;
    }),
  },
  {
    name: 'a pong has the type of an unsolicited one',
    killedBy: 'A ping is answered, never indicated',
    component: actions((output) => {
      if (isPong(output)) output.bufferType = BufferType.UnsolicitedPong;
    }),
  },
  {
    name: 'an error is reported once',
    killedBy: 'An error repeats until the session is aborted',
    component: forgetfulError,
  },
  {
    name: 'an error is reported after an abort',
    killedBy: 'After an error the application aborts and drains',
    component: afterAbortStillFails,
  },
  {
    name: 'the status of a close is lost',
    killedBy: 'A received close has a status and a reason',
    component: actions((output) => {
      if (output.closeStatus > 0) Object.assign(output, { closeStatus: 1005, closeReason: null });
    }),
  },
  {
    name: 'an empty reason is taken for none',
    killedBy: 'A received close with a status only has an empty reason',
    component: actions((output) => {
      if (output.closeReason?.length === 0) output.closeReason = null;
    }),
  },
  {
    name: 'the mask starts afresh in every slice',
    killedBy: 'A payload longer than the send buffer leaves in slices of one frame',
    component: lostSlicePhase,
  },
  {
    name: 'a cancelled receive is not indicated',
    killedBy: 'A read of nothing cancels the receive',
    component: uncancelledRead,
  },
  {
    name: 'a short write is taken for a whole one',
    killedBy: 'A short write drops the slices that were left',
    component: uncancelledWrite,
  },
  { name: 'contexts are lost', killedBy: 'A text message is one frame', component: lostContext },
  {
    name: 'an abort leaves the operations as they are',
    killedBy: 'What has arrived is not indicated after an abort',
    component: lazyAbort,
  },
  {
    name: 'sends go out while a pong is being written',
    killedBy: 'Nothing is sent while a pong is being written',
    component: pongReleasedEarly,
  },
  {
    name: 'receiving waits for a write',
    killedBy: 'A receive that is queued always has a real action',
    component: receiveBehindWrite,
  },
  {
    name: 'an outstanding action is handed out again',
    killedBy: 'A queue has one action outstanding',
    component: severalOutstanding,
  },
  { name: 'more is read than was needed', killedBy: "The sample's message", component: eagerReader },
  {
    name: 'a read of a single byte is garbled',
    killedBy: 'A text message is indicated',
    component: garbledShortRead,
  },
  {
    name: 'buffers are written in the wrong order',
    killedBy: 'A text message is one frame',
    component: actions((output) => {
      if (output.action === Action.SendToNetwork) output.buffers.reverse();
    }),
  },
  {
    name: 'the indication of a send has the payload',
    killedBy: 'An indication of a send has no buffer',
    component: actions((output) => {
      if (output.action === Action.IndicateSendComplete) output.bufferType = BufferType.Utf8Message;
    }),
  },
  {
    name: 'every handshake has the same key',
    killedBy: 'Each handshake has a key of its own',
    component: constantKey,
  },
  {
    name: 'every frame has the same mask',
    killedBy: 'Each frame has a mask of its own',
    component: constantMask,
  },
  {
    name: 'a close is answered by itself',
    killedBy: 'A received close has a status and a reason',
    component: answersClose,
  },
  {
    name: 'the buffer of a receive stays empty',
    killedBy: 'Data goes into the buffer of the receive',
    component: ignoresBuffers,
  },
  {
    name: 'an indication has two buffers',
    killedBy: 'One indication uses one receive',
    component: eachResult((result) =>
      result.action === Action.IndicateReceiveComplete
        ? { ...result, buffers: [...result.buffers, ...result.buffers] }
        : result,
    ),
  },
  {
    name: 'a server copies what it sends',
    killedBy: "A server's payload is one piece, whatever its length",
    component: eachResult((result) =>
      result.action === Action.SendToNetwork
        ? { ...result, buffers: result.buffers.map((buffer) => buffer.slice()) }
        : result,
    ),
  },
  {
    name: 'the keep-alive interval is too short',
    killedBy: 'The keep-alive interval is at least 15 seconds',
    component: wrongGlobals,
  },
];
