/**
 * The answers to the open questions in the form that the engine uses: numbers instead of the names in `answers.ts`.
 * `questions.ts` explains each answer.
 */
import type { Diagnostic } from '../diagnostics.js';
import { HRESULTS } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { ANSWERS } from './answers.js';
import type { Answers } from './questions.js';

export const INTERIM: Answers = ANSWERS;

/** The HRESULT that a code names. */
export function hresultOf(code: ErrorCode): number {
  return (HRESULTS as Readonly<Record<string, number>>)[code] ?? Number(code);
}

const VERDICTS: ReadonlyMap<Diagnostic, number> = new Map(
  Object.entries(ANSWERS.verdicts).map(([diagnostic, code]) => [Number(diagnostic), hresultOf(code)]),
);

/** The HRESULT of a condition: malformed protocol data, unless the table says otherwise. */
export function verdictOn(diagnostic: Diagnostic): number {
  return VERDICTS.get(diagnostic) ?? HRESULTS.E_INVALID_PROTOCOL_FORMAT;
}

/** The reason for a refusal. */
export class Refusal {
  constructor(
    readonly diagnostic: Diagnostic,
    readonly hresult: number = verdictOn(diagnostic),
  ) {}
}
