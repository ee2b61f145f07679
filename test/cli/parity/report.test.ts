import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium as playwright } from 'playwright-core';
import type { Page } from 'playwright-core';

import { createComponent } from '../../../lib/component/component.js';
import { portable } from '../../../lib/component/index.js';
import { portableBackend } from '../../../lib/component/portable/backend.js';
import { describeSystem } from '../../../lib/parity/bundle.js';
import { renderReport } from '../../../lib/parity/report/page.js';
import { runParity } from '../../../lib/parity/run.js';
import { readDocuments } from '../../../lib/parity/scenario/documents.js';
import { readSpecItems } from '../../../lib/parity/spec-coverage.js';
import { statusOf } from '../../../lib/parity/status.js';
import { chromium, itWith } from '../../interop/programs.js';

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** Stands where the DLL would, and refuses small send buffers that the engine accepts. */
const other = createComponent({
  ...portableBackend,
  name: 'native',
  createHandle: (role, properties) =>
    properties.sendBufferSize === 16 && properties.receiveBufferSize === undefined
      ? 0x80004005
      : portableBackend.createHandle(role, properties),
});

describe('the report page', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-report-'));
  const file = path.join(folder, 'report.html');
  const documents = readDocuments().filter(({ file: name }) =>
    /(receive|create|client-send)\.md$/.test(name),
  );
  const system = describeSystem(portable);
  const status = statusOf(readSpecItems(), documents);

  before(() => {
    const run = runParity(documents, [other, portable]);
    assert.ok(run.different > 0 && run.different < run.results.length);
    writeFileSync(file, renderReport({ run, documents, status, system: { ...system, dll: '0.0.0.1' } }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const inBrowser = async (executablePath: string, look: (page: Page) => Promise<void>): Promise<void> => {
    const browser = await playwright.launch({ executablePath, args: FLAGS.split(' ') });
    try {
      const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
      const problems: string[] = [];
      page.on('pageerror', ({ message }) => problems.push(message));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) problems.push(request.url());
      });
      await page.goto(pathToFileURL(file).href);
      await look(page);
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  };

  itWith(chromium(), 'says what differs in words, and that a stand-in proves nothing', (executable) =>
    inBrowser(executable, async (page) => {
      const verdict = await page.locator('.verdict').innerText();
      assert.match(verdict, /scenarios differ/);
      assert.match(verdict, /stand-in for tests/);
      const differing = page.locator('.scenario.differs').first();
      assert.match(await differing.locator('.state').innerText(), /≠\s*differs/);
      assert.match(await differing.innerText(), /differs here/);
      const { length } = await page.screenshot();
      assert.ok(length > 20_000, 'the screenshot is empty');
    }),
  );

  itWith(chromium(), 'filters by text and by outcome', (executable) =>
    inBrowser(executable, async (page) => {
      const shown = page.locator('.scenario:visible');
      const all = await shown.count();
      await page.fill('input[name=text]', 'q-r1');
      const some = await shown.count();
      assert.ok(some > 0 && some < all);
      await page.fill('input[name=text]', 'nothing has this name');
      assert.equal(await shown.count(), 0);
      assert.ok(await page.locator('.none').isVisible());
      await page.fill('input[name=text]', '');
      await page.uncheck('input[value=alike]');
      assert.equal(await shown.count(), await page.locator('.scenario.differs, .scenario.fails').count());
    }),
  );

  itWith(chromium(), 'decodes bytes under the pointer and under the keyboard', (executable) =>
    inBrowser(executable, async (page) => {
      await page.fill('input[name=text]', 'a text message is indicated');
      await page.locator('.scenario:visible summary').first().click();
      const bytes = page.locator('.scenario:visible .bytes').first();
      const tip = page.locator('.scenario:visible .tip').first();
      assert.equal(await tip.isVisible(), false);
      await bytes.hover();
      assert.ok(await tip.isVisible());
      assert.match(await tip.innerText(), /text, FIN, masked, 5 bytes: “Hello”/);
      await page.mouse.move(0, 0);
      assert.equal(await tip.isVisible(), false);
      await bytes.focus();
      assert.ok(await tip.isVisible());
    }),
  );

  itWith(chromium(), 'is printed without its controls', (executable) =>
    inBrowser(executable, async (page) => {
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('.filters').isVisible(), false);
      assert.ok(await page.locator('.verdict').isVisible());
      assert.ok((await page.pdf({ format: 'A4', landscape: true, pageRanges: '1-2' })).length > 10_000);
    }),
  );
});
