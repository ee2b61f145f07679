/**
 * Captures the DLL's own events with two programs of Windows. `logman` records the events of a provider while a
 * scenario is played; `tracerpt` writes them as XML. Both need an administrator's rights.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parser } from '../vendor/sax.js';
import type { Capture, DllEvent } from './bundle.js';
import { printable } from './printable.js';

/** The provider Microsoft-Windows-Websocket-Protocol-Component. */
export const PROVIDER = '{cba5f63c-e2cf-4b36-8305-bde1311924fc}';

const SESSION = 'wspc-parity';

/** Events cannot be captured on this machine. */
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

interface EventRead {
  provider: string;
  id: string;
  readonly data: string[];
}

/** The name of an element, without its namespace prefix. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The text of an attribute. sax gives attributes as text unless namespaces are asked for. */
function guidOf(attribute: unknown): string {
  return typeof attribute === 'string' ? attribute : '';
}

/**
 * Reads the provider's events from the output of `tracerpt -of XML`.
 *
 * @throws EventTracingError the text is not XML, or an event has no number.
 */
export function parseEvents(xml: string): DllEvent[] {
  const events: DllEvent[] = [];
  if (xml.trim() === '') return events;
  const reader = parser(true);
  let event: EventRead | null = null;
  let text = '';
  reader.onerror = (error) => {
    throw new EventTracingError(`tracerpt wrote no XML: ${error.message.split('\n').slice(0, 2).join(', ')}`);
  };
  reader.onopentag = ({ name, attributes }) => {
    text = '';
    if (localName(name) === 'Event') event = { provider: '', id: '', data: [] };
    else if (event !== null && localName(name) === 'Provider') event.provider = guidOf(attributes['Guid']);
  };
  reader.ontext = (part) => void (text += part);
  reader.oncdata = (part) => void (text += part);
  reader.onclosetag = (name) => {
    if (event === null) return;
    if (localName(name) === 'EventID') event.id = text.trim();
    else if (localName(name) === 'Data') event.data.push(printable(text.trim()));
    else if (localName(name) === 'Event') {
      if (event.provider.toLowerCase() === PROVIDER) {
        if (!/^\d+$/.test(event.id))
          throw new EventTracingError(`an event has no number, but "${printable(event.id)}"`);
        events.push({ id: Number(event.id), text: event.data.join(' ') });
      }
      event = null;
    }
    text = '';
  };
  reader.write(xml.replace(/^\ufeff/, '')).close();
  return events;
}

/**
 * Captures the events of each scenario.
 *
 * @throws EventTracingError (when called) this is not Windows, or the user lacks the rights.
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
