/** The exit statuses of `wspc connect`, `wspc serve` and `wspc bench`. They are API: `docs/cli.md` has the table. */
export const Status = {
  /** Success: all of the input was sent. At a terminal also a server that closed with 1000, 1001 or no code. */
  Success: 0,
  /** No connection, a lost connection, or a server that closed before the end of the input. */
  Failure: 1,
  /** A mistake in the arguments. */
  Usage: 2,
  /** The server answered the opening handshake with another status than 101. */
  Refused: 3,
  /** The server closed with a code that reports an error. */
  ClosedWithError: 4,
  /** A part of the input cannot be sent, such as text that is not UTF-8. */
  Input: 5,
  /** Fewer messages came than the number of `-n`. */
  TooFew: 6,
  /** `--max-time` was over. The same status as `timeout` of the GNU core utilities. */
  TimeOut: 124,
  /** Ctrl-C. The status that shells give to this signal. */
  Interrupted: 130,
  /** SIGTERM. The status that shells give to this signal. */
  Terminated: 143,
} as const;

export type ExitStatus = (typeof Status)[keyof typeof Status];
