/**
 * The states of a handle, and the functions of the contract. Every change of state happens in this file, and no code
 * here knows a byte of the wire.
 *
 * # Theory of operation
 *
 * A handle is *created*. Its handshake begins (*handshaking*) and ends (*open*). It may be *aborted*. In the end it
 * is deleted; that is up to the layer above. A client ends its handshake by a call, a server by a call or by its
 * first use of the session (B4-7). A call that the state forbids is refused with `E_INVALID_PROTOCOL_OPERATION` and
 * changes nothing. {@link TRANSITIONS} has all of these rules.
 *
 * An open handle has two queues. `send` and `receive` append an operation. `getAction` asks the head of a queue for
 * its next step. `completeAction` reports that the step has been done. Each queue has at most one outstanding action
 * (D1-3) and knows its next step by itself. Three things concern both queues:
 *
 * - A pong belongs to the receive queue but goes out to the network. While it is outstanding, nothing else is handed
 * out to be written (D1-9). While a frame goes out in parts, the pong waits (Q-P3).
 * - A violation of the peer ends the receive queue only. It is reported whenever that queue is asked, until an abort
 * (Q-E1).
 * - An abort leaves every operation with nothing but its indication (B10-1).
 *
 * If both queues are asked at once, a handle answers with a pong first, then with the send queue, then with the
 * receive queue (D1-10).
 */
import type {
  ActionOutput,
  BackendHandle,
  ClientHandshakeInput,
  Role,
  SelectionOutput,
  ServerHandshakeInput,
} from '../backend.js';
import type { BulkDriver } from '../bulk.js';
import { ActionQueue } from '../contract.js';
import type { BufferType, CloseBuffer, HandleProperties, HttpHeader } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import { HRESULTS, S_OK } from '../errors.js';
import { PortableBulkDriver } from './bulk-driver.js';
import type { SessionRules } from './bulk-driver.js';
import type { FrameReader } from './frame-reader.js';
import { beginClient, beginServer, endClient } from './handshake.js';
import type { ClientOffer } from './handshake.js';
import { INTERIM, Refusal, hresultOf, verdictOn } from './interim.js';
import { isControlType, Outgoing } from './outgoing.js';
import { ReaderLoan } from './reader-loan.js';
import { ReceiveQueue } from './receive-queue.js';
import { SendQueue } from './send-queue.js';
import type { WriterRules } from './send-queue.js';

/** The states of a handle. Only the layer above has the state "deleted". */
export type State = 'created' | 'handshaking' | 'open' | 'aborted';

/** The calls to a handle. */
export type Call = 'begin' | 'endClient' | 'endServer' | 'send' | 'receive' | 'getAction' | 'abort';

/** The state after a call that succeeds; `null` if the state forbids the call (Q-H5, Q-A1). */
export type Transitions = Readonly<Record<State, Readonly<Record<Call, State | null>>>>;

const REFUSED = null;

/** The transition table of each role. Only a server can open its session by using it (B4-7, Q-H15). */
export const TRANSITIONS: Readonly<Record<Role, Transitions>> = {
  client: transitions('open', REFUSED, REFUSED),
  server: transitions(REFUSED, 'open', 'open'),
};

function transitions(endClientTo: State | null, endServerTo: State | null, useTo: State | null): Transitions {
  const use = { send: useTo, receive: useTo, getAction: useTo };
  const noHandshake = { begin: REFUSED, endClient: REFUSED, endServer: REFUSED } as const;
  const noUse = { send: REFUSED, receive: REFUSED, getAction: REFUSED } as const;
  return {
    created: { ...noHandshake, ...noUse, begin: 'handshaking', abort: 'created' },
    handshaking: {
      begin: REFUSED,
      endClient: endClientTo,
      endServer: endServerTo,
      ...use,
      abort: 'handshaking',
    },
    open: { ...noHandshake, send: 'open', receive: 'open', getAction: 'open', abort: 'aborted' },
    aborted: { ...noHandshake, ...noUse, getAction: 'aborted', abort: 'aborted' },
  };
}

/** Default sizes in bytes (B1-2). */
export const DEFAULT_RECEIVE_BUFFER_SIZE = 4096;
export const DEFAULT_SEND_BUFFER_SIZE = { client: 4096, server: 16 } as const;

const EMPTY = new Uint8Array(0);

/** The latest rules of each role. Most handles of a program have the same rules, so they share them. */
const latestRules: Partial<Record<Role, SessionRules>> = {};

