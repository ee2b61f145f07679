/**
 * The DLL's own events, captured with the programs that Windows has for it: `logman` keeps a session of the
 * provider while a scenario is played, `tracerpt` turns it into XML. Both ask for an administrator.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Capture, DllEvent } from './bundle.js';

/** Microsoft-Windows-Websocket-Protocol-Component. */
export const PROVIDER = '{cba5f63c-e2cf-4b36-8305-bde1311924fc}';

const SESSION = 'wspc-parity';

/** Events cannot be captured here. */
export class EventTracingError extends Error {
  override readonly name = 'EventTracingError';
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

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(\w+);/g, (whole, name: string) => names[name] ?? whole);
}

/** The events of the provider in what `tracerpt -of XML` writes. */
export function parseEvents(xml: string): DllEvent[] {
  const events: DllEvent[] = [];
  for (const [event] of xml.matchAll(/<Event [\s\S]*?<\/Event>/g)) {
    if (!event.toLowerCase().includes(PROVIDER)) continue;
    const id = Number(/<EventID[^>]*>(\d+)</.exec(event)?.[1]);
    const data = [...event.matchAll(/<Data[^>]*>([\s\S]*?)<\/Data>/g)].map(([, text]) =>
      unescaped(text!.trim()),
    );
    events.push({ id, text: data.join(' ') });
  }
  return events;
}

/**
 * Captures the events of each scenario.
 *
 * @throws EventTracingError (when called) this is no Windows, or the user may not.
 */
export function captureEvents(): Capture {
  if (process.platform !== 'win32') throw new EventTracingError('event tracing is a part of Windows');
  return (play) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
    const log = path.join(folder, 'events.etl');
    const xml = path.join(folder, 'events.xml');
    try {
      program('logman', ['start', SESSION, '-p', PROVIDER, '0xffffffffffffffff', '0xff', '-o', log, '-ets']);
      try {
        play();
      } finally {
        program('logman', ['stop', SESSION, '-ets']);
      }
      program('tracerpt', [log, '-o', xml, '-of', 'XML', '-y']);
      const bytes = readFileSync(xml);
      return parseEvents(bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
