/** One run of `wspc connect`: opens, sends the input, prints the answers, and ends with an exit status. */
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionError } from '../../connection/index.js';
import type { CloseInfo, Connection } from '../../connection/index.js';
import { Status } from '../statuses.js';
import { StatusError, UsageError, explain } from '../usage.js';
import { isMendable } from '../../opening/again.js';
import { delayBefore, mayComeBack } from './again.js';
import type { Outbox, Outgoing } from './input.js';
import type { Printer } from './printer.js';
import type { Dialler } from './target-options.js';

export interface TalkOptions {
  readonly dial: Dialler;
  readonly outbox: Outbox;
  readonly printer: Printer;
  /** Whether a server that closes before the end of the input is a failure. A person who types sees the close. */
  readonly needsAllInput: boolean;
  /** Seconds of silence after the end of the input, until the connection is closed; `Infinity` for no end. */
  readonly wait: number;
  /** The run ends after this many messages; undefined for no limit. */
  readonly count: number | undefined;
  /** Seconds between pings; undefined for keep-alive pings only. */
  readonly ping: number | undefined;
  /** Seconds that the run may take; undefined for no limit. */
  readonly maxTime: number | undefined;
  /** Attempts to open again, in a row. */
  readonly retries: number;
}

/** Seconds to wait for answers after input that cannot be sent. */
const PATIENCE = 2;
/** Milliseconds for the end of the input to be read after the server has closed. */
const END_PATIENCE = 100;
/** Milliseconds for a closing handshake after `--max-time`. */
const LAST_PATIENCE = 1000;
/** Close codes that report no error. */
const GOOD_CODES = new Set([1000, 1001, 1005]);

/** Why this side ends the run. */
interface End {
  readonly status: number;
  readonly error?: Error;
}

export class Talk {
  readonly #options: TalkOptions;
  readonly #abort = new AbortController();
  #connection: Connection | null = null;
  #end: End | null = null;
  #received = 0;
  /** Attempts in a row that led to no message. */
  #attempts = 0;
  /** The end of the run after the answers have come; null while there may be more input. */
  #ending: End | null = null;
  #silence: NodeJS.Timeout | undefined;

  constructor(options: TalkOptions) {
    this.#options = options;
  }

