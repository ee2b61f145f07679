/**
 * Follows a script as far as two components agree on it, in terms of the protocol: the frames read and written, the
 * pings that wait for their pong, the frame or message that is half written. A tolerance uses this to decide whether
 * its question was asked.
 */
import { BufferType } from '../component/contract.js';
import type { Observation } from './observe.js';
import { buildFrame } from './scenario/frames.js';
import { parseAnswer } from './scenario/judge.js';
import type { Command, Statement } from './scenario/script.js';
import type { Step } from './scenario/step.js';

const FIN = 0x80;
const MASKED = 0x80;
const OPCODE = 0x0f;
const RESERVED = 0x70;
const PING = 0x9;
const PONG = 0xa;
const CLOSE = 0x8;

/** Follows the frames of one direction. Only headers and lengths matter, so mask keys may be {@link MASK_BYTE}s. */
class Frames {
  #header: number[] = [];
  #left = 0;

  constructor(
    /** Called when the first two bytes of a frame have arrived. */
    private readonly begin: (first: number, second: number) => void,
    /** Called when the header of a frame has arrived. */
    private readonly measured: (first: number, length: number, form: number) => void,
    /** Called when the whole frame has arrived. */
    private readonly end: (first: number) => void,
  ) {}

  /** Whether a frame has begun and not ended. */
  get isInside(): boolean {
    return this.#left > 0 || this.#header.length > 0;
  }

  /** Gives up the rest of the frame: it never comes. */
  reset(): void {
    this.#header = [];
    this.#left = 0;
  }

  take(bytes: readonly number[]): void {
    for (let at = 0; at < bytes.length;) {
      const [first = 0] = this.#header;
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#finish(first);
        continue;
      }
      this.#header.push(bytes[at++]!);
      if (this.#header.length === 2) this.begin(this.#header[0]!, this.#header[1]!);
      if (this.#header.length < 2 || this.#header.length < this.#headerLength()) continue;
      const length = this.#payloadLength();
      this.measured(this.#header[0]!, length, this.#header[1]! & 0x7f);
      if (length === 0) this.#finish(this.#header[0]!);
      else this.#left = length;
    }
  }

  #finish(first: number): void {
    this.#header = [];
    this.end(first);
  }

  #headerLength(): number {
    const second = this.#header[1]!;
    const form = second & 0x7f;
    return 2 + (form === 127 ? 8 : form === 126 ? 2 : 0) + (second >= MASKED ? 4 : 0);
  }

  #payloadLength(): number {
    const form = this.#header[1]! & 0x7f;
    if (form < 126) return form;
    return this.#header.slice(2, form === 126 ? 4 : 10).reduce((sum, byte) => sum * 256 + byte, 0);
  }
}

