import assert from 'node:assert/strict';
import { chromium as browserOf } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { cases, makeTools } from '../web/cases.js';
import { startPeer } from '../web/peer.js';
import type { Peer } from '../web/peer.js';
import { chromium, itWith } from '../interop/programs.js';
import { methodText } from '../support/method-text.js';

// The cases themselves run in test/web, on either backend. This test checks in a browser that their expectations are
// correct.
describe("Chromium's WebSocket, in the cases of ours", () => {
  const found = chromium();
  let peer: Peer;
  let browser: Browser | undefined;
  let page: Page;

  before(async function () {
    this.timeout(60_000);
    peer = await startPeer();
    if ('missing' in found) return;
    browser = await browserOf.launch({ executablePath: found.path, args: ['--no-sandbox'] });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${peer.port}/page`);
  });
  after(async () => {
    await browser?.close();
    await peer.close();
  });

  const last = cases.filter(({ abandons }) => abandons === true).reverse();
  const first = cases.filter((one) => !last.includes(one));
  for (const { name, run, expected, chromium: own } of [...first, ...last]) {
    const title = own === undefined ? name : `${name}, but: ${own.because}`;
    itWith(found, title, async () => {
      const log = await page.evaluate(`(async () => {
        'use strict';
        const entries = [];
        const tools = ({ ${methodText(makeTools)} }).makeTools(WebSocket, CloseEvent, 'ws://127.0.0.1:${peer.port}', entries);
        await ({ ${methodText(run)} }).run(tools);
        return entries;
      })()`);
      assert.deepEqual(log, Object.assign([...expected], own?.log));
    });
  }
});
