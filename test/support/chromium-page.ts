/** A page in Chromium for cases that also run here, on the server that the cases need. */
import { chromium as browserOf } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { chromium } from '../interop/programs.js';
import { startPeer } from '../web/peer.js';
import type { Peer } from '../web/peer.js';

/** The browser, or the reason why there is none, and the page of the present test. */
export interface ChromiumPage {
  readonly found: ReturnType<typeof chromium>;
  readonly page: Page;
  /** The port of the server. */
  readonly port: number;
}

/** Opens the page before the tests of the present suite, and closes it after them. */
export function chromiumPage(): ChromiumPage {
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

  return {
    found,
    get page() {
      return page;
    },
    get port() {
      return peer.port;
    },
  };
}
