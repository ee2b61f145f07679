import { strict as assert } from 'node:assert';

import { EventTracingError, captureEvents, parseEvents } from '../../lib/parity/etw.js';

const XML = `<?xml version="1.0"?><Events>
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Other" Guid="{00000000-0000-0000-0000-000000000000}"/><EventID>7</EventID></System></Event>
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Websocket-Protocol-Component" Guid="{CBA5F63C-E2CF-4B36-8305-BDE1311924FC}"/><EventID Qualifiers="0">1</EventID></System>
<EventData><Data Name="Message">reason &lt;too&gt; long</Data><Data Name="Id">3</Data></EventData></Event>
</Events>`;

describe('events of the DLL', () => {
  it('are read from the XML of tracerpt', () => {
    assert.deepEqual(parseEvents(XML), [{ id: 1, text: 'reason <too> long 3' }]);
    assert.deepEqual(parseEvents(''), []);
  });

  it('are read with prefixes, CDATA, comments and references', () => {
    const prefixed = XML.replaceAll(/<(\/?)(Event|System|Provider|EventID|EventData|Data)\b/g, '<$1e:$2')
      .replaceAll(' xmlns=', ' xmlns:e=')
      .replace('reason &lt;too&gt; long', '<!-- </Data> --><![CDATA[a < b]]> &#x26; c\u0007');
    assert.deepEqual(parseEvents(prefixed.replace('\u0007', '')), [{ id: 1, text: 'a < b & c 3' }]);
  });

  it('are refused where the file is not XML', () => {
    assert.throws(() => parseEvents(XML.slice(0, -20)), EventTracingError);
    assert.throws(() => parseEvents('<Events><Event></Events>'), EventTracingError);
    assert.throws(() => parseEvents('nothing'), EventTracingError);
    assert.throws(() => parseEvents(XML.replace('>1<', '>one<')), EventTracingError);
  });

  it('expand no entities of the file', () => {
    const bomb = XML.replace('<Events>', '<!DOCTYPE x [<!ENTITY a "aaaa">]><Events>').replace('&lt;', '&a;');
    assert.throws(() => parseEvents(bomb), EventTracingError);
  });

  it('cannot be captured elsewhere than on Windows', function () {
    if (process.platform === 'win32') assert.equal(typeof captureEvents(), 'function');
    else assert.throws(() => captureEvents(), EventTracingError);
  });
});