function rulesOf(role: Role, properties: HandleProperties, extensionSelected: boolean): SessionRules {
  const maskingDisabled = properties.disableMasking ?? false;
  const utf8VerificationDisabled = properties.disableUtf8Verification ?? false;
  const sendBufferSize = properties.sendBufferSize ?? DEFAULT_SEND_BUFFER_SIZE[role];
  const latest = latestRules[role];
  if (
    latest?.readers.rules.maskingDisabled === maskingDisabled &&
    latest.readers.rules.utf8VerificationDisabled === utf8VerificationDisabled &&
    latest.readers.rules.extensionSelected === extensionSelected &&
    latest.writing.sendBufferSize === sendBufferSize
  ) {
    return latest;
  }
  const rules: SessionRules = {
    readers: new ReaderLoan({
      server: role === 'server',
      maskingDisabled,
      utf8VerificationDisabled,
      extensionSelected,
    }),
    outgoing: new Outgoing(extensionSelected),
    writing: {
      masks: role === 'client' && !maskingDisabled,
      plainKey: role === 'client' ? 0 : undefined,
      sendBufferSize,
    },
  };
  latestRules[role] = rules;
  return rules;
}

/** The action queues of a session. A bulk driver does not need them. */
class Queues {
  readonly sends: SendQueue;
  readonly receives: ReceiveQueue;
  /** Contexts of the outstanding actions; 0 for none. */
  sendContext = 0;
  receiveContext = 0;
  /** The latest context. */
  context = 0;

  constructor(
    readonly outgoing: Outgoing,
    readonly reader: FrameReader,
    rules: WriterRules,
    receiveBufferSize: number,
  ) {
    this.sends = new SendQueue(rules);
    this.receives = new ReceiveQueue(reader, receiveBufferSize, rules);
  }
}

export class PortableHandle implements BackendHandle {
  diagnostic: Diagnostic = Diagnostic.None;

  private state: State = 'created';
  private offer: ClientOffer | null = null;
  private extensionSelected = false;
  /** The driver of the session: its queues or a bulk driver, never both; null until the session is used. */
  private drive: Queues | PortableBulkDriver | null = null;

  private readonly role: Role;
  private readonly properties: HandleProperties;

  /** @param properties - properties that were checked already. */
  constructor(role: Role, properties: HandleProperties) {
    this.role = role;
    this.properties = properties;
  }

  // ---- handshake

  beginClientHandshake(input: ClientHandshakeInput, headers: HttpHeader[]): number {
    if (this.role !== 'client') return this.refuseSide();
    const next = TRANSITIONS[this.role][this.state].begin;
    if (next === null) return this.refuseState();
    const offer = beginClient(input);
    if (offer instanceof Refusal) return this.refuseWith(offer);
    this.offer = offer;
    headers.push(...offer.headers);
    this.state = next;
    return S_OK;
  }

  endClientHandshake(responseHeaders: readonly HttpHeader[], output: SelectionOutput): number {
    if (this.role !== 'client') return this.refuseSide();
    const next = TRANSITIONS[this.role][this.state].endClient;
    if (next === null) return this.refuseState();
    const refusal = endClient(this.offer!, responseHeaders, output);
    if (refusal !== null) return this.refuseWith(refusal);
    this.extensionSelected = output.selectedExtensions.length !== 0;
    this.state = next;
    return S_OK;
  }

  beginServerHandshake(input: ServerHandshakeInput, headers: HttpHeader[]): number {
    if (this.role !== 'server') return this.refuseSide();
    const next = TRANSITIONS[this.role][this.state].begin;
    if (next === null) return this.refuseState();
    const answer = beginServer(input);
    if (answer instanceof Refusal) return this.refuseWith(answer);
    this.extensionSelected = answer.hasExtension;
    headers.push(...answer.headers);
    this.state = next;
    return S_OK;
  }

  endServerHandshake(): number {
    if (this.role !== 'server') return this.refuseSide();
    const next = TRANSITIONS[this.role][this.state].endServer;
    if (next === null) return this.refuseState();
    this.state = next;
    return S_OK;
  }

  // ---- session

  send(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null, operation: number): number {
    const queues = this.use('send');
    if (queues === null) return this.refuseUse();
    const { outgoing } = queues;
    const diagnostic = outgoing.admit(type, payload, close);
    if (diagnostic !== Diagnostic.None) return this.refuse(diagnostic);
    if (isControlType(type)) queues.sends.addControl(operation, type, outgoing.firstByte, outgoing.body);
    else queues.sends.addData(operation, type, outgoing.firstByte, payload ?? EMPTY);
    return S_OK;
  }

  receive(capacity: number, operation: number): number {
    const queues = this.use('receive');
    if (queues === null) return this.refuseUse();
    const { acceptsReceiveAfterClose, error } = INTERIM['Q-R11'];
    if (queues.reader.closed && !acceptsReceiveAfterClose) {
      return this.refuseWith(new Refusal(Diagnostic.None, hresultOf(error)));
    }
    // Memory of no bytes counts as none (Q-R6): in C both are a NULL pointer.
    queues.receives.add(operation, capacity === 0 ? -1 : capacity);
    return S_OK;
  }

