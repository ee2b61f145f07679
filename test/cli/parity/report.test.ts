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

/** Takes the place of the DLL, and refuses small send buffers that the engine accepts. */
const other = createComponent({
  ...portableBackend,
  name: 'native',
  createHandle: (role, properties) =>
    properties.sendBufferSize === 16 && properties.receiveBufferSize === undefined
      ? 0x80004005
      : portableBackend.createHandle(role, properties),
});

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

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
    writeFileSync(
      file,
      renderReport({
        run,
        documents,
        status,
        system: { ...system, dll: '0.0.0.1' },
        date: new Date(Date.UTC(2026, 10, 28, 7, 5)),
        version: '1.2.3',
      }),
    );
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

  for (const colorScheme of ['light', 'dark'] as const) {
    itWith(chromium(), `has nothing that axe objects to, ${colorScheme}`, (executable) =>
      inBrowser(executable, async (page) => {
        await page.emulateMedia({ colorScheme });
        await page.fill('input[name=text]', 'a text message');
        await page.click('button[data-open=true]');
        await page.addScriptTag({ path: require.resolve('axe-core') });
        const violations = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
          const { violations: all } = await axe.run();
          return all.map(
            ({ id, nodes }) =>
              `${id}: ${nodes
                .map(({ html }) => html)
                .slice(0, 3)
                .join(' ')}`,
          );
        });
        assert.deepEqual(violations, []);
      }),
    );
  }

  for (const [width, columns] of [
    [400, 1],
    [1280, 8],
  ] as const) {
    itWith(
      chromium(),
      `shows the lanes of two backends in ${width} pixels without scrolling sideways`,
      (executable) =>
        inBrowser(executable, async (page) => {
          await page.setViewportSize({ width, height: 900 });
          await page.fill('input[name=text]', 'a text message is indicated');
          await page.click('button[data-open=true]');
          const seen = await page.evaluate(`(() => {
          const table = document.querySelector('.scenario:not([hidden]) .lanes');
          const cells = [...table.querySelectorAll('.row td:not(.empty)')].map((cell) => cell.getBoundingClientRect());
          return {
            page: document.documentElement.scrollWidth,
            box: table.parentElement.scrollWidth - table.parentElement.clientWidth,
            columns: new Set([...table.querySelectorAll('.row td')].map((cell) => cell.getBoundingClientRect()).filter(({ width }) => width > 0).map(({ x }) => Math.round(x))).size,
            narrowest: Math.min(...cells.map((cell) => cell.width)),
          };
        })()`);
          const { page: total, box, columns: number, narrowest } = seen as Record<string, number>;
          assert.deepEqual({ total, box, number }, { total: width, box: 0, number: columns });
          assert.ok(narrowest! > 100, String(narrowest));
        }),
    );
  }

  itWith(chromium(), 'can be scrolled by keyboard wherever it scrolls', (executable) =>
    inBrowser(executable, async (page) => {
      const boxes = await page.locator('.scroll').all();
      assert.ok(boxes.length > 50);
      for (const box of boxes.slice(0, 3)) {
        assert.equal(await box.getAttribute('tabindex'), '0');
        assert.ok((await box.getAttribute('aria-label'))!.length > 5);
      }
    }),
  );

  itWith(chromium(), 'says when it was made, of which versions, and links each scenario', (executable) =>
    inBrowser(executable, async (page) => {
      const machine = await page.locator('.machine').innerText();
      assert.match(
        machine,
        /^2026-11-28 07:05 UTC · websocket-protocol-component 1\.2\.3 · websocket\.dll 0\.0\.0\.1/,
      );
      assert.ok(machine.includes(`Node ${process.version}`));
      const ids = await page.locator('.scenario').evaluateAll((all) => all.map(({ id }) => id));
      assert.equal(new Set(ids).size, ids.length);
      await page.fill('input[name=text]', 'nothing has this name');
      await page.evaluate(`location.hash = '#a-text-message-is-indicated'`);
      const target = page.locator('#a-text-message-is-indicated');
      await target.locator('.body').waitFor({ state: 'visible' });
      assert.equal(await target.locator('.file a').getAttribute('href'), '#a-text-message-is-indicated');
    }),
  );

  itWith(chromium(), 'is printed on A4 without its controls and with all columns', (executable) =>
    inBrowser(executable, async (page) => {
      await page.fill('input[name=text]', 'a text message is indicated');
      await page.click('button[data-open=true]');
      // A4 within margins of 12 mm, at 96 dots an inch.
      await page.setViewportSize({ width: 703, height: 1032 });
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('.filters').isVisible(), false);
      assert.ok(await page.locator('.verdict').isVisible());
      const right = await page.evaluate(`Math.max(...[...document.querySelectorAll(
        '.scenario:not([hidden]) :is(td, th, .evidence, .ids)')].map((each) => each.getBoundingClientRect().right))`);
      assert.ok((right as number) <= 703, String(right));
      for (const part of ['.ids', '.evidence']) {
        assert.ok(await page.locator(`.scenario:not([hidden]) ${part}`).first().isVisible(), part);
      }
      const columns =
        await page.evaluate(`new Set([...document.querySelectorAll('.scenario:not([hidden]) .lanes .row td')]
        .map((cell) => cell.getBoundingClientRect()).filter(({ width }) => width > 0).map(({ x }) => Math.round(x))).size`);
      assert.equal(columns, 8);
      assert.ok((await page.pdf({ preferCSSPageSize: true, pageRanges: '1-2' })).length > 10_000);
    }),
  );
});
