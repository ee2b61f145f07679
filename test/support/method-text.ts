/** The source text of a method or function, as a method: for a function that runs in a browser. */
export function methodText(method: (...args: never[]) => unknown): string {
  return String(method).replace(/^(async )?function /, '$1');
}
