import { strict as assert } from 'node:assert';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';

import { portable } from '../../lib/component/index.js';
import type { Component } from '../../lib/component/index.js';
import { recordBundle } from '../../lib/parity/bundle.js';
import { assignEvents, EventTracingError, parseEvents } from '../../lib/parity/etw-events.js';
import type { LoggedEvent } from '../../lib/parity/etw-events.js';
import { captureEvents } from '../../lib/parity/etw.js';
import type { EventLog } from '../../lib/parity/etw.js';
import { readDocuments } from '../../lib/parity/scenario/documents.js';

const NAMESPACE = 'xmlns="http://schemas.microsoft.com/win/2004/08/events/event"';
const PROVIDER =
  '<Provider Name="Microsoft-Windows-Websocket-Protocol-Component" Guid="{CBA5F63C-E2CF-4B36-8305-BDE1311924FC}"/>';

/** An event in the form of tracerpt. */
function event(id: string, systemTime: string, data: string, processId = '42'): string {
  return `<Event ${NAMESPACE}><System>${PROVIDER}<EventID Qualifiers="0">${id}</EventID><Version>0</Version>
<TimeCreated SystemTime="${systemTime}"/><Execution ProcessID="${processId}" ThreadID="7" ProcessorID="0"/></System>
<EventData>${data}</EventData></Event>`;
}

const DATA = '<Data Name="Message">reason &lt;too&gt; long</Data><Data Name="Id">3</Data>';
const XML = `<?xml version="1.0"?><Events>
<Event ${NAMESPACE}><System><Provider Name="Other" Guid="{00000000-0000-0000-0000-000000000000}"/><EventID>7</EventID></System></Event>
${event('1', '2026-01-02T03:04:05.123456700Z', DATA)}
</Events>`;

describe('events of the DLL', () => {
  it('are read from the XML of tracerpt', () => {
    const [found, ...others] = parseEvents(XML);
    assert.deepEqual(others, []);
    const { time, ...rest } = found!;
    assert.deepEqual(rest, { id: 1, text: 'reason <too> long 3', process: 42 });
    assert.equal(time.toFixed(3), (Date.parse('2026-01-02T03:04:05.123Z') + 0.4567).toFixed(3));
    assert.deepEqual(parseEvents(''), []);
  });

  it('are read with prefixes, CDATA, comments and references', () => {
    const prefixed = XML.replaceAll(
      /<(\/?)(Event|System|Provider|EventID|EventData|Data|TimeCreated|Execution)\b/g,
      '<$1e:$2',
    )
      .replaceAll(' xmlns=', ' xmlns:e=')
      .replace('reason &lt;too&gt; long', '<!-- </Data> --><![CDATA[a < b]]> &#x26; c\u0007');
    const [found] = parseEvents(prefixed.replace('\u0007', ''));
    assert.equal(found?.text, 'a < b & c 3');
  });

  it('are refused if the file is not XML, or lacks a field that tells them apart', () => {
    assert.throws(() => parseEvents(XML.slice(0, -20)), EventTracingError);
    assert.throws(() => parseEvents('<Events><Event></Events>'), EventTracingError);
    assert.throws(() => parseEvents('nothing'), EventTracingError);
    assert.throws(() => parseEvents(XML.replace('>1<', '>one<')), /no number/);
    assert.throws(() => parseEvents(XML.replace('SystemTime', 'RawTime')), /no time/);
    assert.throws(() => parseEvents(XML.replace('03:04:05', '3 o’clock')), /no time/);
    assert.throws(() => parseEvents(XML.replace('ProcessID="42"', 'ProcessID="?"')), /no process/);
  });

  it('expand no entities of the file', () => {
    const bomb = XML.replace('<Events>', '<!DOCTYPE x [<!ENTITY a "aaaa">]><Events>').replace('&lt;', '&a;');
    assert.throws(() => parseEvents(bomb), EventTracingError);
  });

  it('cannot be captured on other systems than Windows', function () {
    if (process.platform === 'win32') assert.equal(typeof captureEvents(), 'function');
    else assert.throws(() => captureEvents(), EventTracingError);
  });
});

