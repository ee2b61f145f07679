/**
 * The bulk driver of the DLL. The action loop runs in C++, with one crossing per chunk and one per send, without
 * an object for each action. The addon writes received data back into the chunk in which it came, output into a shared
 * slab, and the list of both into the scratch.
 */
import { closeBuffer, steadyBytes, ulong } from '../arguments.js';
import type { BulkDriver, IndicationSink } from '../bulk.js';
import { BufferType } from '../contract.js';
import type { CloseBuffer } from '../contract.js';
import { ComponentError, HRESULTS, S_OK } from '../errors.js';
import { Output, slabWith } from '../output.js';
import type { Slab } from '../output.js';
import type { Addon } from './addon.js';
import {
  actionScratch,
  BulkWord,
  HAS_REASON,
  IN_SPILL,
  OUTPUT_IN_PAYLOAD,
  OUTPUT_IN_SLAB,
  receiveScratch,
  WORDS_PER_ENTRY,
} from './scratch.js';

const EMPTY = new Uint8Array(0);
/** Room for headers, and for the pongs of a common chunk. Bytes that do not fit come through the spill. */
const HEADERS = 512;
/** As in session_handle.cc: an unmasked payload of this size is not copied. */
const BY_REFERENCE = 8192;
/** The scratch for a receive while another one runs its sink; a call that finds more entries than fit is repeated. */
const NESTED_WORDS = 1024;

/** Whether the scratch holds entries whose sink calls are still to come. */
let inUse = false;

/** The handle that a driver drives. */
export interface DrivenHandle {
  readonly addon: Addon;
  readonly id: number;
  /** How often the handle was aborted or deleted. */
  readonly endings: number;
  abort(): void;
}

export class NativeBulkDriver implements BulkDriver {
  private readonly output = new Output();
  private closeIndicated = false;
  /** The error that the sink threw; the rest of the chunk was lost with it. */
  private lost: { readonly error: unknown } | null = null;
  /** A send has failed in the middle of its frame. */
  isBroken = false;

  constructor(
    private readonly handle: DrivenHandle,
    /** Whether a send copies its payload: masking does. */
    private readonly masks: boolean,
  ) {}

  get outputLength(): number {
    return this.output.length;
  }

  takeOutput(): Uint8Array[] {
    return this.output.take();
  }

  receive(chunk: Uint8Array, sink: IndicationSink): void {
    if (this.closeIndicated) return;
    if (this.lost !== null) throw this.lost.error;
    const nested = inUse;
    const words = nested ? new Uint32Array(NESTED_WORDS) : receiveScratch();
    inUse = true;
    try {
      this.receiveWith(words, chunk, sink);
    } finally {
      inUse = nested;
    }
  }

  private receiveWith(words: Uint32Array, chunk: Uint8Array, sink: IndicationSink): void {
    const { handle } = this;
    words[BulkWord.Consumed] = words[BulkWord.Written] = 0;
    for (;;) {
      const endings = handle.endings;
      const slab = this.slab(HEADERS, 'WebSocketReceive');
      words[BulkWord.SlabUsed] = slab.used;
      const refusal = handle.addon.bulkReceive(handle.id, chunk, words, slab.bytes);
      if (refusal !== S_OK) throw failure(refusal, 'WebSocketReceive');
      slab.used = words[BulkWord.SlabUsed];
      const hresult = words[BulkWord.Result]!;
      const isFull = words[BulkWord.Full] !== 0;
      const inGetAction = words[BulkWord.FailedInGetAction] !== 0;
      const spill = this.takeSpill(words[BulkWord.SpillLength]!, 'WebSocketReceive');
      const end = BulkWord.Entries + words[BulkWord.Count]! * WORDS_PER_ENTRY;
      for (let at: number = BulkWord.Entries; at < end; at += WORDS_PER_ENTRY) {
        try {
          this.deliver(words, at, chunk, slab.bytes, spill, sink);
        } catch (error) {
          if (!this.closeIndicated && handle.endings === endings) this.lost = { error };
          throw error;
        }
        if (handle.endings !== endings) {
          this.ended(chunk, words);
          return;
        }
      }
      if (hresult !== S_OK) throw failure(hresult, inGetAction ? 'WebSocketGetAction' : 'WebSocketReceive');
      if (!isFull) return;
    }
  }

