import assert from 'node:assert/strict';
import { cases, makeTools } from '../web/cases.js';
import { itWith } from '../interop/programs.js';
import { chromiumPage } from '../support/chromium-page.js';
import { methodText } from '../support/method-text.js';

// The cases themselves run in test/web, on either backend. This test checks in a browser that their expectations are
// correct.
describe("Chromium's WebSocket, in the cases of ours", () => {
  const chromium = chromiumPage();

  const last = cases.filter(({ abandons }) => abandons === true).reverse();
  const first = cases.filter((one) => !last.includes(one));
  for (const { name, run, expected, chromium: own } of [...first, ...last]) {
    const title = own === undefined ? name : `${name}, but: ${own.because}`;
    itWith(chromium.found, title, async () => {
      const log = await chromium.page.evaluate(`(async () => {
        'use strict';
        const entries = [];
        const tools = ({ ${methodText(makeTools)} }).makeTools(WebSocket, CloseEvent, 'ws://127.0.0.1:${chromium.port}', entries);
        await ({ ${methodText(run)} }).run(tools);
        return entries;
      })()`);
      assert.deepEqual(log, Object.assign([...expected], own?.log));
    });
  }
});
