/**
 * Captures the DLL's own events with two programs of Windows. `logman` records the events of a provider while all
 * scenarios are played, in one session: to start and stop one takes seconds. `tracerpt` writes them as XML. Both need an
 * administrator's rights.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Capture } from './bundle.js';
import { assignEvents, EventTracingError, parseEvents, PROVIDER } from './etw-events.js';
import type { Span } from './etw-events.js';

/** Milliseconds between two scenarios, by which their events are told apart. */
const PAUSE = 60;

/** The programs that log events. */
export interface EventLog {
  /** Begins to log into a file. */
  readonly start: (file: string) => void;
  readonly stop: () => void;
  /** Returns the XML of the file. */
  readonly read: (file: string) => string;
}

function program(name: string, args: readonly string[]): void {
  const { status, error, stdout } = spawnSync(name, args, { encoding: 'utf8', windowsHide: true });
  if (error !== undefined) throw new EventTracingError(`${name} could not be started: ${error.message}`);
  if (status !== 0) {
    throw new EventTracingError(
      `${name} failed, which it does without an administrator's rights: ${stdout.trim()}`,
    );
  }
}

function windowsLog(): EventLog {
  // The number of the process keeps a session that an earlier process left behind out of the way.
  const session = `wspc-parity-${process.pid}`;
  return {
    start: (file) => {
      const everything = [PROVIDER, '0xffffffffffffffff', '0xff'];
      // Buffers for all events at once, in KiB, so that none is lost.
      const buffers = ['-bs', '256', '-nb', '32', '128'];
      program('logman', ['start', session, '-p', ...everything, ...buffers, '-o', file, '-ets']);
    },
    stop: () => program('logman', ['stop', session, '-ets']),
    read: (file) => {
      const xml = `${file}.xml`;
      program('tracerpt', [file, '-o', xml, '-of', 'XML', '-y']);
      const bytes = readFileSync(xml);
      return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
    },
  };
}

/** Lets time pass without giving up the thread: a scenario is played in one go. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

/**
 * Captures the events of each scenario, by the times at which they were played.
 *
 * @throws EventTracingError (when called) this is not Windows, or the user lacks the rights.
 */
export function captureEvents(log?: EventLog): Capture {
  if (log === undefined && process.platform !== 'win32')
    throw new EventTracingError('event tracing is a part of Windows');
  const { start, stop, read } = log ?? windowsLog();
  return (record) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
    const file = path.join(folder, 'events.etl');
    const spans: Span[] = [];
    start(file);
    try {
      pause();
      record((play) => {
        const from = Date.now();
        try {
          play();
        } finally {
          spans.push({ start: from, end: Date.now() });
          pause();
        }
      });
    } finally {
      stop();
    }
    try {
      const assigned = assignEvents(parseEvents(read(file)), process.pid, spans, PAUSE / 2);
      rmSync(folder, { recursive: true, force: true });
      return assigned;
    } catch (error) {
      if (!(error instanceof EventTracingError)) throw error;
      throw new EventTracingError(
        `${error.message}. What was logged is left in ${folder}; it has the name of this machine in it`,
      );
    }
  };
}
