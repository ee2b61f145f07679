/** The failures of a scenario. */
import { codeOf } from '../../component/errors.js';
import { WHOLE } from './arrival.js';
import type { Scenario } from './document.js';
import type { Failure } from './script.js';

/** A component contradicted a scenario. The message begins with `file:line`. */
export class ScenarioFailure extends Error {
  override readonly name = 'ScenarioFailure';
  constructor(
    readonly scenario: Scenario,
    readonly line: number,
    arrival: string,
    detail: string,
  ) {
    const how = arrival === WHOLE.name ? '' : ` [network bytes ${arrival}]`;
    super(`${scenario.file}:${line}: ${scenario.name}${how}\n${detail}`);
  }
}

/** A statement whose answer contradicts the document. */
export class Mismatch extends Error {}

/** Ends a statement whose answer contradicts the document. */
export function fail(message: string): never {
  throw new Mismatch(message);
}

/** The failure in a `ComponentError`, which is recognised by its shape. Any other error is thrown again. */
export function failureOf(error: unknown, backend: string, operation?: string): Failure {
  const seen = error as {
    name?: unknown;
    code?: unknown;
    hresult?: unknown;
    operation?: unknown;
    backend?: unknown;
    diagnostic?: number;
  };
  if (!(error instanceof Error) || seen.name !== 'ComponentError' || typeof seen.code !== 'string')
    throw error;
  if (operation !== undefined && seen.operation !== operation)
    fail(`  the error names ${String(seen.operation)} instead of ${operation}`);
  if (seen.backend !== backend) fail(`  the error names the backend ${String(seen.backend)}`);
  if (codeOf(Number(seen.hresult)) !== seen.code)
    fail(`  the code ${seen.code} and the hresult ${String(seen.hresult)} differ`);
  return { code: seen.code, diagnostic: seen.diagnostic };
}
