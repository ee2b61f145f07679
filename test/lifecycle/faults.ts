/**
 * Faults to plant, one at a time, into a copy of the compiled package. Each is of a kind that was found in the
 * package, or that the life-cycle test has to find.
 */
export interface Fault {
  readonly name: string;
  /** Below dist/lib/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A second change, if another check would hide the fault. */
  readonly also?: Omit<Fault, 'name' | 'also'>;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'a peer that ended with its request becomes a connection',
    file: 'opening/exchange.js',
    from: 'if (stream.destroyed || stream.readableEnded || !stream.writable || stream.errored !== null)',
    to: 'if (true) return false; if (stream.destroyed)',
  },
  {
    name: 'nobody watches the peer while its request is decided',
    file: 'opening/arrivals.js',
    from: "stream.on('end', this.#onGone);",
    to: '',
    also: {
      file: 'opening/exchange.js',
      from: 'if (stream.destroyed || stream.readableEnded || !stream.writable || stream.errored !== null)',
      to: 'if (true) return stream.destroyed; if (stream.destroyed)',
    },
  },
  {
    name: 'close leaves undecided requests alone',
    file: 'opening/arrivals.js',
    from: 'for (const arrival of this.#deciding)\n            arrival.stop(this.#closing);',
    to: '',
  },
  {
    name: 'a timer of a decided request is left',
    file: 'opening/arrivals.js',
    from: 'end() {\n        const stream = this.#stream;\n        this.#alarm?.stop();',
    to: 'end() {\n        const stream = this.#stream;',
  },
  {
    name: 'a rejection of verifyClient is nobody’s',
    file: 'opening/guard.js',
    from: 'later) => verdictOf(name, later), mistake)',
    to: 'later) => verdictOf(name, later))',
  },
  {
    name: 'whatever is true accepts',
    file: 'opening/guard.js',
    from: 'if (value === true)',
    to: 'if (value)',
  },
  {
    name: 'header values are not checked',
    file: 'opening/header-list.js',
    from: '(0, on_demand_js_1.http)().validateHeaderValue(name, text);',
    to: '',
  },
  {
    name: 'the event refused has no cause',
    file: 'opening/acceptor.js',
    from: '...(cause === undefined ? {} : { cause }),',
    to: '',
  },
  {
    name: 'close leaves silent sockets alone',
    file: 'opening/owner.js',
    from: 'for (const socket of this.#sockets)\n            socket.destroy();',
    to: '',
  },
  {
    name: 'close leaves half requests alone',
    file: 'opening/http1/server.js',
    from: 'httpServer.closeAllConnections();\n                return closed;',
    to: 'return closed;',
    also: { file: 'opening/server.js', from: '#cut() {', to: '#cut() { return;' },
  },
  {
    name: 'isClosed is never true',
    file: 'opening/server.js',
    from: 'this.#isClosed = true;',
    to: '',
  },
  {
    name: 'an ended connection stays in its group',
    file: 'connection/ending/closing.js',
    from: 'connection._group.delete(connection);',
    to: '',
  },
  {
    name: 'closed is never settled',
    file: 'connection/ending/closing.js',
    from: 'rare.closed.resolve(closeInfoOf(connection));',
    to: ';',
  },
  {
    name: 'a reader is not told of the end',
    file: 'connection/ending/closing.js',
    from: 'inbox.end(',
    to: 'void (',
  },
  {
    name: 'a peer that does not answer a close frame is waited for without a limit',
    file: 'connection/ending/closing.js',
    from: 'rare.alarm = alarm_js_1.Alarm.after(connection._group.settings.closeTimeout, onTimeout, connection);',
    to: '',
  },
  {
    name: 'the timer of a closed connection is left',
    file: 'connection/ending/closing.js',
    from: 'rare.alarm?.stop();\n    rare.alarm = null;',
    to: 'rare.alarm = null;',
  },
];
