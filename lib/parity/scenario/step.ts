/** The steps of a run, expected and seen: how they are written, and when two are the same. */
import { Action, BufferType } from '../../component/contract.js';
import type { Content } from './content.js';
import { parseBytes, parseContent, quoted, renderBuffers, renderData, words } from './content.js';

/** A received close frame. */
export interface CloseSeen {
  readonly status: number;
  /** Null if the frame had no body. */
  readonly reason: Uint8Array | null;
}

/** One event of a run. */
export type Step =
  | {
      readonly kind: 'read';
      readonly window: number;
      /** -1: there was nothing to read, so the action stays outstanding. */
      readonly bytes: number;
      readonly context: string | undefined;
    }
  | {
      readonly kind: 'write';
      readonly type: number;
      readonly buffers: readonly (readonly number[])[];
      /** Whether to write the buffers so that their number is compared. */
      readonly pinned?: boolean;
      readonly context: string | undefined;
    }
  | { readonly kind: 'sent'; readonly type: number; readonly context: string | undefined }
  | {
      readonly kind: 'received';
      readonly type: number;
      /** Null if the indication had no buffer. */
      readonly data: Uint8Array | null;
      readonly close: CloseSeen | undefined;
      readonly context: string | undefined;
    }
  | { readonly kind: 'error'; readonly code: string; readonly diagnostic: number | undefined }
  | { readonly kind: 'none' };

/** A step that a document expects. Undefined fields are not compared. */
export type ExpectedStep =
  | {
      readonly kind: 'read';
      readonly window: number | undefined;
      readonly bytes: number | undefined;
      readonly context: string | undefined;
    }
  | {
      readonly kind: 'write';
      readonly type: number;
      readonly content: Content;
      readonly context: string | undefined;
    }
  | Extract<Step, { kind: 'sent' | 'received' | 'error' | 'none' }>;

const TYPES: ReadonlyMap<string, number> = new Map(
  Object.entries(BufferType).filter((entry): entry is [string, BufferType] => typeof entry[1] === 'number'),
);

/** Reads a buffer type: Microsoft's name, `None`, or a number. */
export function parseType(word: string | undefined): number {
  const named = word === undefined ? undefined : word === 'None' ? 0 : TYPES.get(word);
  if (named !== undefined) return named;
  const value = word === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(word) ? NaN : Number(word);
  if (Number.isNaN(value))
    throw new SyntaxError(`expected a buffer type, not ${word ?? 'the end of the line'}`);
  return value;
}

function typeName(type: number): string {
  if (type === 0) return 'None';
  return BufferType[type] ?? `0x${type.toString(16)}`;
}

/** Removes `as name` from the end of the words. */
export function takeContext(all: string[]): string | undefined {
  if (all.length < 2 || all[all.length - 2] !== 'as') return undefined;
  const [, name] = all.splice(all.length - 2);
  return name;
}

/** Reads `CODE` or `CODE 0x23`. */
export function parseFailure(all: readonly string[]): { code: string; diagnostic: number | undefined } {
  const [code, diagnostic, ...rest] = all;
  if (code === undefined || !/^(E_[A-Z_]+|0x[0-9A-F]{8})$/.test(code) || rest.length > 0) {
    throw new SyntaxError('expected an error code, such as E_INVALIDARG, and at most a diagnostic');
  }
  if (diagnostic !== undefined && !/^0x[0-9a-f]{2}$/.test(diagnostic)) {
    throw new SyntaxError(`expected a diagnostic, such as 0x0b, not ${diagnostic}`);
  }
  return { code, diagnostic: diagnostic === undefined ? undefined : Number(diagnostic) };
}

function parseClose(all: string[]): CloseSeen {
  const status = Number(all[0]);
  if (!/^\d+$/.test(all[0] ?? '')) throw new SyntaxError('expected the status of the close');
  if (all[1] === 'null' && all.length === 2) return { status, reason: null };
  if (all.length < 2) throw new SyntaxError('expected the reason of the close, "" or null');
  return { status, reason: parseBytes(all.slice(1)) };
}

/** Reads an expected step, without its arrow. */
export function parseStep(text: string): ExpectedStep {
  const all = words(text);
  const name = all.shift();
  if (name === 'NoAction') return { kind: 'none' };
  if (name === 'error') return { kind: 'error', ...parseFailure(all) };
  const context = takeContext(all);
  if (name === 'ReceiveFromNetwork') {
    let window: number | undefined;
    let bytes: number | undefined;
    for (const word of all) {
      if (word === 'waits') bytes = -1;
      else if (/^window=\d+$/.test(word)) window = Number(word.slice(7));
      else if (/^bytes=\d+$/.test(word)) bytes = Number(word.slice(6));
      else throw new SyntaxError(`unknown detail of ReceiveFromNetwork: ${word}`);
    }
    return { kind: 'read', window, bytes, context };
  }
  if (name === 'SendToNetwork') {
    const type = parseType(all.shift());
    return { kind: 'write', type, content: parseContent(all), context };
  }
  if (name === 'IndicateSendComplete') {
    const type = parseType(all.shift());
    if (all.length > 0) throw new SyntaxError(`IndicateSendComplete has no data: ${all.join(' ')}`);
    return { kind: 'sent', type, context };
  }
  if (name === 'IndicateReceiveComplete') {
    const type = parseType(all.shift());
    if (all.join(' ') === 'without data')
      return { kind: 'received', type, data: null, close: undefined, context };
    if (type === (BufferType.Close as number))
      return { kind: 'received', type, data: null, close: parseClose(all), context };
    if (all.length === 0) throw new SyntaxError('expected data, "" or: without data');
    return { kind: 'received', type, data: parseBytes(all), close: undefined, context };
  }
  throw new SyntaxError(`expected an action, error or NoAction, not ${name ?? 'nothing'}`);
}

