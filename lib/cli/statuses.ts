/** The exit statuses of `wspc connect`, `wspc serve` and `wspc bench`. They are API: `docs/cli.md` has the table. */
export const Status = {
  /** All went well: the input was sent, or the server closed with 1000, 1001 or no code. */
  Success: 0,
  /** No connection, or a connection that broke. */
  Failure: 1,
  /** A mistake in the arguments. */
  Usage: 2,
  /** The server answered the opening handshake with another status than 101. */
  Refused: 3,
  /** The server closed with a code that says that something is wrong. */
  ClosedWithError: 4,
  /** A part of the input cannot be sent, such as text that is not UTF-8. */
  Input: 5,
  /** Fewer messages came than `-n` asks for. */
  TooFew: 6,
  /** `--max-time` was over; as `timeout` of the GNU core utilities. */
  TimeOut: 124,
  /** Ctrl-C; as shells count signals. */
  Interrupted: 130,
  /** SIGTERM; as shells count signals. */
  Terminated: 143,
} as const;

export type ExitStatus = (typeof Status)[keyof typeof Status];
