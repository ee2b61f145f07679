// Reads a workflow of GitHub Actions, as far as a dry run needs it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { parse } from 'yaml';

import { repository } from '../win32/paths.mjs';

/** @returns the workflow, as YAML has it. */
export function readWorkflow(name) {
  return parse(readFileSync(path.join(repository, '.github/workflows', `${name}.yml`), 'utf8'));
}

/**
 * Puts values in the places of `${{ ... }}`.
 *
 * @param values - such as `{ 'matrix.os': 'windows-2022' }`
 * @throws for an expression that is none of them
 */
export function substitute(text, values) {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression) => {
    if (!Object.hasOwn(values, expression)) throw new Error(`there is no value for \${{ ${expression} }}`);
    return values[expression];
  });
}

/** The variables of the job and of the step. */
export function environmentOf(job, step, values) {
  const all = Object.entries({ ...job.env, ...step.env });
  return Object.fromEntries(all.map(([name, value]) => [name, substitute(String(value), values)]));
}

/** How a step is called where it is listed. */
export function nameOf(step) {
  return step.name ?? step.run?.trim().split('\n')[0] ?? step.uses;
}