function isText(type: number): boolean {
  return (
    type === (BufferType.Utf8Message as number) ||
    type === (BufferType.Utf8Fragment as number) ||
    type === (BufferType.PingPong as number)
  );
}

function hex2(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

function renderReceived(step: Extract<Step, { kind: 'received' }>): string {
  if (step.close !== undefined) {
    const { status, reason } = step.close;
    return `${status} ${reason === null ? 'null' : renderData(reason, true)}`;
  }
  return step.data === null ? 'without data' : renderData(step.data, isText(step.type));
}

/** Writes a step in the notation of the documents. */
export function renderStep(step: Step | ExpectedStep): string {
  const context = 'context' in step && step.context !== undefined ? ` as ${step.context}` : '';
  switch (step.kind) {
    case 'none':
      return 'NoAction';
    case 'error':
      return `error ${step.code}${step.diagnostic === undefined ? '' : ` ${hex2(step.diagnostic)}`}`;
    case 'sent':
      return `IndicateSendComplete ${typeName(step.type)}${context}`;
    case 'received':
      return `IndicateReceiveComplete ${typeName(step.type)} ${renderReceived(step)}${context}`;
    case 'write': {
      const { buffers, pinned } = 'content' in step ? step.content : step;
      return `SendToNetwork ${typeName(step.type)} ${renderBuffers(buffers, pinned)}${context}`;
    }
    case 'read': {
      const window = step.window === undefined ? '' : ` window=${step.window}`;
      const bytes = step.bytes === undefined ? '' : step.bytes < 0 ? ' waits' : ` bytes=${step.bytes}`;
      return `ReceiveFromNetwork${window}${bytes}${context}`;
    }
  }
}

/** The parts of a comparison that depend on the backend, or on how the bytes arrived. */
export interface Comparison {
  readonly diagnostics: boolean;
  readonly contexts: boolean;
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function sameBytes(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : Buffer.compare(left, right) === 0;
}

function sameContent(buffers: readonly (readonly number[])[], content: Content): boolean {
  if (!content.pinned) return sameNumbers(buffers.flat(), content.buffers.flat());
  return (
    buffers.length === content.buffers.length &&
    buffers.every((buffer, at) => sameNumbers(buffer, content.buffers[at]!))
  );
}

/** Whether a step matches the expected one. */
export function matches(step: Step, expected: ExpectedStep, how: Comparison): boolean {
  if (
    'context' in step &&
    'context' in expected &&
    (how.contexts || step.kind === 'sent' || step.kind === 'write')
  ) {
    const open = expected.kind === 'read' && expected.context === undefined;
    if (!open && step.context !== expected.context) return false;
  }
  switch (step.kind) {
    case 'none':
      return expected.kind === 'none';
    case 'error':
      return (
        expected.kind === 'error' &&
        step.code === expected.code &&
        (!how.diagnostics || expected.diagnostic === undefined || step.diagnostic === expected.diagnostic)
      );
    case 'sent':
      return expected.kind === 'sent' && step.type === expected.type;
    case 'write':
      return (
        expected.kind === 'write' &&
        step.type === expected.type &&
        sameContent(step.buffers, expected.content)
      );
    case 'received':
      return (
        expected.kind === 'received' &&
        step.type === expected.type &&
        sameBytes(step.data, expected.data) &&
        step.close?.status === expected.close?.status &&
        (step.close === undefined || sameBytes(step.close.reason, expected.close!.reason))
      );
    case 'read':
      return (
        expected.kind === 'read' &&
        (expected.window === undefined || step.window === expected.window) &&
        (expected.bytes === undefined ? step.bytes >= 0 : step.bytes === expected.bytes)
      );
  }
}

const MESSAGES: ReadonlyMap<number, number> = new Map([
  [BufferType.Utf8Fragment, BufferType.Utf8Message],
  [BufferType.BinaryFragment, BufferType.BinaryMessage],
]);

/** Whether more data of the same message follows a received piece. */
export function isFragment(step: Step | ExpectedStep): boolean {
  return step.kind === 'received' && MESSAGES.has(step.type) && step.data !== null;
}

/**
 * Removes all details that depend on how the bytes arrived: reads are left out, the pieces of a message are joined,
 * and a message that an error cut short is left out.
 */
export function normalise<S extends Step | ExpectedStep>(steps: readonly S[]): S[] {
  const result: S[] = [];
  /** Pieces of the last step's message. They are joined once at its end, since there may be thousands. */
  let pieces: Uint8Array[] = [];
  const join = () => {
    const last = result[result.length - 1];
    if (pieces.length > 1) result[result.length - 1] = { ...last!, data: Buffer.concat(pieces) };
    pieces = [];
  };
  for (const step of steps) {
    if (step.kind === 'read' || step.kind === 'none') continue;
    const last = result[result.length - 1];
    const inMessage = last !== undefined && isFragment(last);
    if (inMessage && last.kind === 'received' && step.kind === 'received' && step.data !== null) {
      if (step.type === last.type || step.type === MESSAGES.get(last.type)) {
        if (pieces.length === 0) pieces.push(last.data!);
        pieces.push(step.data);
        result[result.length - 1] = step;
        continue;
      }
    }
    join();
    if (step.kind === 'error' && inMessage) result.pop();
    result.push(step);
  }
  join();
  return result;
}

/** The name of an action, for messages. */
export function actionName(action: number): string {
  return Action[action] ?? String(action);
}

/** A word without its quotes, if it has any. */
export function plain(word: string): string {
  return word.startsWith('"') ? quoted(word) : word;
}
