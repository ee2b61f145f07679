// Reads the parts of a GitHub Actions workflow that a dry run needs.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { parse } from 'yaml';

import { repository } from '../win32/paths.mjs';

/** @returns the workflow as parsed YAML. */
export function readWorkflow(name) {
  return parse(readFileSync(path.join(repository, '.github/workflows', `${name}.yml`), 'utf8'));
}

/**
 * Puts values in the places of `${{ ... }}`.
 *
 * @param values - such as `{ 'matrix.os': 'windows-2022' }`
 * @throws an expression has no value
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

/** The name of a step in lists. */
export function nameOf(step) {
  return step.name ?? step.run?.trim().split('\n')[0] ?? step.uses;
}
