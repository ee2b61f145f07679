/**
 * The bulk driver of the DLL: the action loop runs in C++, one crossing for a chunk and one for a send, without
 * an object for each action. What was received is written back into the chunk it came in, what is to be sent
 * into a shared slab, and the list of both into the scratch.
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
  Scratch,
  WORDS_PER_ENTRY,
} from './scratch.js';

const EMPTY = new Uint8Array(0);
/** Room for headers, and for the pongs of a common chunk. What does not fit comes through the spill. */
const HEADERS = 512;
/** As in session_handle.cc: an unmasked payload of this size is not copied. */
const BY_REFERENCE = 8192;
/** For a receive while another one runs its sink; a call in which more is found is repeated. */
const NESTED_SIZE = 4096;

/** Whether the scratch holds entries whose sink calls are still to come. */
let inUse = false;

/** The handle that a driver drives. */
export interface DrivenHandle {
  readonly addon: Addon;
  readonly id: number;
  /** How often the handle was aborted or deleted. */
  readonly endings: number;
}

export class NativeBulkDriver implements BulkDriver {
  private readonly output = new Output();
  private closeIndicated = false;
  /** What the sink threw, with which the rest of a chunk was lost. */
  private lost: { readonly error: unknown } | null = null;

  constructor(
    private readonly handle: DrivenHandle,
    /** Whether a send copies its payload, as masking does. */
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
    const scratch = nested ? new Scratch(NESTED_SIZE) : receiveScratch();
    inUse = true;
    try {
      this.receiveWith(scratch, chunk, sink);
    } finally {
      inUse = nested;
    }
  }

  private receiveWith(scratch: Scratch, chunk: Uint8Array, sink: IndicationSink): void {
    const { handle } = this;
    const { words } = scratch;
    let consumed = 0;
    let written = 0;
    for (;;) {
      const endings = handle.endings;
      const slab = slabWith(HEADERS);
      const hresult = handle.addon.bulkReceive(
        handle.id,
        chunk,
        consumed,
        written,
        scratch.bytes,
        slab.bytes,
        slab.used,
      );
      // Only these answer before anything has been written to the scratch.
      if (hresult === HRESULTS.E_HANDLE || hresult === HRESULTS.E_INVALIDARG) throw failure(hresult, false);
      slab.used = words[BulkWord.SlabUsed]!;
      consumed = words[BulkWord.Consumed]!;
      written = words[BulkWord.Written]!;
      const isFull = words[BulkWord.Full] !== 0;
      const inGetAction = words[BulkWord.FailedInGetAction] !== 0;
      const spill = words[BulkWord.SpillLength] === 0 ? EMPTY : handle.addon.takeSpill(handle.id);
      const end = BulkWord.Entries + words[BulkWord.Count]! * WORDS_PER_ENTRY;
      for (let at: number = BulkWord.Entries; at < end; at += WORDS_PER_ENTRY) {
        try {
          this.deliver(words, at, chunk, slab.bytes, spill, sink);
        } catch (error) {
          if (!this.closeIndicated && handle.endings === endings) this.lost = { error };
          throw error;
        }
        if (handle.endings !== endings) {
          this.ended(chunk, scratch);
          return;
        }
      }
      if (hresult !== S_OK) throw failure(hresult, inGetAction);
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
    if (kind === BufferType.PingPong) {
      sink.pong(copyOf(bytes, start, end));
    } else if (kind === BufferType.Close) {
      this.closeIndicated = true;
      sink.close(extra & 0xffff, (extra & HAS_REASON) === 0 ? null : copyOf(bytes, start, end));
    } else {
      sink.data(kind, bytes, start, end, -1, false, false);
    }
  }

  /** The sink has aborted or deleted the handle: nothing more is indicated, and the call fails as the next would. */
  private ended(chunk: Uint8Array, scratch: Scratch): void {
    if (this.closeIndicated) return;
    const { addon, id } = this.handle;
    const { length } = chunk;
    const hresult = addon.bulkReceive(id, chunk, length, length, scratch.bytes, EMPTY, 0);
    throw failure(hresult === S_OK ? HRESULTS.E_INVALID_PROTOCOL_OPERATION : hresult, false);
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
    const { bytes, words } = actionScratch();
    const length = payload === null ? 0 : payload.byteLength;
    const copied = this.masks || length < BY_REFERENCE ? length : 0;
    const slab = slabWith(HEADERS + copied);
    const hresult = handle.addon.bulkSend(
      handle.id,
      type,
      payload,
      close === null ? -1 : close.status,
      close?.reason ?? null,
      bytes,
      slab.bytes,
      slab.used,
    );
    if (hresult === S_OK) this.collect(words, slab, payload);
    else throw sendFailure(hresult);
  }

  private collect(words: Uint32Array, slab: Slab, payload: Uint8Array | null): void {
    const { handle, output } = this;
    slab.used = words[BulkWord.SlabUsed]!;
    const spill = words[BulkWord.SpillLength] === 0 ? EMPTY : handle.addon.takeSpill(handle.id);
    const end = BulkWord.Entries + words[BulkWord.Count]! * WORDS_PER_ENTRY;
    for (let at: number = BulkWord.Entries; at < end; at += WORDS_PER_ENTRY) {
      const bytes =
        words[at] === OUTPUT_IN_PAYLOAD ? payload! : words[at + 3]! >= IN_SPILL ? spill : slab.bytes;
      output.append(bytes, words[at + 1]!, words[at + 2]!);
    }
  }
}

/** Not `bytes.slice`: a Buffer's is a view. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

function failure(hresult: number, inGetAction: boolean): ComponentError {
  return new ComponentError(hresult, inGetAction ? 'WebSocketGetAction' : 'WebSocketReceive', 'native');
}

function sendFailure(hresult: number): ComponentError {
  return new ComponentError(hresult, 'WebSocketSend', 'native');
}
