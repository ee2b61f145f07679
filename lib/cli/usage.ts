/** Mistakes in arguments, and errors as a person reads them. */

/** A mistake in the arguments. */
export class UsageError extends Error {
  /** @param help - the command whose help explains the arguments. */
  constructor(
    message: string,
    readonly help = 'npm start -- --help',
  ) {
    super(message);
  }
}

/** The TCP port that an option names. */
export function portOf(text: string, option: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`${option} takes a port, not ${text}`);
  return port;
}

/** An error as a sentence. */
export function explain(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  const where = error.port === undefined ? '' : ` ${error.address ?? ''}:${error.port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `nobody listens at${where} (ECONNREFUSED)`;
    case 'EADDRINUSE':
      return `the port is in use:${where} (EADDRINUSE)`;
    case 'ENOTFOUND':
      return `no such host (${error.message})`;
    default:
      return error.message === '' ? (error.code ?? error.name) : error.message;
  }
}