/** What a script has done with one handle. */
export class HandleSeen {
  readonly outgoing = new Frames(
    () => undefined,
    () => undefined,
    (first) => this.#written(first),
  );
  readonly #incoming = new Frames(
    (first, second) => this.#judge(first, second),
    (first, length, form) => this.#judgeLength(first, length, form),
    (first) => this.#read(first),
  );
  /** Bytes that have arrived and were not read yet. */
  arrived: number[] = [];
  peer: HandleSeen | null = null;
  /** Window of a read that waits for bytes; 0 for none. */
  waitingWindow = 0;
  /** Number of pings that were read and have no pong yet. */
  pongsDue = 0;
  /** Whether a ping was read while a frame was half written, and its pong has not gone out since. */
  pongIsHeldBack = false;
  /** Whether a pong of the component has been handed out and not completed. */
  pongIsOutstanding = false;
  /** Number of rules that the first illegal frame breaks. */
  brokenRules = 0;
  /**
   * Whether a frame of an extension has arrived that would break a rule about control frames or about the sequence if
   * it were an ordinary frame.
   */
  extensionMeetsRule = false;
  closeWasSent = false;
  closeWasRead = false;
  isAborted = false;
  /** Type of the message that is being sent and not finished. */
  sending: 'text' | 'binary' | null = null;
  /** Whether an extension was chosen. Then frames of other types are legal. */
  extensionIsChosen = false;
  /** Whether the handle has a session. */
  isOpen = false;

  #message = false;

  constructor(
    readonly role: 'client' | 'server',
    private readonly maskingIsDisabled: boolean,
  ) {}

  /** Reads bytes that have arrived. */
  read(most: number): void {
    const bytes = this.arrived.slice(0, most);
    this.arrived = this.arrived.slice(bytes.length);
    this.#incoming.take(bytes);
    this.note();
  }

  /** Updates whether a pong is being held back. */
  note(): void {
    if (this.pongsDue === 0) this.pongIsHeldBack = false;
    else if (this.outgoing.isInside) this.pongIsHeldBack = true;
  }

  /** Writes bytes. A pong inside a frame of slices (Q-P3) is no part of that frame. */
  write(step: Step, bytes: readonly number[]): void {
    if (this.outgoing.isInside && isPong(step, this)) this.pongsDue--;
    else this.outgoing.take(bytes);
  }

  #written(first: number): void {
    if ((first & OPCODE) === PONG && this.pongsDue > 0) this.pongsDue--;
  }

  #judge(first: number, second: number): void {
    if (this.brokenRules > 0) return;
    const opcode = first & OPCODE;
    const isControl = opcode >= CLOSE;
    const length = second & 0x7f;
    const isOfExtension = (first & RESERVED) !== 0 || (opcode > 2 && opcode < CLOSE) || opcode > PONG;
    const isOutOfSequence = !isControl && (opcode === 0) !== this.#message;
    if (isOfExtension && this.extensionIsChosen)
      this.extensionMeetsRule ||= isControl || isOutOfSequence || first < FIN;
    const isUnmasked = second < MASKED;
    const broken = [
      isOfExtension && !this.extensionIsChosen,
      isControl && first < FIN,
      isControl && length > 125,
      opcode === CLOSE && length === 1,
      this.role === 'client' ? !isUnmasked : isUnmasked && !this.maskingIsDisabled,
      this.closeWasRead && opcode !== PING && opcode !== PONG,
      isOutOfSequence && !isOfExtension,
    ];
    this.brokenRules = broken.filter(Boolean).length;
  }

  #judgeLength(first: number, length: number, form: number): void {
    const isMalformed =
      (form === 126 && length < 126) || (form === 127 && (length < 65_536 || length >= 2 ** 63));
    if (isMalformed) this.brokenRules++;
    if ((first & OPCODE) < CLOSE) this.#message = first < FIN;
  }

  #read(first: number): void {
    if (this.brokenRules > 0) return;
    if (first === (FIN | PING)) this.pongsDue++;
    if (first === (FIN | CLOSE)) {
      this.closeWasRead = true;
      this.#message = false;
    }
    this.note();
  }
}

interface Held {
  readonly handle: HandleSeen;
  readonly step: Step;
  isCompleted: boolean;
}

const SENDING: Readonly<Record<number, 'text' | 'binary' | null>> = {
  [BufferType.Utf8Fragment]: 'text',
  [BufferType.BinaryFragment]: 'binary',
  [BufferType.Utf8Message]: null,
  [BufferType.BinaryMessage]: null,
};

/**
 * Whether a write is a pong of the component. A pong of the application has the type of its send, and no ping before
 * it.
 */
function isPong(step: Step, handle: HandleSeen): boolean {
  if (step.kind !== 'write' || step.type < (BufferType.Close as number)) return false;
  return (step.buffers[0]?.[0] ?? 0) === (FIN | PONG) && handle.pongsDue > 0;
}

/** Follows a script. */
export class Witness {
  readonly #handles = new Map<string, HandleSeen>();
  readonly #actions = new Map<string, Held>();

  /** The handle of a statement. */
  handleOf({ handle }: Pick<Statement, 'handle'>): HandleSeen | undefined {
    return handle === undefined ? this.#handles.values().next().value : this.#handles.get(handle);
  }

