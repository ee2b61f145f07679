/** Turns the reports of a connection into the events of `ws`, with the order, arguments and error messages of `ws`. */
import { CloseStatus } from '../component/index.js';
import type { Connection, ConnectionError, ConnectionCallbacks } from '../connection/index.js';
import { asBuffer, NO_BYTES } from './bytes.js';
import { errorAsInWs } from './errors.js';
import { wasClean } from './event-target.js';
import { CLOSING, OPEN, shut, state } from './inner-socket.js';
import type { Attachment, InnerSocket } from './inner-socket.js';
import { Turns } from './turns.js';

/** Turns the reports of one connection into the events of its socket. */
export class Reporting implements ConnectionCallbacks {
  /** The socket that emits the events. */
  readonly socket: InnerSocket;
  /** The events that wait for a turn of the event loop; null if events are emitted at once. */
  readonly #turns: Turns | null;
  #connection: Connection | null = null;
  #closeCode: number = CloseStatus.Aborted;
  #closeReason: Buffer = NO_BYTES;
  #isErrorEmitted = false;
  #pendingPongs = 0;
  readonly #maxPendingPongs: number;

  constructor(socket: InnerSocket, attachment: Attachment) {
    this.socket = socket;
    this.#turns = attachment.allowSynchronousEvents ? null : new Turns();
    this.#maxPendingPongs = attachment.autoPong ? attachment.maxPendingAutoPongs : 0;
  }

  /** The connection that reports. The code that creates the connection sets it once. */
  set connection(connection: Connection) {
    this.#connection = connection;
  }

  message(data: Uint8Array, isText: boolean): void {
    const bytes = asBuffer(data);
    let value: unknown = bytes;
    if (!isText) {
      const { binaryType } = this.socket;
      if (binaryType === 'arraybuffer') value = new Uint8Array(bytes).buffer;
      else if (binaryType === 'fragments') value = [bytes];
      else if (binaryType === 'blob') value = new Blob([bytes]);
    }
    this.#emit('message', value, !isText);
  }

  /** A ping has arrived. The connection answers it. */
  ping(payload: Uint8Array): void {
    if (this.#maxPendingPongs !== 0 && this.socket[state] === OPEN) {
      if (this.#pendingPongs >= this.#maxPendingPongs) {
        this.socket.terminate();
      } else {
        this.#pendingPongs++;
        this.#connection!.whenWritten(() => this.#pendingPongs--);
      }
    }
    this.#emit('ping', asBuffer(payload));
  }

  pong(payload: Uint8Array): void {
    this.#emit('pong', asBuffer(payload));
  }

  closing(code: number, reason: Uint8Array | null): void {
    this.#closeCode = code;
    if (reason !== null) this.#closeReason = asBuffer(reason);
    this.#inOrder(() => {
      if (this.socket[state] === OPEN) this.socket[state] = CLOSING;
    });
  }

  failed(error: ConnectionError): void {
    // `ws` reports the end of a transport not as an error, but as a close with the code 1006.
    if (error.code === 'ERR_CONNECTION_LOST' || error.code === 'ERR_CLOSED') return;
    const header = this.#connection?.offendingHeader;
    const status = this.#connection?.offendingStatus;
    this.#inOrder(() => {
      this.socket[state] = CLOSING;
      this.emitError(errorAsInWs(error, header, status));
    });
  }

  closed(isClean: boolean): void {
    this.socket[wasClean] = isClean;
    this.#inOrder(() => this.socket[shut](this.#closeCode, this.#closeReason));
  }

  /** Emits the first error of the connection. The errors that follow from it are not emitted. */
  emitError(error: Error): void {
    if (this.#isErrorEmitted) return;
    this.#isErrorEmitted = true;
    this.socket.emit('error', error);
  }

  #emit(event: string, ...args: unknown[]): void {
    if (this.#turns === null) this.socket.emit(event, ...args);
    else this.#turns.push(() => this.socket.emit(event, ...args));
  }

  /** Runs a task after the events that wait. If no event waits, a listener's error is thrown in the next tick. */
  #inOrder(task: () => void): void {
    if (this.#turns !== null && !this.#turns.isEmpty) {
      this.#turns.push(task);
      return;
    }
    try {
      task();
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
