/** The DLL's own events: reads them from the XML of `tracerpt`, and assigns each to its scenario. */
import { parser } from '../vendor/sax.js';
import type { DllEvent } from './bundle.js';
import { printable } from './printable.js';

/** The provider Microsoft-Windows-Websocket-Protocol-Component. */
export const PROVIDER = '{cba5f63c-e2cf-4b36-8305-bde1311924fc}';

/** The events cannot be captured or read. */
export class EventTracingError extends Error {
  override readonly name = 'EventTracingError';
}

/** An event of the log. */
export interface LoggedEvent extends DllEvent {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The id of the DLL's process. */
  readonly process: number;
}

/** A span of time in milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface EventRead {
  provider: string;
  id: string;
  time: number;
  process: number;
  readonly data: string[];
}

/** The name of an element, without its namespace prefix. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The text of an attribute. sax gives attributes as text unless namespaces are asked for. */
function textOf(attribute: unknown): string {
  return typeof attribute === 'string' ? attribute : '';
}

/** @param text - such as `2026-01-02T03:04:05.123456700Z`; its last digits are finer than a Date. */
function timeOf(text: string): number {
  const [, seconds, fraction = '', zone] = /^([^.]*:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  return Date.parse(`${seconds ?? ''}${zone ?? ''}`) + Number(`0${fraction}`) * 1000;
}

function finished({ provider, id, data, time, process }: EventRead): LoggedEvent | null {
  if (provider.toLowerCase() !== PROVIDER) return null;
  if (!/^\d+$/.test(id)) throw new EventTracingError(`an event has no number, but "${printable(id)}"`);
  if (Number.isNaN(time)) throw new EventTracingError(`event ${id} has no time`);
  if (Number.isNaN(process)) throw new EventTracingError(`event ${id} has no process`);
  return { id: Number(id), text: data.join(' '), time, process };
}

/**
 * Reads the provider's events from the output of `tracerpt -of XML`.
 *
 * @throws EventTracingError the text is not XML, or an event has no number, time or process.
 */
export function parseEvents(xml: string): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  if (xml.trim() === '') return events;
  const reader = parser(true);
  let event: EventRead | null = null;
  let text = '';
  reader.onerror = (error) => {
    throw new EventTracingError(`tracerpt wrote no XML: ${error.message.split('\n').slice(0, 2).join(', ')}`);
  };
  reader.onopentag = ({ name, attributes }) => {
    text = '';
    const element = localName(name);
    if (element === 'Event') event = { provider: '', id: '', time: NaN, process: NaN, data: [] };
    else if (event === null) return;
    else if (element === 'Provider') event.provider = textOf(attributes['Guid']);
    else if (element === 'TimeCreated') event.time = timeOf(textOf(attributes['SystemTime']));
    else if (element === 'Execution') event.process = Number(textOf(attributes['ProcessID']));
  };
  reader.ontext = (part) => void (text += part);
  reader.oncdata = (part) => void (text += part);
  reader.onclosetag = (name) => {
    if (event === null) return;
    const element = localName(name);
    if (element === 'EventID') event.id = text.trim();
    else if (element === 'Data') event.data.push(printable(text.trim()));
    else if (element === 'Event') {
      const read = finished(event);
      if (read !== null) events.push(read);
      event = null;
    }
    text = '';
  };
  reader.write(xml.replace(/^\ufeff/, '')).close();
  return events;
}

const MINUTE = 60_000;

/**
 * The time by which the log's clock differs from this process's: whole minutes, because versions of `tracerpt` write a
 * wrong time zone. The log begins with the first span, so only the nearest minutes can be right.
 */
function shiftOf(events: readonly LoggedEvent[], all: Span): number {
  const first = events[0]!;
  const last = events.at(-1)!;
  const near = Math.round((all.start - first.time) / MINUTE);
  const fits = (shift: number): boolean => first.time + shift >= all.start && last.time + shift <= all.end;
  return [0, near * MINUTE, (near - 1) * MINUTE, (near + 1) * MINUTE].find(fits) ?? 0;
}

/**
 * Assigns the events of a process to spans of time.
 *
 * @param slack - milliseconds by which the two clocks may differ; the spans are further apart than twice as much.
 * @throws EventTracingError an event belongs to none of the spans, or there are no events.
 * @returns the events of each span, in the order of time.
 */
export function assignEvents(
  logged: readonly LoggedEvent[],
  process: number,
  spans: readonly Span[],
  slack: number,
): DllEvent[][] {
  const found: DllEvent[][] = spans.map(() => []);
  const events = logged
    .filter((event) => event.process === process)
    .sort((one, other) => one.time - other.time);
  if (events.length === 0) throw new EventTracingError('no event of this process was logged');
  const all = { start: (spans[0]?.start ?? 0) - slack, end: (spans.at(-1)?.end ?? 0) + slack };
  const shift = shiftOf(events, all);
  let at = 0;
  for (const { id, text, time } of events) {
    while (at < spans.length && spans[at]!.end + slack < time + shift) at++;
    if (at === spans.length || time + shift < spans[at]!.start - slack) {
      throw new EventTracingError(
        `event ${id} at ${new Date(time).toISOString()} was logged during no scenario, ` +
          `the first of which began at ${new Date(all.start).toISOString()}`,
      );
    }
    found[at]!.push({ id, text });
  }
  return found;
}