  /** @returns the exit status; rejects where a message for the person is needed, too. */
  async run(): Promise<number> {
    const { maxTime } = this.#options;
    const clock =
      maxTime === undefined
        ? undefined
        : setTimeout(() => {
            this.stop(Status.TimeOut, new StatusError(Status.TimeOut, `--max-time of ${maxTime} s is over`));
            setTimeout(() => this.#connection?.terminate(), LAST_PATIENCE).unref();
          }, maxTime * 1000);
    try {
      for (;;) {
        const connection = await this.#open();
        const info = connection === null ? null : await this.#converse(connection);
        if (this.#end !== null) return this.#outcome();
        if (info === null || !(await this.#mayTryAgain(info))) return await this.#judge(info!);
      }
    } finally {
      clearTimeout(clock);
      clearTimeout(this.#silence);
    }
  }

  /** Ends the run: closes the connection, or gives up the opening. Later calls have no effect. */
  stop(status: number, error?: Error): void {
    this.#end ??= error === undefined ? { status } : { status, error };
    this.#abort.abort();
    clearTimeout(this.#silence);
    void this.#connection?.close();
  }

  #outcome(): number {
    const { status, error } = this.#end!;
    if (error !== undefined) throw error;
    const { count } = this.#options;
    if (status === Status.Success && count !== undefined && this.#received < count) throw this.#tooFew();
    return status;
  }

  #tooFew(): StatusError {
    return new StatusError(
      Status.TooFew,
      `${this.#received} of ${this.#options.count ?? 0} messages came before the end`,
    );
  }

  /** Opens a connection; null if the run has been stopped meanwhile. */
  async #open(): Promise<Connection | null> {
    const { dial, ping } = this.#options;
    const interval = ping === undefined ? undefined : Math.ceil(ping * 1000);
    for (;;) {
      try {
        return await dial({
          signal: this.#abort.signal,
          ...(interval !== undefined && { keepAlive: { interval, timeout: interval } }),
        });
      } catch (error) {
        if (this.#end !== null) return null;
        if (error instanceof TypeError || error instanceof RangeError)
          throw new UsageError(error.message, 'wspc connect --help');
        if (!isMendable(error) || this.#attempts >= this.#options.retries) throw error;
        if (!(await this.#pause(explain(error as Error), error))) return null;
      }
    }
  }

  /** Waits before the next attempt; false if the run has been stopped meanwhile. */
  async #pause(why: string, error?: unknown): Promise<boolean> {
    const seconds = delayBefore(++this.#attempts, error);
    this.#options.printer.retry(this.#attempts, this.#options.retries, seconds, why);
    await delay(seconds * 1000, undefined, { signal: this.#abort.signal }).catch(() => {});
    return this.#end === null;
  }

  async #mayTryAgain(info: CloseInfo): Promise<boolean> {
    if (!mayComeBack(info) || this.#attempts >= this.#options.retries) return false;
    return this.#pause(info.error?.message ?? `the server closed with ${info.code}`);
  }

  /** Sends and prints until the connection has ended. */
  async #converse(connection: Connection): Promise<CloseInfo> {
    const { printer, ping } = this.#options;
    this.#connection = connection;
    printer.opened(connection);
    // A signal may have come between the opening and this line.
    if (this.#end !== null) void connection.close();
    const pings = ping === undefined ? undefined : setInterval(() => this.#ping(connection), ping * 1000);
    this.#send(connection).catch((error: unknown) => this.#inputFailed(error as Error));
    this.#listen();
    try {
      for await (const message of connection) {
        if (this.#hasEnough()) continue;
        this.#received++;
        this.#attempts = 0;
        await printer.message(message);
        if (this.#hasEnough()) this.stop(this.#ending?.status ?? Status.Success, this.#ending?.error);
        else this.#listen();
      }
    } catch (error) {
      // `closed` reports it.
      if (!(error instanceof ConnectionError)) throw error;
    } finally {
      clearInterval(pings);
      clearTimeout(this.#silence);
    }
    const info = await connection.closed;
    printer.closed(info);
    return info;
  }

  #hasEnough(): boolean {
    return this.#received >= (this.#options.count ?? Infinity);
  }

  #ping(connection: Connection): void {
    connection.ping().then(
      (milliseconds) => this.#options.printer.pong(milliseconds),
      // The connection ended, which `closed` reports.
      () => {},
    );
  }

  async #send(connection: Connection): Promise<void> {
    const { outbox } = this.#options;
    for (;;) {
      const item = await outbox.peek();
      // The remaining messages are for the next connection.
      if (connection.state !== 'open' || this.#end !== null) return;
      if (item === undefined) break;
      try {
        await this.#perform(connection, item);
      } catch (error) {
        if (error instanceof ConnectionError) return;
        throw error;
      }
      outbox.shift();
    }
    this.#ending = { status: Status.Success };
    this.#listen();
  }

  /** Ends the run after a mistake in the input. Answers to earlier messages may still come. */
  #inputFailed(error: Error): void {
    this.#ending = { status: error instanceof StatusError ? error.status : Status.Failure, error };
    this.#listen();
  }

  async #perform(connection: Connection, item: Outgoing): Promise<void> {
    if (item.kind === 'message') await connection.send(item.data);
    else if (item.kind === 'ping') this.#ping(connection);
    else
      connection.close(item.code, item.reason).catch((error: unknown) => {
        this.#options.printer.note((error as Error).message);
      });
  }

  /** After the end of the input, waits for some seconds of silence. */
  #listen(): void {
    clearTimeout(this.#silence);
    const ending = this.#ending;
    if (ending === null || this.#end !== null) return;
    // Messages that were not sent get no answers.
    const wait = ending.error === undefined ? this.#options.wait : Math.min(this.#options.wait, PATIENCE);
    if (wait === Infinity) return;
    this.#silence = setTimeout(() => this.stop(ending.status, ending.error), wait * 1000);
  }

  /** Whether a part of the input was not sent, or may still come. */
  async #isInputLeft(): Promise<boolean> {
    const { outbox, needsAllInput } = this.#options;
    if (outbox.hasUnsent || !needsAllInput) return outbox.hasUnsent;
    // The end of the input may be there, and not have been read. Rejects if there is a mistake in the input instead.
    await Promise.race([outbox.peek(), delay(END_PATIENCE)]);
    return !outbox.hasEnded;
  }

  /** The exit status of a connection that the other side ended. */
  async #judge({ code, reason, error }: CloseInfo): Promise<number> {
    if (error !== undefined) throw error;
    if (this.#ending?.error !== undefined) throw this.#ending.error;
    const { count } = this.#options;
    if (!GOOD_CODES.has(code))
      throw new StatusError(
        Status.ClosedWithError,
        `the server closed with ${code}${reason === '' ? '' : `: ${reason}`}`,
      );
    if (await this.#isInputLeft())
      throw new StatusError(
        Status.Failure,
        `the server closed with ${code} before all of the input was sent`,
      );
    if (count !== undefined && this.#received < count) throw this.#tooFew();
    return Status.Success;
  }
}
