/** puppeteer-core with its `ws` redirected, driving the Chromium that the first argument names. */
import { load, report } from './redirected.js';

interface Page {
  setContent(html: string): Promise<void>;
  click(selector: string): Promise<void>;
  evaluate(script: string): Promise<unknown>;
  screenshot(): Promise<Uint8Array>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
  wsEndpoint(): string;
}

const puppeteer = load('puppeteer-core') as { launch(options: object): Promise<Browser> };

report(async () => {
  const did: unknown[] = [];
  const browser = await puppeteer.launch({
    executablePath: process.argv[2],
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  did.push(new URL(browser.wsEndpoint()).protocol);
  const page = await browser.newPage();
  await page.setContent('<button onclick="this.textContent = `clicked`">click</button>');
  await page.click('button');
  did.push(await page.evaluate("document.querySelector('button').textContent"));
  did.push(((await page.evaluate("'x'.repeat(5_000_000)")) as string).length);
  const screenshot = await page.screenshot();
  did.push(Buffer.from(screenshot).toString('latin1', 1, 4));
  await browser.close();
  return did;
});