  private deliver(
    words: Uint32Array,
    at: number,
    chunk: Uint8Array,
    slab: Uint8Array,
    spill: Uint8Array,
    sink: IndicationSink,
  ): void {
    const kind = words[at]!;
    const start = words[at + 1]!;
    const end = words[at + 2]!;
    const extra = words[at + 3]!;
    const isSpilled = extra >= IN_SPILL;
    if (kind === OUTPUT_IN_SLAB) {
      this.output.append(isSpilled ? spill : slab, start, end);
      return;
    }
    const bytes = isSpilled ? spill : chunk;
    if (bytes.byteLength < end) throw new TypeError('the chunk was detached while parts of it were left');
    // The DLL may give an unsolicited pong this type (Q-P5). The addon passes only types that it knows.
    if (kind === BufferType.PingPong || kind === BufferType.UnsolicitedPong) {
      sink.pong(copyOf(bytes, start, end));
    } else if (kind === BufferType.Close) {
      this.closeIndicated = true;
      sink.close(extra & 0xffff, (extra & HAS_REASON) === 0 ? null : copyOf(bytes, start, end));
    } else {
      sink.data(kind, bytes, start, end, -1, false, false);
    }
  }

  /** The sink has aborted or deleted the handle: nothing more is indicated, and this call fails like the next one. */
  private ended(chunk: Uint8Array, words: Uint32Array): void {
    if (this.closeIndicated) return;
    const { addon, id } = this.handle;
    words[BulkWord.Consumed] = words[BulkWord.Written] = chunk.length;
    words[BulkWord.SlabUsed] = 0;
    let hresult = addon.bulkReceive(id, chunk, words, EMPTY);
    if (hresult === S_OK) hresult = words[BulkWord.Result]!;
    throw failure(hresult === S_OK ? HRESULTS.E_INVALID_PROTOCOL_OPERATION : hresult, 'WebSocketReceive');
  }

  private slab(room: number, operation: Operation): Slab {
    try {
      return slabWith(room);
    } catch {
      // The only possible failure: there is not enough memory.
      throw failure(HRESULTS.E_OUTOFMEMORY, operation);
    }
  }

  private takeSpill(length: number, operation: Operation): Uint8Array {
    if (length === 0) return EMPTY;
    const { handle } = this;
    try {
      const spill = new Uint8Array(length);
      handle.addon.takeSpill(handle.id, spill);
      return spill;
    } catch {
      // Not enough memory: parts of the stream are lost, and the session with them.
      handle.abort();
      this.isBroken = true;
      const error = failure(HRESULTS.E_OUTOFMEMORY, operation);
      this.lost = { error };
      throw error;
    }
  }

  send(type: BufferType, buffer?: Uint8Array | CloseBuffer): void {
    ulong('type', type);
    let payload: Uint8Array | null = null;
    let close: CloseBuffer | null = null;
    if (buffer !== undefined) {
      if (type === BufferType.Close) close = closeBuffer(buffer);
      else payload = steadyBytes('buffer', buffer);
    }
    const { handle } = this;
    const words = actionScratch();
    const length = payload === null ? 0 : payload.byteLength;
    const copied = this.masks || length < BY_REFERENCE ? length : 0;
    const slab = this.slab(HEADERS + copied, 'WebSocketSend');
    words[BulkWord.SlabUsed] = slab.used;
    const bytes = close === null ? payload : (close.reason ?? null);
    const status = close === null ? -1 : close.status;
    const refusal = handle.addon.bulkSend(handle.id, type, bytes, status, words, slab.bytes);
    const hresult = refusal === S_OK ? words[BulkWord.Result]! : refusal;
    if (hresult !== S_OK) {
      if (refusal === S_OK && words[BulkWord.FailedInGetAction] !== 0) this.isBroken = true;
      throw failure(hresult, 'WebSocketSend');
    }
    this.collect(words, slab, payload);
  }

  private collect(words: Uint32Array, slab: Slab, payload: Uint8Array | null): void {
    const { output } = this;
    slab.used = words[BulkWord.SlabUsed]!;
    const spill = this.takeSpill(words[BulkWord.SpillLength]!, 'WebSocketSend');
    const end = BulkWord.Entries + words[BulkWord.Count]! * WORDS_PER_ENTRY;
    for (let at: number = BulkWord.Entries; at < end; at += WORDS_PER_ENTRY) {
      const bytes =
        words[at] === OUTPUT_IN_PAYLOAD ? payload! : words[at + 3]! >= IN_SPILL ? spill : slab.bytes;
      output.append(bytes, words[at + 1]!, words[at + 2]!);
    }
  }
}

/** Not `bytes.slice`: the slice of a Buffer is a view. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

type Operation = 'WebSocketReceive' | 'WebSocketSend' | 'WebSocketGetAction';

function failure(hresult: number, operation: Operation): ComponentError {
  return new ComponentError(hresult, operation, 'native');
}