  /** Takes a statement and the answer of both components, or the part of the answer on which they agreed. */
  tell(statement: Statement, observation: Observation): void {
    const { command } = statement;
    if (observation.note !== undefined) return;
    const answer = parseAnswer(statement, observation.answer);
    if (command.verb === 'create') {
      if (answer.kind !== 'failed')
        this.#handles.set(
          command.name,
          new HandleSeen(command.role, command.properties.disableMasking ?? false),
        );
      return;
    }
    if (command.verb === 'wire') {
      const [left, right] = [this.#handles.get(command.left), this.#handles.get(command.right)];
      if (left !== undefined && right !== undefined) {
        left.peer = right;
        right.peer = left;
      }
      return;
    }
    if (command.verb === 'completeAction') return this.#complete(command);
    const handle = this.handleOf(statement);
    if (handle === undefined) return;
    if (answer.kind === 'failed') return;
    this.#call(handle, command);
    if (answer.kind !== 'steps') return;
    if (command.verb === 'run') this.#resume(handle, command.pieces);
    for (const step of answer.steps) {
      if (command.verb === 'run') this.#perform(handle, step, command);
      else if (command.verb === 'getAction') this.#hold(handle, step, command.name);
      handle.note();
    }
  }

  #call(handle: HandleSeen, command: Command): void {
    switch (command.verb) {
      case 'network': {
        const bytes =
          command.frame === undefined
            ? command.bytes
            : buildFrame(command.frame, handle.role === 'server')?.bytes;
        for (const byte of bytes ?? []) handle.arrived.push(byte);
        return;
      }
      case 'send':
        if (command.type === (BufferType.Close as number)) handle.closeWasSent = true;
        if (command.type in SENDING) handle.sending = SENDING[command.type]!;
        return;
      case 'beginServerHandshake':
        handle.extensionIsChosen = command.extensions.length > 0;
        handle.isOpen = true;
        return;
      case 'endClientHandshake':
        handle.extensionIsChosen = command.headers.some(
          (source) => source.kind === 'header' && /^sec-websocket-extensions$/i.test(source.header.name),
        );
        handle.isOpen = true;
        return;
      case 'open':
        handle.isOpen = true;
        return;
      case 'abort':
      case 'delete':
        handle.isAborted = true;
        return;
      default:
    }
  }

  #resume(handle: HandleSeen, pieces = Infinity): void {
    if (handle.waitingWindow === 0 || handle.arrived.length === 0) return;
    const window = handle.waitingWindow;
    handle.waitingWindow = 0;
    handle.read(Math.min(window, pieces));
  }

  #perform(handle: HandleSeen, step: Step, { completing }: Extract<Command, { verb: 'run' }>): void {
    if (step.kind === 'read') {
      if (step.bytes > 0) handle.read(step.bytes);
      else handle.waitingWindow = step.window;
    }
    if (step.kind !== 'write') return;
    const bytes = step.buffers.flat();
    handle.write(step, bytes);
    if (handle.peer !== null) for (const byte of bytes) handle.peer.arrived.push(byte);
    if (completing !== undefined && completing !== bytes.length) handle.outgoing.reset();
  }

  #hold(handle: HandleSeen, step: Step, name: string | undefined): void {
    if (step.kind === 'write') {
      if (isPong(step, handle)) handle.pongIsOutstanding = true;
      handle.write(step, step.buffers.flat());
    }
    if (name !== undefined) this.#actions.set(name, { handle, step, isCompleted: false });
  }

  #complete({ action, bytes }: Extract<Command, { verb: 'completeAction' }>): void {
    const held = action === null ? undefined : this.#actions.get(action);
    if (held === undefined || held.isCompleted) return;
    held.isCompleted = true;
    const { handle, step } = held;
    if (step.kind === 'read') handle.read(Math.min(step.window, bytes ?? Infinity));
    if (step.kind !== 'write') return;
    const content = step.buffers.flat();
    handle.pongIsOutstanding = false;
    if (bytes !== undefined && bytes !== content.length) handle.outgoing.reset();
    else if (handle.peer !== null) for (const byte of content) handle.peer.arrived.push(byte);
    handle.note();
  }
}
