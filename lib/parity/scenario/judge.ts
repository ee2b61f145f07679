/** Decides whether the answer to a statement is the answer that its document expects. */
import type { HttpHeader } from '../../component/contract.js';
import { quoted } from './content.js';
import type { Failure, Statement } from './script.js';
import { matches, normalise, parseFailure, parseStep, renderStep } from './step.js';
import type { Comparison, ExpectedStep, Step } from './step.js';

/** The answer to a statement. Random parts are normalised. */
export type Answer =
  /** Success, without a result. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'headers'; readonly headers: readonly HttpHeader[] }
  | {
      readonly kind: 'selection';
      readonly extensions: readonly number[];
      readonly subprotocol: number | null;
    }
  | { readonly kind: 'values'; readonly values: readonly number[] }
  /** The steps of a run without its NoAction, or the result of `getAction`. */
  | { readonly kind: 'steps'; readonly steps: readonly Step[] };

export const DONE: Answer = { kind: 'done' };

/** The abilities of a component that decide which parts of its answers are compared. */
export interface Capabilities {
  /** Whether failures carry the diagnostic of A-7. */
  readonly diagnostics: boolean;
}

/** The parts of an answer that are compared. They depend on how the bytes arrived. */
export interface Judgement extends Comparison {
  /** The bytes arrived whole, so reads and the pieces of messages are compared, too. */
  readonly whole: boolean;
}

/** Steps as the message of a failure shows them. */
export function shown(steps: readonly (Step | ExpectedStep)[]): string {
  return steps.length === 0 ? '    (nothing)' : steps.map((step) => `    -> ${renderStep(step)}`).join('\n');
}

function renderFailure(failure: Failure): string {
  return renderStep({ kind: 'error', ...failure }).replace(/^error /, '');
}

function withoutReads<S extends Step | ExpectedStep>(steps: readonly S[]): S[] {
  return steps.filter(({ kind }) => kind !== 'read' && kind !== 'none');
}

/** Whether two lists of steps are the same, step by step. */
export function same(actual: readonly Step[], expected: readonly ExpectedStep[], how: Comparison): boolean {
  return (
    actual.length === expected.length && actual.every((step, index) => matches(step, expected[index]!, how))
  );
}

/**
 * The lines of an answer below the statement, as a document has them. A failure is on the statement's line instead.
 */
export function renderAnswer(answer: Answer): string[] {
  switch (answer.kind) {
    case 'done':
      return [];
    case 'failed':
      return [`! ${renderFailure(answer.failure)}`];
    case 'headers':
      return answer.headers.map(
        ({ name, value }) => `-> ${name}: ${value === value.trim() ? value : JSON.stringify(value)}`,
      );
    case 'selection': {
      const extensions = answer.extensions.length === 0 ? 'none' : answer.extensions.join(' ');
      return [
        `-> selectedExtensions ${extensions}`,
        `-> selectedSubprotocol ${answer.subprotocol ?? 'none'}`,
      ];
    }
    case 'values':
      return [`-> ${answer.values.join(' ')}`];
    case 'steps':
      return answer.steps.map((step) => `-> ${renderStep(step)}`);
  }
}

function stepOf(expected: ExpectedStep): Step {
  switch (expected.kind) {
    case 'write': {
      const { kind, type, content, context } = expected;
      return { kind, type, buffers: content.buffers, context };
    }
    case 'read': {
      const { kind, window = 0, bytes = -1, context } = expected;
      return { kind, window, bytes, context };
    }
    default:
      return expected;
  }
}

/**
 * Reads an answer that {@link renderAnswer} has written.
 *
 * @throws SyntaxError the lines are no such answer.
 */
export function parseAnswer({ command }: Statement, lines: readonly string[]): Answer {
  const [first] = lines;
  if (first?.startsWith('! ') === true) {
    return { kind: 'failed', failure: parseFailure(first.slice(2).split(' ')) };
  }
  const texts = lines.map((line) => line.replace(/^-> /, ''));
  switch (command.verb) {
    case 'run':
    case 'getAction':
      return { kind: 'steps', steps: texts.map((text) => stepOf(parseStep(text))) };
    case 'beginClientHandshake':
    case 'beginServerHandshake':
      return { kind: 'headers', headers: texts.map(parseHeader) };
    case 'endClientHandshake': {
      const numbers = (text = '') => (text.match(/\d+/g) ?? []).map(Number);
      return { kind: 'selection', extensions: numbers(texts[0]), subprotocol: numbers(texts[1])[0] ?? null };
    }
    case 'getGlobalProperty':
      return { kind: 'values', values: texts[0]?.split(' ').map(Number) ?? [] };
    default:
      return DONE;
  }
}

function parseHeader(text: string): HttpHeader {
  const at = text.indexOf(': ');
  const value = text.slice(at + 2);
  return { name: text.slice(0, at), value: value.startsWith('"') ? quoted(value) : value };
}