  getAction(queue: number, maxBuffers: number, output: ActionOutput): number {
    if (queue < ActionQueue.Send || queue > ActionQueue.All || maxBuffers === 0) {
      return this.refuse(Diagnostic.InvalidParameter);
    }
    const queues = this.use('getAction');
    if (queues === null) return this.refuseState();
    const { sends, receives } = queues;
    const context = queues.context + 1;
    const asksReceive = (queue & ActionQueue.Receive) !== 0;
    if (asksReceive) {
      const pongMayGo = !sends.isInsideFrame || INTERIM['Q-P3'].pongBetweenSlices;
      receives.advance(pongMayGo);
      if (receives.nextPong(output, maxBuffers, context, pongMayGo)) {
        queues.receiveContext = queues.context = context;
        return S_OK;
      }
    }
    if (
      (queue & ActionQueue.Send) !== 0 &&
      sends.next(output, maxBuffers, context, !receives.pongIsOutstanding)
    ) {
      queues.sendContext = queues.context = context;
      return S_OK;
    }
    if (!asksReceive) return S_OK;
    const { failure } = receives;
    if (failure !== null) return this.refuseWith(failure);
    if (receives.next(output, context)) queues.receiveContext = queues.context = context;
    return S_OK;
  }

  completeAction(context: number, bytes: number, window: Uint8Array | null): void {
    const { queues } = this;
    if (queues === null || context === 0) return;
    if (context === queues.sendContext) {
      queues.sendContext = 0;
      queues.sends.complete(bytes);
    } else if (context === queues.receiveContext) {
      queues.receiveContext = 0;
      queues.receives.complete(bytes, window);
    }
  }

  bulkDriver(): BulkDriver | null {
    if (this.drive !== null || !this.enter('receive')) return null;
    return (this.drive = new PortableBulkDriver(this.beginSession()));
  }

  abort(): void {
    this.state = TRANSITIONS[this.role][this.state].abort!;
    if (this.state === 'aborted') this.endDriver(hresultOf(INTERIM['Q-A1'].error));
    this.queues?.sends.abort();
    this.queues?.receives.abort();
  }

  delete(): void {
    this.abort();
    this.endDriver(HRESULTS.E_HANDLE);
    this.drive = null;
    this.offer = null;
  }

  /** The program may still call the bulk driver. Nobody else can call once the handle is deleted. */
  private endDriver(hresult: number): void {
    if (this.drive instanceof PortableBulkDriver) this.drive.ending = hresult;
  }

  /** Makes the transition of a call that uses the session, if the state allows it. */
  private enter(call: 'send' | 'receive' | 'getAction'): boolean {
    const next = TRANSITIONS[this.role][this.state][call];
    if (next === null || this.drive instanceof PortableBulkDriver) return false;
    this.state = next;
    return true;
  }

  /** The queues, for a call that uses them; null if the state forbids the call. */
  private use(call: 'send' | 'receive' | 'getAction'): Queues | null {
    if (!this.enter(call)) return null;
    const { queues } = this;
    if (queues !== null) return queues;
    const { readers, writing } = this.beginSession();
    const size = this.properties.receiveBufferSize ?? DEFAULT_RECEIVE_BUFFER_SIZE;
    const outgoing = new Outgoing(this.extensionSelected);
    return (this.drive = new Queues(outgoing, readers.take(false), writing, size));
  }

  /** The queues, if the session is driven by them. */
  private get queues(): Queues | null {
    return this.drive instanceof Queues ? this.drive : null;
  }

  private beginSession(): SessionRules {
    this.offer = null;
    return rulesOf(this.role, this.properties, this.extensionSelected);
  }

  // ---- refusals

  private refuse(diagnostic: Diagnostic): number {
    this.diagnostic = diagnostic;
    return verdictOn(diagnostic);
  }

  /** Refuses a function of the other role. */
  private refuseSide(): number {
    this.diagnostic = Diagnostic.InvalidParameter;
    return hresultOf(INTERIM['Q-H5'].wrongSide);
  }

  private refuseWith(refusal: Refusal): number {
    this.diagnostic = refusal.diagnostic;
    return refusal.hresult;
  }

  /** Refuses a call that the state forbids. The component has no diagnostic for this. */
  private refuseState(): number {
    this.diagnostic = Diagnostic.None;
    return hresultOf(INTERIM['Q-H5'].wrongState);
  }

  /** Refuses a send or receive without a session. */
  private refuseUse(): number {
    this.diagnostic = Diagnostic.None;
    return hresultOf(this.state === 'aborted' ? INTERIM['Q-A1'].error : INTERIM['Q-H5'].wrongState);
  }
}
