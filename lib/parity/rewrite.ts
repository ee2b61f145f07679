/**
 * Writes observations into scenario documents: the answer to each statement, and the build on which the scenario was
 * recorded.
 */
import { callOf } from './observe.js';
import type { Observation } from './observe.js';
import type { Scenario } from './scenario/document.js';
import { judge, parseAnswer, renderAnswer } from './scenario/judge.js';
import type { Answer, Judgement } from './scenario/judge.js';
import type { Failure, Statement } from './scenario/script.js';
import type { ExpectedStep, Step } from './scenario/step.js';

/** How recordings are compared: bytes arrived whole, and a DLL reports no diagnostics. */
export const RECORDED: Judgement = { whole: true, contexts: true, diagnostics: false };

/** Keeps the document's diagnostic: a recording of a DLL has none. */
function withDiagnostic(seen: Failure, before: Failure | undefined): Failure {
  return seen.diagnostic === undefined && before !== undefined
    ? { ...seen, diagnostic: before.diagnostic }
    : seen;
}

/** Gives the steps the detail of the document. Reads and buffer borders stay only where the document names them. */
function inStyleOf(steps: readonly Step[], expected: readonly ExpectedStep[]): Step[] {
  const namesReads = expected.some(({ kind }) => kind === 'read');
  const pins = expected.some((step) => step.kind === 'write' && step.content.pinned);
  return steps
    .filter(({ kind }) => kind !== 'read' || namesReads)
    .map((step) => {
      if (step.kind === 'write')
        return pins ? { ...step, pinned: true } : { ...step, buffers: [step.buffers.flat()] };
      if (step.kind !== 'error') return step;
      const before = expected.find((other) => other.kind === 'error');
      return { ...step, ...withDiagnostic(step, before) };
    });
}

function styled(statement: Statement, answer: Answer, everything: boolean): Answer {
  if (everything) return answer;
  const { command } = statement;
  if (answer.kind === 'failed') {
    // A handshake that fails with another code fails for another reason, and the diagnostic of that reason is
    // unknown.
    const isHandshake = command.verb.endsWith('Handshake');
    if (isHandshake && answer.failure.code !== statement.failure?.code) return answer;
    return { kind: 'failed', failure: withDiagnostic(answer.failure, statement.failure) };
  }
  if (answer.kind !== 'steps') return answer;
  if (command.verb === 'run') return { kind: 'steps', steps: inStyleOf(answer.steps, command.expected) };
  if (command.verb === 'getAction' && command.expected !== undefined) {
    return { kind: 'steps', steps: inStyleOf(answer.steps, [command.expected]) };
  }
  return answer;
}

/** Replaces the failure at the end of a statement's first line; undefined removes it. */
function headWith(head: string, failure: string | undefined): string {
  const comment = /(?:^|\s)#\s.*$/.exec(head)?.[0] ?? '';
  const call = head
    .slice(0, head.length - comment.length)
    .replace(/ ! [^"]*$/, '')
    .trimEnd();
  return `${call}${failure === undefined ? '' : ` ${failure}`}${comment}`;
}

/**
 * Replaces the expectation of one statement. `lines` is the document, `end` the index after the statement's last
 * line.
 */
function rewriteStatement(lines: string[], statement: Statement, end: number, answer: Answer): void {
  const start = statement.line - 1;
  const block = lines.slice(start, end);
  const head = block[0]!;
  const rendered = renderAnswer(answer);
  const failed = answer.kind === 'failed';
  const isExpectation = (line: string) => /^\s+-> /.test(line);
  const firstExpectation = block.findIndex(isExpectation);
  const kept = block.slice(1).filter((line) => !isExpectation(line));
  const inputs = kept.findIndex((line) => !/^\s+\S/.test(line));
  const at =
    firstExpectation > 0
      ? block.slice(1, firstExpectation).filter((line) => !isExpectation(line)).length
      : inputs < 0
        ? kept.length
        : inputs;
  kept.splice(at, 0, ...(failed ? [] : rendered.map((line) => `  ${line}`)));
  lines.splice(start, end - start, headWith(head, failed ? rendered[0] : undefined), ...kept);
}

/** The statements of a scenario whose recorded answer differs from the document. */
export function contradictions(
  scenario: Scenario,
  observations: readonly Observation[],
): { readonly statement: Statement; readonly observation: Observation | undefined; readonly why: string }[] {
  return scenario.statements.flatMap((statement, index) => {
    const observation = observations[index];
    if (observation?.statement !== callOf(statement)) {
      return [{ statement, observation, why: 'the recording is of another version of the document' }];
    }
    if (observation.note !== undefined) return [{ statement, observation, why: observation.note }];
    const why = judge(statement, parseAnswer(statement, observation.answer), RECORDED);
    return why === null ? [] : [{ statement, observation, why }];
  });
}

/** Adds the build to `recorded-on:` and removes `evidence:`: a recording replaces a guess or a hint. */
function rewriteMetadata(lines: string[], scenario: Scenario, recordedOn: string): void {
  const isMetadata = (line: string) => /^- [a-z-]+: /.test(line);
  const from = scenario.line;
  const to = scenario.scriptLine - 2;
  const section = lines.slice(from, to).filter((line) => !line.startsWith('- evidence: '));
  const builds = [...new Set([...scenario.recordedOn, recordedOn])].join(', ');
  const present = section.findIndex((line) => line.startsWith('- recorded-on: '));
  const last = section.findLastIndex(isMetadata);
  if (present >= 0) section[present] = `- recorded-on: ${builds}`;
  else section.splice(last + 1, 0, `- recorded-on: ${builds}`);
  lines.splice(from, to - from, ...section);
}

/** The changes of a document for one scenario. */
export interface Rewriting {
  readonly scenario: Scenario;
  readonly observations: readonly Observation[];
  /** The build for `recorded-on:`; undefined leaves the metadata unchanged. */
  readonly recordedOn: string | undefined;
  /** Whether to write every answer in full. Default: only answers that differ. */
  readonly everything?: boolean;
}

/**
 * Writes observations into the text of a document. Answers that agree with the document are left unchanged.
 *
 * @param text - the document from which the scenarios were parsed.
 */
export function rewriteDocument(text: string, rewritings: readonly Rewriting[]): string {
  const lines = text.split('\n');
  const fromTheEnd = [...rewritings].sort((left, right) => right.scenario.line - left.scenario.line);
  for (const { scenario, observations, recordedOn, everything = false } of fromTheEnd) {
    const { statements } = scenario;
    const scriptEnd = scenario.scriptLine - 1 + scenario.script.split('\n').length;
    for (let index = statements.length - 1; index >= 0; index--) {
      const statement = statements[index]!;
      const observation = observations[index];
      if (observation === undefined || observation.note !== undefined) continue;
      const answer = parseAnswer(statement, observation.answer);
      if (!everything && judge(statement, answer, RECORDED) === null) continue;
      const next = statements[index + 1];
      const end = next === undefined ? scriptEnd : next.line - 1;
      rewriteStatement(lines, statement, end, styled(statement, answer, everything));
    }
    if (recordedOn !== undefined) rewriteMetadata(lines, scenario, recordedOn);
  }
  return lines.join('\n');
}
