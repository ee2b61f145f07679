/** Prints for `wspc connect`: payload on standard output, everything else on standard error. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { CloseInfo, Connection } from '../../connection/index.js';
import { HandshakeError } from '../../opening/index.js';
import { visible, visibleJson } from '../visible.js';
import type { Prompt } from './prompt.js';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; hasColors?(): boolean };

export interface PrinterOptions {
  readonly format: 'plain' | 'raw' | 'hex' | 'json';
  /** `normal` prints errors only, `verbose` also the events of the connection, `quiet` only the last error. */
  readonly loudness: 'quiet' | 'normal' | 'verbose';
  /** Where a person types: everything is printed above the line that is being edited. */
  readonly prompt?: Pick<Prompt, 'above'> | undefined;
}

/** Bytes of the body of a refusal that are shown. */
const SHOWN_BODY = 1000;

export class Printer {
  readonly #out: Output;
  readonly #err: Output;
  readonly #options: PrinterOptions;
  /** Whether the reader of the output has gone. */
  #isGone = false;

  constructor(options: PrinterOptions, out: Output = process.stdout, err: Output = process.stderr) {
    this.#options = options;
    this.#out = out;
    this.#err = err;
    out.once('error', () => (this.#isGone = true));
  }

  /** Resolves when there is room for more. */
  async message(data: string | Uint8Array): Promise<void> {
    if (this.#isGone) return;
    if (this.#above(() => this.#out.write(this.#shown(data)))) return;
    await new Promise<void>((resolve) => {
      // Another listener handles the error.
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.#out.removeListener(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#out.on(event, done);
    });
  }

  opened({ url, protocol, extensions, backend }: Connection): void {
    this.#event('open', { url, protocol, extensions, backend });
    const agreed = [
      ...(protocol === '' ? [] : [`subprotocol ${protocol}`]),
      ...(extensions === '' ? [] : [extensions]),
      `${backend ?? 'unknown'} backend`,
    ];
    this.#tell(`connected to ${url} (${agreed.join(', ')})`);
  }

  pong(milliseconds: number): void {
    this.#event('pong', { roundTrip: milliseconds });
    this.note(`pong after ${milliseconds.toFixed(1)} ms`);
  }

  closed(info: CloseInfo): void {
    const { code, reason, wasClean } = info;
    this.#event('close', { code, reason, wasClean });
    this.#tell(`closed ${code}${reason === '' ? '' : ` ${reason}`}`);
  }

  retry(attempt: number, of: number, seconds: number, why: string): void {
    this.#event('retry', { attempt, of, delay: seconds, why });
    this.note(`${why}; attempt ${attempt} of ${of} in ${seconds} s`);
  }

  /** The error that ends the command. */
  failed(error: Error & { readonly code?: unknown }, sentence: string): void {
    const statusCode = error instanceof HandshakeError ? error.statusCode : undefined;
    const { code } = error;
    this.#event('error', { ...(typeof code === 'string' && { code }), message: sentence, statusCode });
    this.#line(this.#style('red', `error: ${visible(sentence)}`));
    const body = error instanceof HandshakeError ? error.response?.body : undefined;
    if (body !== undefined && body.byteLength > 0 && this.#options.loudness !== 'quiet')
      this.#line(visible(body.toString('utf8', 0, SHOWN_BODY)).trimEnd());
  }

  /** Prints a note that a person should see even if the command prints little. */
  note(text: string): void {
    if (this.#options.loudness !== 'quiet') this.#line(this.#style('dim', visible(text)));
  }

  #tell(text: string): void {
    if (this.#options.loudness === 'verbose') this.#line(this.#style('dim', visible(text)));
  }

  #line(text: string): void {
    this.#above(() => this.#err.write(`${text}\n`));
  }

  #above<T>(print: () => T): T {
    const { prompt } = this.#options;
    return prompt === undefined ? print() : prompt.above(print);
  }

  #style(style: 'red' | 'dim', text: string): string {
    const hasColours = this.#err.isTTY === true && this.#err.hasColors?.() === true;
    return hasColours ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Tells what comes from what is typed. */
  #mark(): string {
    if (this.#options.prompt === undefined) return '';
    return this.#out.hasColors?.() === true ? styleText('cyan', '< ', { validateStream: false }) : '< ';
  }

  #event(event: string, detail: object): void {
    if (this.#options.format !== 'json' || this.#isGone) return;
    this.#out.write(`${visibleJson({ event, time: new Date().toISOString(), ...detail })}\n`);
  }

  #shown(data: string | Uint8Array): string | Uint8Array {
    const isTerminal = this.#out.isTTY === true;
    switch (this.#options.format) {
      case 'json':
        return `${visibleJson({ event: 'message', time: new Date().toISOString(), ...plain(data) })}\n`;
      case 'hex':
        return `${this.#mark()}${Buffer.from(data as string).toString('hex')}\n`;
      case 'raw':
        if (!isTerminal) return data;
        break;
      case 'plain':
        if (!isTerminal) return typeof data === 'string' ? `${data}\n` : data;
    }
    const mark = this.#mark();
    if (typeof data === 'string') return `${mark}${visible(data)}\n`;
    return `${mark}${Buffer.from(data).toString('hex')} (${data.byteLength} bytes)\n`;
  }
}

/** A message in the form of an event. */
function plain(data: string | Uint8Array): object {
  if (typeof data === 'string') return { type: 'text', data };
  return { type: 'binary', encoding: 'base64', data: Buffer.from(data).toString('base64') };
}
