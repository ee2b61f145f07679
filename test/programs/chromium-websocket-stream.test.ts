import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { itWith } from '../interop/programs.js';
import { chromiumPage } from '../support/chromium-page.js';
import { methodText } from '../support/method-text.js';
import { makeStreamTools, streamCases } from '../web/stream-cases.js';

// The cases themselves run in test/web, on either backend. This test checks in a browser that their expectations are
// correct.
describe("Chromium's WebSocketStream, in the cases of ours", function () {
  this.timeout(60_000);
  const chromium = chromiumPage();

  for (const { name, run, expected, chromium: own } of streamCases) {
    const title = own === undefined ? name : `${name}, but: ${own.because}`;
    itWith(chromium.found, title, async () => {
      const log = await chromium.page.evaluate(`(async () => {
        'use strict';
        const entries = [];
        const { makeStreamTools } = { ${methodText(makeStreamTools)} };
        const tools = makeStreamTools(WebSocketStream, WebSocketError, 'ws://127.0.0.1:${chromium.port}', entries);
        await ({ ${methodText(run)} }).run(tools);
        return entries;
      })()`);
      // A race may also end as ours.
      const isAsOurs = own?.isRace === true && isDeepStrictEqual(log, expected);
      if (!isAsOurs) assert.deepEqual(log, Object.assign([...expected], own?.log));
    });
  }
});
