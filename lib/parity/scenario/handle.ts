/** A handle of a scenario: its side of the network, its memory, and what the rules for actions count. */
import type { ActionResult, ClientHandle, HttpHeader, ServerHandle } from '../../component/contract.js';
import { OutgoingReader } from './frames.js';
import { fail } from './failure.js';
import { FIXED_KEY, standardHeaders, valueOf } from './handshake.js';

/** The application's context of an operation: compared by identity, shown by name. */
export class Context {
  constructor(readonly name: string) {}
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

/** An action that a scenario has named, to complete it later. */
export interface HeldAction {
  readonly result: ActionResult;
  readonly handle: Handle;
  isCompleted: boolean;
}

/** Makes both calls of a handshake, with headers that make it succeed. */
export function openHandle(state: Handle): void {
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
