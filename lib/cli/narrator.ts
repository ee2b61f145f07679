/** Prints actions, one on each line, in columns, with colours on a terminal. */
import { styleText } from 'node:util';

import { Action, ActionQueue, BufferType } from '../component/index.js';
import type { Indication, PerformedAction } from './endpoint.js';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** The target of the lines: `process.stdout`, or another object that takes strings. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

const ACTION_STYLES: Record<Action, Style> = {
  [Action.NoAction]: 'dim',
  [Action.SendToNetwork]: 'yellow',
  [Action.IndicateSendComplete]: 'dim',
  [Action.ReceiveFromNetwork]: 'blue',
  [Action.IndicateReceiveComplete]: 'green',
};

const WHO = 11;
const QUEUE = 8;
const ACTION = 25;
const TYPE = 17;
const BYTES = 14;
/** Bytes of a payload or frame that a line shows. */
const SHOWN = 16;

export class Narrator {
  readonly #output: Output;
  readonly #hasColour: boolean;

  constructor(output: Output) {
    this.#output = output;
    // hasColors obeys NO_COLOR, FORCE_COLOR and terminals without colours.
    this.#hasColour = output.isTTY === true && output.hasColors?.() === true;
  }

  style(style: Style, text: string): string {
    // Without the option, newer versions of Node ask process.stdout again.
    return this.#hasColour ? styleText(style, text, { validateStream: false }) : text;
  }

  line(text = ''): void {
    this.#output.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line();
    this.line(this.style('bold', text));
  }

  /** The names of the columns that {@link Narrator.action} fills. */
  columns(): void {
    const names =
      'who'.padEnd(WHO) + 'queue'.padEnd(QUEUE) + 'action'.padEnd(ACTION) + 'buffer type'.padEnd(TYPE);
    this.line(this.style('dim', `${names}${'bytes'.padEnd(BYTES)}what`));
  }

  /** Prints a line that is not about an action, such as a header, under the name of a connection. */
  note(who: string, text: string): void {
    this.line(`${this.who(who)}${text}`);
  }

  action(who: string, { queue, result, bytes }: PerformedAction): void {
    const { action, bufferType } = result;
    const cells = [
      this.who(who),
      (queue === ActionQueue.Send ? 'send' : 'receive').padEnd(QUEUE),
      this.style(ACTION_STYLES[action], Action[action].padEnd(ACTION)),
      (bufferType === 0 ? '' : BufferType[bufferType]).padEnd(TYPE),
      amount(action, result.buffers, result.close?.reason?.byteLength ?? bytes).padEnd(BYTES),
      this.style('dim', content(action, bufferType, result.buffers, result.close, bytes)),
    ];
    this.line(cells.join('').trimEnd());
  }

  /** Prints what arrived, without the actions that led to it. */
  indication(who: string, { type, data, close }: Indication): void {
    const what = content(Action.IndicateReceiveComplete, type, [data], close, data.byteLength);
    this.line(`${this.who(who)}${BufferType[type].padEnd(TYPE)}${what}`.trimEnd());
  }

  private who(who: string): string {
    return this.style(who.startsWith('server') ? 'magenta' : 'cyan', who.padEnd(WHO));
  }
}

function amount(action: Action, buffers: readonly Uint8Array[], bytes: number): string {
  switch (action) {
    case Action.SendToNetwork:
      return buffers.map(({ byteLength }) => byteLength).join(' + ');
    case Action.ReceiveFromNetwork:
      return `${bytes} of ${buffers[0]!.byteLength}`;
    case Action.IndicateReceiveComplete:
      return String(bytes);
    default:
      return '';
  }
}

function content(
  action: Action,
  type: BufferType | 0,
  buffers: readonly Uint8Array[],
  close: { readonly status: number; readonly reason: Uint8Array | null } | undefined,
  bytes: number,
): string {
  if (close !== undefined) {
    return `${close.status}${close.reason === null ? '' : ` ${quoted(close.reason)}`}`;
  }
  switch (action) {
    case Action.SendToNetwork:
      return hex(Buffer.concat(buffers.map((buffer) => buffer.subarray(0, SHOWN + 1))));
    case Action.ReceiveFromNetwork:
      return hex(buffers[0]!.subarray(0, bytes));
    case Action.IndicateReceiveComplete: {
      const data = buffers[0];
      if (data === undefined) return 'cancelled';
      return type === BufferType.Utf8Message || type === BufferType.Utf8Fragment ? quoted(data) : hex(data);
    }
    default:
      return '';
  }
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.byteLength > SHOWN ? `${shown} …` : shown;
}

/** Text in the notation of JSON, so that no byte of a peer reaches the terminal as a command. */
function quoted(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 3 * SHOWN));
  const safe = JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return bytes.byteLength > 3 * SHOWN ? `${safe} …` : safe;
}
