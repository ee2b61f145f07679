/** The statements of a scenario block. `test/scenarios/README.md` describes the language for those who write it. */
import { ActionQueue, PropertyType } from '../../component/contract.js';
import type { HandleProperties, HttpHeader } from '../../component/contract.js';
import { parseBytes, quoted, words } from './content.js';
import { OPCODES } from './frames.js';
import type { ExpectedStep } from './step.js';
import { parseFailure, parseStep, parseType, takeContext } from './step.js';

/** An error that a call must end with. */
export interface Failure {
  readonly code: string;
  readonly diagnostic: number | undefined;
}

/** Headers for a handshake function: lines of the document, standard ones, or those that another handle made. */
export type HeaderSource =
  | { readonly kind: 'header'; readonly header: HttpHeader }
  | { readonly kind: 'standard'; readonly without: readonly string[] }
  | { readonly kind: 'of'; readonly handle: string };

interface Handshake {
  readonly headers: readonly HeaderSource[];
  readonly subprotocols: readonly string[];
  readonly extensions: readonly string[];
  /** Whether order and letter case are compared. */
  readonly verbatim: boolean;
  /** Undefined if the document does not name them. */
  readonly expectedHeaders: readonly HttpHeader[] | undefined;
}

/** The command of a statement. */
export type Command =
  | {
      readonly verb: 'create';
      readonly role: 'client' | 'server';
      readonly name: string;
      readonly properties: HandleProperties;
    }
  | { readonly verb: 'open' }
  | { readonly verb: 'wire'; readonly left: string; readonly right: string }
  | ({ readonly verb: 'beginClientHandshake' | 'beginServerHandshake' } & Handshake)
  | {
      readonly verb: 'endClientHandshake';
      readonly headers: readonly HeaderSource[];
      readonly selectedExtensions: readonly number[] | undefined;
      readonly selectedSubprotocol: number | null | undefined;
    }
  | { readonly verb: 'endServerHandshake' | 'abort' | 'delete' }
  | {
      readonly verb: 'send';
      readonly type: number;
      readonly data: Uint8Array | undefined;
      readonly close: { readonly status: number; readonly reason: Uint8Array | undefined } | undefined;
      readonly context: string | undefined;
    }
  | { readonly verb: 'receive'; readonly into: number | undefined; readonly context: string | undefined }
  | {
      readonly verb: 'network';
      readonly frame: readonly string[] | undefined;
      readonly bytes: Uint8Array | undefined;
    }
  | {
      readonly verb: 'run';
      readonly queue: ActionQueue;
      readonly capacity: number | undefined;
      readonly completing: number | undefined;
      /** Most bytes of one read. */
      readonly pieces: number | undefined;
      /** Whether to queue another receive whenever there is none. */
      readonly receiving: boolean;
      readonly expected: readonly ExpectedStep[];
    }
  | {
      readonly verb: 'getAction';
      readonly queue: number;
      readonly capacity: number | undefined;
      readonly name: string | undefined;
      readonly expected: ExpectedStep | undefined;
    }
  | { readonly verb: 'completeAction'; readonly action: string | null; readonly bytes: number | undefined }
  | {
      readonly verb: 'getGlobalProperty';
      readonly type: number;
      readonly atLeast: number | undefined;
      readonly values: readonly number[] | undefined;
    };

/** One statement of a scenario. */
export interface Statement {
  /** Line of the document, from 1. */
  readonly line: number;
  readonly text: string;
  /** The handle named before the colon. */
  readonly handle: string | undefined;
  readonly failure: Failure | undefined;
  readonly command: Command;
}

/** The parser does not understand a line. */
export class ScriptError extends SyntaxError {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

interface Line {
  readonly number: number;
  readonly text: string;
}

interface Block {
  readonly head: Line;
  readonly inputs: Line[];
  readonly expects: Line[];
}

const PROPERTIES = new Set([
  'receiveBufferSize',
  'sendBufferSize',
  'disableMasking',
  'disableUtf8Verification',
  'allocatedBufferSize',
]);
const INDENTED = new Set(['beginClientHandshake', 'endClientHandshake', 'beginServerHandshake']);

function at<T>(line: Line, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ScriptError || !(error instanceof SyntaxError)) throw error;
    throw new ScriptError(line.number, error.message);
  }
}