/** Why an answer differs from the expected one; null if it does not. */
export function judge(statement: Statement, answer: Answer, how: Judgement): string | null {
  const { failure } = statement;
  if (answer.kind === 'failed') {
    const seen = renderFailure(answer.failure);
    if (failure === undefined) return `  expected success, got error ${seen}`;
    const isSame = matches({ kind: 'error', ...answer.failure }, { kind: 'error', ...failure }, how);
    return isSame ? null : `  expected error ${renderFailure(failure)}, got error ${seen}`;
  }
  if (failure !== undefined) {
    const steps = answer.kind === 'steps' ? `\n${shown(answer.steps)}` : ' success';
    return `  expected error ${renderFailure(failure)}, got${steps}`;
  }
  const { command } = statement;
  switch (command.verb) {
    case 'run':
      return answer.kind === 'steps' ? judgeRun(answer.steps, command.expected, how) : null;
    case 'getAction':
      return answer.kind === 'steps' ? judgeStep(answer.steps[0], command.expected, how) : null;
    case 'beginClientHandshake':
    case 'beginServerHandshake':
      return answer.kind === 'headers' ? judgeHeaders(answer.headers, command) : null;
    case 'endClientHandshake':
      return answer.kind === 'selection' ? judgeSelection(answer, command) : null;
    case 'getGlobalProperty':
      return answer.kind === 'values' ? judgeValues(answer.values, command) : null;
    default:
      return null;
  }
}

function judgeRun(
  steps: readonly Step[],
  expectedSteps: readonly ExpectedStep[],
  how: Judgement,
): string | null {
  const exact = how.whole && expectedSteps.some(({ kind }) => kind === 'read');
  const expected = exact
    ? expectedSteps.filter(({ kind }) => kind !== 'none')
    : how.whole
      ? withoutReads(expectedSteps)
      : normalise(expectedSteps);
  const actual = exact ? steps : how.whole ? withoutReads(steps) : normalise(steps);
  return same(actual, expected, how) ? null : `  expected\n${shown(expected)}\n  got\n${shown(actual)}`;
}

function judgeStep(
  step: Step | undefined,
  expected: ExpectedStep | undefined,
  how: Judgement,
): string | null {
  if (expected === undefined || step === undefined) return null;
  // The number of bytes of a single step is known only at its completion.
  const given = expected.kind === 'read' ? { ...expected, bytes: -1 } : expected;
  return matches(step, given, how) ? null : `  expected\n${shown([expected])}\n  got\n${shown([step])}`;
}

function judgeHeaders(
  headers: readonly HttpHeader[],
  {
    verbatim,
    expectedHeaders,
  }: { readonly verbatim: boolean; readonly expectedHeaders: readonly HttpHeader[] | undefined },
): string | null {
  if (expectedHeaders === undefined) return null;
  const folded = (all: readonly HttpHeader[]) => {
    const lines = all.map(({ name, value }) => `${name}: ${value}`);
    const insensitive = lines.map((text) =>
      /^(upgrade|connection):/i.test(text) ? text.toLowerCase() : text,
    );
    return verbatim ? lines : insensitive.sort();
  };
  const expected = folded(expectedHeaders);
  const actual = folded(headers);
  if (expected.join('\n') === actual.join('\n')) return null;
  return `  expected headers\n    ${expected.join('\n    ')}\n  got\n    ${actual.join('\n    ')}`;
}

function judgeSelection(
  answer: Extract<Answer, { kind: 'selection' }>,
  expected: {
    readonly selectedExtensions: readonly number[] | undefined;
    readonly selectedSubprotocol: number | null | undefined;
  },
): string | null {
  const extensions = answer.extensions.join(' ');
  if (expected.selectedExtensions !== undefined && extensions !== expected.selectedExtensions.join(' ')) {
    return `  expected selectedExtensions ${expected.selectedExtensions.join(' ')}, got ${extensions}`;
  }
  const { subprotocol } = answer;
  if (expected.selectedSubprotocol === undefined || subprotocol === expected.selectedSubprotocol) return null;
  return `  expected selectedSubprotocol ${expected.selectedSubprotocol ?? 'none'}, got ${subprotocol ?? 'none'}`;
}

function judgeValues(
  values: readonly number[],
  expected: { readonly atLeast: number | undefined; readonly values: readonly number[] | undefined },
): string | null {
  const seen = values.join(' ');
  if (expected.atLeast !== undefined && !(values.length === 1 && values[0]! >= expected.atLeast)) {
    return `  expected at least ${expected.atLeast}, got ${seen}`;
  }
  if (expected.values === undefined || seen === expected.values.join(' ')) return null;
  return `  expected ${expected.values.join(' ')}, got ${seen}`;
}
