/**
 * `WebSocketStream`, as the proposal and Chromium have it: a WebSocket whose messages are streams, with backpressure in
 * both directions. Chromium has it since version 124.
 */
import { refuseNotOptions } from '../component/not-options.js';
import { webStreams } from '../component/on-demand.js';
import type { ReadableStreamDefaultController, WritableStreamDefaultController } from 'node:stream/web';
import { CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../component/index.js';
import { checkSignal, ConnectionError, follow, quietDeferred, abortReason } from '../connection/index.js';
import type { CloseInfo, Connection, WebReadable, WebWritable } from '../connection/index.js';
import { connect } from '../opening/index.js';
import { checkNames } from '../opening/known-options.js';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { domString, messageOf, ownBytes, unsignedShortInRange, usvString } from './conversions.js';
import { inTurn } from './openings.js';
import { checkProtocols, recordOf, syntaxError } from './target.js';

/**
 * Options of {@link WebSocketStream}.
 *
 * @since 0.1.0
 */
export interface WebSocketStreamOptions {
  /**
   * Subprotocols, the preferred one first.
   *
   * @defaultValue none
   */
  readonly protocols?: Iterable<string> | undefined;
  /**
   * Stops the opening. It has no effect on an open connection.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Browsers ignore other options. Here somebody who gives `headers` or a misspelled name is told. */
const OPTIONS = { protocols: true, signal: true } as const;

/** What {@link WebSocketStream.opened} resolves with. */
export interface WebSocketOpenInfo {
  /** The messages: text is a string, binary a Uint8Array. Canceling it closes the connection. */
  readonly readable: WebReadable<string | Uint8Array>;
  /** Sends messages: strings, and any buffer or view of bytes. Closing or aborting it closes the connection. */
  readonly writable: WebWritable<unknown>;
  /** The extensions agreed on; '' for none. */
  readonly extensions: string;
  /** The subprotocol that the server has chosen; '' for none. */
  readonly protocol: string;
}

/** How a connection is closed, or was closed. */
export interface WebSocketCloseInfo {
  /** 1000, or 3000 to 4999; received, any code. Default: none, which is 1000 if there is a reason. */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. Default: ''. */
  readonly reason?: string | undefined;
}

/** @throws TypeError, DOMException InvalidAccessError or SyntaxError: what a close frame cannot carry. */
function checkedClose(info: unknown): { code: number | undefined; reason: string } {
  if (info !== undefined && info !== null && typeof info !== 'object' && typeof info !== 'function')
    throw new TypeError('the close info must be an object');
  const { closeCode, reason: given } = (info ?? {}) as WebSocketCloseInfo;
  const code = closeCode === undefined ? undefined : unsignedShortInRange('closeCode', closeCode);
  const reason = given === undefined ? '' : usvString(given);
  if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
    throw new DOMException(`the close code must be 1000 or 3000 to 4999, not ${code}`, 'InvalidAccessError');
  if (Buffer.byteLength(reason) > MAX_CLOSE_REASON_LENGTH)
    throw syntaxError(`the reason must not have more than ${MAX_CLOSE_REASON_LENGTH} bytes`);
  return { code: code ?? (reason === '' ? undefined : 1000), reason };
}

/** The failure of a {@link WebSocketStream}; a program can give one to `abort` and `cancel`, for code and reason. */
export class WebSocketError extends DOMException {
  readonly #code: number | null;
  readonly #reason: string;

  /** @throws TypeError, DOMException InvalidAccessError or SyntaxError: what a close frame cannot carry. */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    super(domString(message), 'WebSocketError');
    const { code, reason } = checkedClose(init);
    this.#code = code ?? null;
    this.#reason = reason;
  }

  /** The close code; null for none. */
  get closeCode(): number | null {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

/** Converts to `sequence<USVString>`; a string is none. */
function sequenceOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
    throw new TypeError('protocols must be a list of strings');
  return Array.from(value as Iterable<unknown>, usvString);
}

function closedError(): DOMException {
  return new DOMException('the connection is closed', 'InvalidStateError');
}

/** Most bytes that a transport of Node reads at once. */
const LARGEST_CHUNK = 1 << 16;

/**
 * The bytes of a message, in memory that belongs to the program alone, as in browsers, so that the program can transfer
 * it. A message may fill the chunk of the transport that it came in. Memory of chunks cannot be transferred.
 */
function aloneInMemory(bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes;
  const isAlone = byteLength > LARGEST_CHUNK && byteLength === bytes.buffer.byteLength;
  return isAlone ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

/** @throws TypeError: an option that does not exist, or a value of the wrong type. */
function convertedOptions(given: unknown): { protocols: string[]; signal: AbortSignal | undefined } {
  if (given === null) return { protocols: [], signal: undefined };
  if (typeof given !== 'object' && typeof given !== 'function')
    throw new TypeError('the options must be an object');
  // An empty list has no option, so it is as good as no options, as in browsers. Other lists have unknown options.
  if (!Array.isArray(given)) refuseNotOptions('the options of WebSocketStream', given);
  checkNames('WebSocketStream', '', given, OPTIONS);
  // In the order of the alphabet, as WebIDL reads the members of a dictionary.
  const { protocols, signal } = given as WebSocketStreamOptions;
  const list = protocols === undefined ? [] : sequenceOf(protocols);
  checkSignal(signal);
  return { protocols: list, signal };
}

/** The error of a connection that could not be opened or did not end in order. */
function failure(message: string, cause: unknown, info?: Pick<CloseInfo, 'code' | 'reason'>): WebSocketError {
  const error = new WebSocketError(message);
  Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  if (info !== undefined) {
    // A program may not make these, because a close frame cannot carry all of them.
    Object.defineProperty(error, 'closeCode', { value: info.code });
    Object.defineProperty(error, 'reason', { value: info.reason });
  }
  return error;
}

export class WebSocketStream {
  readonly #url: string;
  // A program that waits for one of the promises need not wait for the other one.
  readonly #opened = quietDeferred<WebSocketOpenInfo>();
  readonly #closed = quietDeferred<{ closeCode: number; reason: string }>();
  readonly #opening = new AbortController();
  #connection: Connection | null = null;
  #readable: ReadableStreamDefaultController<string | Uint8Array> | null = null;
  #writable: WritableStreamDefaultController | null = null;
  #loss: WebSocketError | null = null;
  #isReadableDone = false;
  #isWritableDone = false;

  /**
   * Opens a connection.
   *
   * @param url - `ws:` or `wss:`; `http:` and `https:` mean the same.
   * @throws DOMException SyntaxError: a URL or subprotocol that cannot be used; TypeError: an unknown option.
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    if (arguments.length === 0) throw new TypeError('WebSocketStream needs a URL');
    // WebIDL converts all arguments before the first one is checked.
    const text = usvString(url);
    const { protocols, signal } = convertedOptions(options);
    const record = recordOf(text);
    checkProtocols(protocols);
    this.#url = record.href;
    if (signal?.aborted === true) {
      this.#givenUp(signal);
      return;
    }
    void this.#open(record, protocols, signal);
  }

  /** The URL, in full. */
  get url(): string {
    return this.#url;
  }

  /** Resolves when the connection is open. Rejects with a {@link WebSocketError}, or with the signal's reason. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened.promise;
  }

  /** Resolves when the connection has ended in order; 1005 is a close frame without a code. Rejects otherwise. */
  get closed(): Promise<{ closeCode: number; reason: string }> {
    return this.#closed.promise;
  }

  /**
   * Closes the connection, or stops the opening. Does nothing if the connection is closing or closed.
   *
   * @throws TypeError, DOMException InvalidAccessError or SyntaxError: what a close frame cannot carry.
   */
  close(closeInfo: WebSocketCloseInfo = {}): void {
    const { code, reason } = checkedClose(closeInfo);
    this.#close(code, reason);
  }

  #close(code: number | undefined, reason: string): void {
    if (this.#connection === null) this.#opening.abort();
    else void this.#connection.close(code ?? CloseStatus.Empty, reason);
  }

  /** Closes for a reason that the program gave to `abort` or `cancel`. */
  #closeFor(reason: unknown): void {
    if (reason instanceof WebSocketError) this.#close(reason.closeCode ?? undefined, reason.reason);
    else this.#close(undefined, '');
  }

  /** Tells that the program has given up the opening. */
  #givenUp(signal: AbortSignal): void {
    const reason = abortReason(signal);
    this.#opened.reject(reason);
    this.#closed.reject(reason);
  }

  /** Tells that the connection could not be opened. As in browsers, the two promises have different errors. */
  #fail(cause: unknown): void {
    this.#opened.reject(failure('the connection could not be opened', cause));
    this.#closed.reject(
      failure('the connection could not be opened', cause, { code: CloseStatus.Aborted, reason: '' }),
    );
  }

  async #open(url: URL, protocols: string[], given: AbortSignal | undefined): Promise<void> {
    const unfollow = follow(this.#opening, given);
    const { signal } = this.#opening;
    let connection: Connection;
    try {
      const { port, protocol, hostname } = url;
      if (port !== '' && BLOCKED_PORTS.has(Number(port))) throw new TypeError(`the port ${port} is blocked`);
      const host = `${hostname}:${port === '' ? protocol : port}`;
      connection = await inTurn(host, signal, () =>
        connect(url, { protocols, protocolRequired: true, signal }),
      );
    } catch (error) {
      if (given?.aborted === true) this.#givenUp(given);
      else this.#fail(error);
      return;
    } finally {
      unfollow();
    }
    this.#connection = connection;
    const { extensions, protocol } = connection;
    const opened = {
      readable: this.#reader(connection),
      writable: this.#writer(connection),
      extensions,
      protocol,
    };
    this.#opened.resolve(opened);
    void connection.closed.then((info) => this.#ended(info));
  }

  #reader(connection: Connection): WebReadable<string | Uint8Array> {
    const messages = connection.messages();
    return new (webStreams().ReadableStream)<string | Uint8Array>({
      start: (controller) => {
        this.#readable = controller;
      },
      pull: async (controller) => {
        const next = await messages.next().catch(() => null);
        if (this.#isReadableDone) return;
        if (next !== null && next.done !== true) {
          controller.enqueue(typeof next.value === 'string' ? next.value : aloneInMemory(next.value));
          return;
        }
        // How the connection has ended is told by `closed`.
        this.#endReadable(await connection.closed);
      },
      cancel: (reason) => {
        this.#isReadableDone = true;
        // Whatever still comes must not keep the close frame of the peer from being read.
        void (async () => {
          while ((await messages.next()).done !== true);
        })().catch(() => undefined);
        this.#closeFor(reason);
      },
    });
  }

  #writer(connection: Connection): WebWritable<unknown> {
    return new (webStreams().WritableStream)<unknown>({
      start: (controller) => {
        this.#writable = controller;
      },
      write: (chunk) =>
        connection
          .send(ownBytes(messageOf(chunk)))
          .catch((error: unknown) => this.#unsent(connection, error)),
      close: async () => {
        this.#isWritableDone = true;
        this.#close(undefined, '');
        await this.#closed.promise;
      },
      abort: (reason) => {
        this.#isWritableDone = true;
        this.#closeFor(reason);
      },
    });
  }

  /**
   * Turns the error of a connection that ends into the one of the stream. A connection that has failed is still closing
   * for a while. Its error is known at the end.
   */
  async #unsent(connection: Connection, error: unknown): Promise<never> {
    if (!(error instanceof ConnectionError)) throw error;
    if (error.code === 'ERR_CLOSED' && connection.state === 'closing') throw closedError();
    const info = await connection.closed;
    throw info.wasClean ? closedError() : this.#lost(info);
  }

  /** Messages that have not been read come first: the reader ends behind them. */
  #endReadable(info: CloseInfo): void {
    if (this.#isReadableDone) return;
    this.#isReadableDone = true;
    if (info.wasClean) this.#readable!.close();
    else this.#readable!.error(this.#lost(info));
  }

  /** The error of a connection that has not ended in order. Both streams and `closed` have the same one. */
  #lost(info: CloseInfo): WebSocketError {
    return (this.#loss ??= failure('the connection was lost', info.error, info));
  }

  #ended(info: CloseInfo): void {
    const error = info.wasClean ? null : this.#lost(info);
    if (!this.#isWritableDone) {
      this.#isWritableDone = true;
      this.#writable!.error(error ?? closedError());
    }
    if (error === null) this.#closed.resolve({ closeCode: info.code, reason: info.reason });
    else this.#closed.reject(error);
  }
}

// As WebIDL has it.
const shapes = [
  [WebSocketError, 'WebSocketError', ['closeCode', 'reason']],
  [WebSocketStream, 'WebSocketStream', ['url', 'opened', 'closed', 'close']],
] as const;
for (const [{ prototype }, name, members] of shapes) {
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  for (const member of members) Object.defineProperty(prototype, member, { enumerable: true });
}