function blocks(lines: readonly Line[]): Block[] {
  const result: Block[] = [];
  for (const line of lines) {
    const text = line.text.replace(/(^|\s)#\s.*$/, '').trimEnd();
    if (text === '') continue;
    const trimmed = { number: line.number, text: text.trim() };
    if (!/^\s/.test(text)) {
      result.push({ head: trimmed, inputs: [], expects: [] });
      continue;
    }
    const block = result[result.length - 1];
    if (block === undefined) throw new ScriptError(line.number, 'an indented line needs a call above it');
    if (trimmed.text.startsWith('-> '))
      block.expects.push({ ...trimmed, text: trimmed.text.slice(3).trim() });
    else block.inputs.push(trimmed);
  }
  return result;
}

function number(word: string | undefined): number {
  if (word === undefined || !/^(\d+|0x[0-9a-f]+)$/i.test(word)) {
    throw new SyntaxError(`expected a number, not ${word ?? 'the end of the line'}`);
  }
  return Number(word);
}

function numbers(all: readonly string[]): number[] {
  return all.map((word) => number(word));
}

function nothingLeft(all: readonly string[]): void {
  if (all.length > 0) throw new SyntaxError(`unexpected: ${all.join(' ')}`);
}

function member(enumeration: Record<string, string | number>, word: string | undefined): number {
  const value = word === undefined ? undefined : enumeration[word];
  return typeof value === 'number' ? value : number(word);
}

function parseHeader(text: string): HttpHeader {
  const match = /^([^\s:]+):\s*(.*)$/.exec(text);
  if (match === null) throw new SyntaxError(`expected a header, such as Name: value, not ${text}`);
  const value = match[2]!;
  return { name: match[1]!, value: value.startsWith('"') ? quoted(value) : value };
}

function parseSource(text: string): HeaderSource {
  const [first, second, ...rest] = words(text);
  if (first === 'headers' && second === 'of') return { kind: 'of', handle: rest[0] ?? '' };
  if (first === 'standard' && second === 'headers') {
    if (rest.length > 0 && rest[0] !== 'without') throw new SyntaxError(`unexpected: ${rest.join(' ')}`);
    return { kind: 'standard', without: rest.slice(1).map((name) => name.replace(/,$/, '')) };
  }
  return { kind: 'header', header: parseHeader(text) };
}

function parseHandshake(block: Block, all: string[]): Handshake {
  const verbatim = all[0] === 'verbatim';
  nothingLeft(verbatim ? all.slice(1) : all);
  const headers: HeaderSource[] = [];
  const subprotocols: string[] = [];
  const extensions: string[] = [];
  for (const line of block.inputs) {
    at(line, () => {
      const match = /^(subprotocol|extension) (.*)$/.exec(line.text);
      if (match === null) headers.push(parseSource(line.text));
      else {
        const value = match[2]!.startsWith('"') ? quoted(match[2]!) : match[2]!;
        (match[1] === 'subprotocol' ? subprotocols : extensions).push(value);
      }
    });
  }
  const expectedHeaders =
    block.expects.length === 0
      ? undefined
      : block.expects.map((line) => at(line, () => parseHeader(line.text)));
  return { headers, subprotocols, extensions, verbatim, expectedHeaders };
}

function parseSelection(
  block: Block,
): Pick<Extract<Command, { verb: 'endClientHandshake' }>, 'selectedExtensions' | 'selectedSubprotocol'> {
  let selectedExtensions: number[] | undefined;
  let selectedSubprotocol: number | null | undefined;
  for (const line of block.expects) {
    at(line, () => {
      const [name, ...rest] = words(line.text);
      if (name === 'selectedExtensions') selectedExtensions = rest[0] === 'none' ? [] : numbers(rest);
      else if (name === 'selectedSubprotocol')
        selectedSubprotocol = rest[0] === 'none' ? null : number(rest[0]);
      else throw new SyntaxError(`expected selectedExtensions or selectedSubprotocol, not ${line.text}`);
    });
  }
  return { selectedExtensions, selectedSubprotocol };
}

function parseCreate(all: string[]): Command {
  const role = all.shift();
  if (role !== 'client' && role !== 'server') throw new SyntaxError('expected client or server');
  const name = takeContext(all) ?? role;
  const properties: Record<string, number | boolean> = {};
  for (const word of all) {
    const [key, value] = word.split('=');
    if (!PROPERTIES.has(key!) || value === undefined) throw new SyntaxError(`unknown property ${word}`);
    properties[key!] = value === 'true' || value === 'false' ? value === 'true' : number(value);
  }
  return { verb: 'create', role, name, properties };
}

function parseSend(all: string[]): Command {
  const context = takeContext(all);
  const name = all.shift();
  const type = parseType(name);
  let data: Uint8Array | undefined;
  let close: { status: number; reason: Uint8Array | undefined } | undefined;
  if (name === 'Close') {
    if (all.length > 0) {
      const status = number(all.shift());
      close = { status, reason: all.length === 0 ? undefined : parseBytes(all) };
    }
  } else if (all.length > 0) data = parseBytes(all);
  return { verb: 'send', type, data, close, context };
}

function parseReceive(all: string[]): Command {
  const context = takeContext(all);
  let into: number | undefined;
  if (all[0] === 'into') {
    into = number(all[1]);
    all.splice(0, 2);
  }
  nothingLeft(all);
  return { verb: 'receive', into, context };
}

function parseNetwork(all: string[]): Command {
  const first = all[0] ?? '';
  if (first in OPCODES || first.startsWith('opcode='))
    return { verb: 'network', frame: all, bytes: undefined };
  return { verb: 'network', frame: undefined, bytes: parseBytes(all) };
}

function takeOption(all: string[], name: string): number | undefined {
  const index = all.findIndex((word) => word.startsWith(`${name}=`));
  if (index < 0) return undefined;
  const [word] = all.splice(index, 1);
  return number(word!.slice(name.length + 1));
}

function parseRun(block: Block, all: string[]): Command {
  const capacity = takeOption(all, 'capacity');
  const completing = takeOption(all, 'completing');
  const pieces = takeOption(all, 'pieces');
  if (pieces === 0) throw new SyntaxError('a piece has at least one byte');
  const receiving = all[all.length - 1] === 'receiving';
  if (receiving) all.pop();
  const queue = all.length === 0 ? ActionQueue.All : (member(ActionQueue, all.shift()) as ActionQueue);
  nothingLeft(all);
  const expected = block.expects.map((line) => at(line, () => parseStep(line.text)));
  return { verb: 'run', queue, capacity, completing, pieces, receiving, expected };
}

function parseGetAction(block: Block, all: string[], name: string | undefined): Command {
  const capacity = takeOption(all, 'capacity');
  const queue = member(ActionQueue, all.shift());
  nothingLeft(all);
  if (block.expects.length > 1) throw new ScriptError(block.expects[1]!.number, 'getAction gives one action');
  const [line] = block.expects;
  const expected = line === undefined ? undefined : at(line, () => parseStep(line.text));
  return { verb: 'getAction', queue, capacity, name, expected };
}

function parseCompleteAction(all: string[]): Command {
  const action = all.shift();
  if (action === undefined) throw new SyntaxError('expected the name of an action, or null');
  const bytes = all.length === 0 ? undefined : number(all.shift());
  nothingLeft(all);
  return { verb: 'completeAction', action: action === 'null' ? null : action, bytes };
}

function parseGlobalProperty(block: Block, all: string[]): Command {
  const type = member(PropertyType, all.shift());
  nothingLeft(all);
  const [line] = block.expects;
  const expected = line === undefined ? undefined : words(line.text);
  const atLeast = expected?.[0] === 'at' ? number(expected[2]) : undefined;
  return {
    verb: 'getGlobalProperty',
    type,
    atLeast,
    values: atLeast === undefined && expected !== undefined ? numbers(expected) : undefined,
  };
}

function parseCommand(block: Block, all: string[], assigned: string | undefined): Command {
  const verb = all.shift();
  switch (verb) {
    case 'create':
      return parseCreate(all);
    case 'open':
    case 'endServerHandshake':
    case 'abort':
    case 'delete':
      nothingLeft(all);
      return { verb };
    case 'wire': {
      const [left, right, ...rest] = all;
      nothingLeft(rest);
      return { verb, left: left ?? '', right: right ?? '' };
    }
    case 'beginClientHandshake':
    case 'beginServerHandshake':
      return { verb, ...parseHandshake(block, all) };
    case 'endClientHandshake':
      nothingLeft(all);
      return {
        verb,
        headers: block.inputs.map((line) => at(line, () => parseSource(line.text))),
        ...parseSelection(block),
      };
    case 'send':
      return parseSend(all);
    case 'receive':
      return parseReceive(all);
    case 'network':
      return parseNetwork(all);
    case 'run':
      return parseRun(block, all);
    case 'getAction':
      return parseGetAction(block, all, assigned);
    case 'completeAction':
      return parseCompleteAction(all);
    case 'getGlobalProperty':
      return parseGlobalProperty(block, all);
    default:
      throw new SyntaxError(`unknown call ${verb ?? ''}`);
  }
}

const EXPECTING = new Set([
  'beginClientHandshake',
  'beginServerHandshake',
  'endClientHandshake',
  'run',
  'getAction',
  'getGlobalProperty',
]);

function parseBlock(block: Block): Statement {
  const { head } = block;
  return at(head, () => {
    let text = head.text;
    let failure: Failure | undefined;
    const bang = / ! ([^"]*)$/.exec(text);
    if (bang !== null) {
      failure = parseFailure(words(bang[1]!));
      text = text.slice(0, bang.index);
    }
    const named = /^([a-z][a-z0-9]*): +(.*)$/.exec(text);
    const handle = named?.[1];
    if (named !== null) text = named[2]!;
    const assignment = /^([a-z][a-z0-9]*) = +(getAction .*)$/.exec(text);
    if (assignment !== null) text = assignment[2]!;
    const all = words(text);
    const verb = all[0]!;
    const command = parseCommand(block, all, assignment?.[1]);
    if (block.inputs.length > 0 && !INDENTED.has(verb))
      throw new ScriptError(block.inputs[0]!.number, `${verb} takes no indented lines`);
    if (block.expects.length > 0 && (!EXPECTING.has(verb) || failure !== undefined)) {
      throw new ScriptError(block.expects[0]!.number, `nothing can be expected of ${verb} here`);
    }
    return { line: head.number, text: head.text, handle, failure, command };
  });
}

/** Reads the lines of a scenario block. */
export function parseScript(lines: readonly string[], firstLine: number): Statement[] {
  return blocks(lines.map((text, index) => ({ number: firstLine + index, text }))).map(parseBlock);
}
