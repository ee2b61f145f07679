import assert from 'node:assert/strict';
import { chromium as browserOf } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { chromium, itWith } from '../interop/programs.js';
import { methodText } from '../support/method-text.js';
import { startPeer } from '../web/peer.js';
import type { Peer } from '../web/peer.js';
import { makeStreamTools, streamCases } from '../web/stream-cases.js';

// The cases themselves run in test/web, on either backend. This test checks in a browser that their expectations are
// correct.
describe("Chromium's WebSocketStream, in the cases of ours", function () {
  this.timeout(60_000);
  const found = chromium();
  let peer: Peer;
  let browser: Browser | undefined;
  let page: Page;

  before(async () => {
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

  for (const { name, run, expected, chromium: own } of streamCases) {
    const title = own === undefined ? name : `${name}, but: ${own.because}`;
    itWith(found, title, async () => {
      const log = await page.evaluate(`(async () => {
        'use strict';
        const entries = [];
        const { makeStreamTools } = { ${methodText(makeStreamTools)} };
        const tools = makeStreamTools(WebSocketStream, WebSocketError, 'ws://127.0.0.1:${peer.port}', entries);
        await ({ ${methodText(run)} }).run(tools);
        return entries;
      })()`);
      assert.deepEqual(log, Object.assign([...expected], own?.log));
    });
  }
});