describe('events of one log', () => {
  const SPANS = [
    { start: 10_000_000, end: 10_000_004 },
    { start: 10_000_064, end: 10_000_064 },
    { start: 10_000_124, end: 10_000_130 },
  ];
  const at = (time: number, id: number, processId = 42): LoggedEvent => ({
    id,
    text: '',
    time,
    process: processId,
  });
  const ids = (events: readonly LoggedEvent[]): number[][] =>
    assignEvents(events, 42, SPANS, 30).map((own) => own.map(({ id }) => id));

  it('belong to the scenario that was played at that time, in any order of the file', () => {
    assert.deepEqual(ids([at(10_000_130, 4), at(10_000_001.5, 1), at(10_000_003, 2)]), [[1, 2], [], [4]]);
    assert.deepEqual(ids([at(10_000_064.4, 3)]), [[], [3], []]);
  });

  it('belong to it even if the clocks differ a little', () => {
    assert.deepEqual(ids([at(9_999_971, 1), at(10_000_034, 2), at(10_000_094, 3), at(10_000_160, 4)]), [
      [1, 2],
      [3],
      [4],
    ]);
  });

  it('are those of this process alone', () => {
    assert.deepEqual(ids([at(10_000_001, 1), at(10_000_030, 9, 43), at(5, 9, 43)]), [[1], [], []]);
  });

  for (const minutes of [-61, -59, -1, 59, 60, 120]) {
    it(`belong to it even if the time zone of tracerpt is ${minutes} minutes off`, () => {
      const off = minutes * 60_000;
      assert.deepEqual(ids([at(10_000_001 + off, 1), at(10_000_125 + off, 4)]), [[1], [], [4]]);
    });
  }

  it('are refused if one belongs to no scenario, or there is none', () => {
    const withSlackOf20 = () => assignEvents([at(10_000_030, 2)], 42, SPANS, 20);
    assert.throws(withSlackOf20, /event 2 .* during no scenario/);
    assert.throws(() => ids([at(10_000_001, 1), at(10_000_400, 2)]), /event 2 .* during no scenario/);
    assert.throws(() => ids([at(10_030_000, 1)]), EventTracingError);
    assert.throws(() => ids([at(10_000_001, 1, 43)]), /no event of this process/);
  });
});

/** A log as on Windows; the test provides its content. */
class Log implements EventLog {
  readonly calls: string[] = [];
  xml = '';
  folder = '';
  readonly start = (file: string): void => {
    this.folder = path.dirname(file);
    this.calls.push('start');
  };
  readonly stop = (): void => void this.calls.push('stop');
  readonly read = (): string => {
    this.calls.push('read');
    return `<Events>${this.xml}</Events>`;
  };
  log(id: number): void {
    this.xml += event(String(id), new Date().toISOString(), '<Data>why</Data>', String(process.pid));
  }
}

describe('one session of event tracing', () => {
  it('has all scenarios, each with its own events', () => {
    const log = new Log();
    const capture = captureEvents(log);
    const events = capture((during) => {
      for (const id of [1, 2, 3]) {
        during(() => {
          if (id !== 2) log.log(id);
        });
      }
    });
    assert.deepEqual(log.calls, ['start', 'stop', 'read']);
    assert.deepEqual(events, [[{ id: 1, text: 'why' }], [], [{ id: 3, text: 'why' }]]);
    assert.equal(existsSync(log.folder), false);
  });

  it('is used for recording a bundle', () => {
    const log = new Log();
    const documents = readDocuments()
      .filter(({ file }) => file.endsWith('scenarios/delete.md'))
      .slice(0, 1);
    const counted: Component = {
      backend: 'portable',
      createClientHandle: (properties) => {
        log.log(5);
        return portable.createClientHandle(properties);
      },
      createServerHandle: (properties) => portable.createServerHandle(properties),
      getGlobalProperty: portable.getGlobalProperty.bind(portable),
    };
    const { scenarios } = recordBundle(documents, counted, captureEvents(log));
    assert.ok(scenarios.length > 1);
    assert.deepEqual(log.calls, ['start', 'stop', 'read']);
    assert.ok(scenarios.every(({ events }) => events !== undefined));
    assert.ok(scenarios.some(({ events }) => events![0]?.id === 5));
    assert.deepEqual(
      scenarios.map(({ observations }) => observations),
      recordBundle(documents, portable).scenarios.map(({ observations }) => observations),
    );
  });

  it('is ended when a scenario fails', () => {
    const log = new Log();
    assert.throws(() => captureEvents(log)((during) => during(() => assert.fail('a fault'))), /a fault/);
    assert.deepEqual(log.calls, ['start', 'stop']);
  });

  it('keeps its log if events cannot be assigned', () => {
    const log = new Log();
    log.xml = event('1', '2001-01-01T00:00:00.000Z', '', String(process.pid));
    assert.throws(
      () => captureEvents(log)((during) => during(() => undefined)),
      (error: Error) => {
        assert.ok(error instanceof EventTracingError);
        assert.ok(error.message.includes(log.folder));
        return existsSync(log.folder);
      },
    );
    rmSync(log.folder, { recursive: true });
  });
});
