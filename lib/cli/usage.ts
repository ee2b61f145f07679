/** Mistakes in arguments, and errors as a person reads them. */
import { HandshakeError } from '../opening/index.js';
import { Status } from './statuses.js';

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

/** An error that has an exit status of its own. */
export class StatusError extends Error {
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The TCP port that an option names. */
export function portOf(text: string, option: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`${option} takes a port, not ${text}`);
  return port;
}

/** The exit status of a command that ends with this error. */
export function statusOf(error: unknown): number {
  if (error instanceof StatusError) return error.status;
  if (error instanceof UsageError) return Status.Usage;
  const isRefusal = error instanceof HandshakeError && error.code === 'ERR_UNEXPECTED_RESPONSE';
  return isRefusal ? Status.Refused : Status.Failure;
}

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };

/** An error as a sentence. */
export function explain(error: Error): string {
  // Of a host with several addresses, each of which failed.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return explain(error.errors[0]);
  const { code, address, port, message, name } = error as SystemError;
  const where = port === undefined ? '' : ` ${address ?? ''}:${port}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens at${where} (ECONNREFUSED)`;
    case 'EADDRINUSE':
      return `the port is in use:${where} (EADDRINUSE)`;
    case 'ENOTFOUND':
      return `no such host (${message})`;
    case 'ERR_UNEXPECTED_RESPONSE':
      return message.replace('followRedirects is off', '-L follows redirects');
    case 'ERR_CONNECT_FAILED':
      return explainConnectFailed(error);
    default:
      return message === '' ? (code ?? name) : message;
  }
}

function explainConnectFailed({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  const why = explain(cause);
  // The message has the cause's own words.
  if (why === cause.message) return message;
  return `${message.slice(0, message.length - cause.message.length)}${why}`;
}
