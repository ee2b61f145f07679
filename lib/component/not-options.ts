/** Checks that a value can be options at all, before its properties are read. */

/**
 * Objects that programs give in place of options by mistake. They have no property of their own, so that checking the
 * names of options would not find them.
 *
 * @returns the end of a message "the options must be an object, ..."; undefined for options.
 */
export function notOptions(options: object): string | undefined {
  if (Symbol.iterator in options) return 'not a list, a Map or a Set';
  if ('then' in options) return 'not a promise: await it first';
  if ('aborted' in options) return 'not a signal: give it as { signal }';
  return undefined;
}

/** @throws TypeError the value is one of these objects: "`what` must be an object, ...". */
export function refuseNotOptions(what: string, options: object): void {
  const mistake = notOptions(options);
  if (mistake !== undefined) throw new TypeError(`${what} must be an object, ${mistake}`);
}

/**
 * Checks the options of a function that has few of them.
 *
 * @param where - the function that is called, for the message.
 * @param names - all options of the function.
 * @throws TypeError options that are no object, or an unknown option.
 */
export function checkFewOptions(where: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`the options of ${where} must be an object`);
  refuseNotOptions(`the options of ${where}`, options);
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new TypeError(`${where} has no option ${name}: it has ${names.join(' and ')}`);
}
