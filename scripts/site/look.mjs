// Looks at the built site in Chromium: at the widths of a desktop and of a telephone, in the light and in the dark
// scheme. A page must not scroll sideways, and axe-core must find nothing. It leaves pictures in .cache/site-pictures.
/* global document, window -- of the page, where the functions given to `evaluate` run */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

import { repository } from '../win32/paths.mjs';
import { OUT } from './typedoc.mjs';

const PICTURES = path.join(repository, '.cache', 'site-pictures');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const WIDTHS = [1280, 400];
const SCHEMES = ['light', 'dark'];
/** These pages are photographed. */
const PICTURED = [
  'index',
  'docs/options',
  'docs/errors',
  'docs/connections',
  'docs/guides/frameworks',
  'classes/websocket-protocol-component.Connection',
  'interfaces/websocket-protocol-component.ConnectOptions',
];

/** All pages of documents, and the first page of each other kind: the others are made alike. */
function pagesToJudge() {
  const seen = new Set();
  return readdirSync(OUT, { recursive: true })
    .filter((name) => name.endsWith('.html'))
    .sort()
    .filter((name) => {
      const kind = path.dirname(name);
      if (kind === '.' || kind.startsWith('docs') || PICTURED.includes(name.slice(0, -5))) return true;
      if (seen.has(kind)) return false;
      return seen.add(kind);
    });
}

/** What axe-core finds: on the pictured pages always, and on the others once for each scheme. */
async function violationsOf(page, name, width, scheme) {
  const isPictured = PICTURED.includes(name.slice(0, -5));
  const isOnce = (width === WIDTHS[0] && scheme === 'light') || (width === WIDTHS[1] && scheme === 'dark');
  if (!isPictured && !isOnce) return [];
  await page.addScriptTag({ path: AXE });
  return (await page.evaluate(() => globalThis.axe.run(document))).violations;
}

async function judge(page, name, width, scheme) {
  const faults = [];
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.goto(pathToFileURL(path.join(OUT, name)).href);
  await page.waitForFunction(() => document.body.style.display !== 'none');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) faults.push(`scrolls sideways by ${wide} pixels`);
  const violations = await violationsOf(page, name, width, scheme);
  for (const { id, help, nodes } of violations)
    faults.push(`axe: ${id}: ${help}: ${nodes.length} times, such as ${nodes[0].html.slice(0, 160)}`);
  if (PICTURED.includes(name.slice(0, -5))) {
    const file = `${name.slice(0, -5).replaceAll('/', '_')}-${width}-${scheme}.png`;
    await page.screenshot({ path: path.join(PICTURES, file) });
  }
  return faults;
}

/** @returns how many looks passed, and the faults of the others. */
export async function look(names = pagesToJudge()) {
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const faults = [];
  let passed = 0;
  const lookIn = async (scheme) => {
    const page = await browser.newPage();
    for (const name of names)
      for (const width of WIDTHS) {
        const found = await judge(page, name, width, scheme);
        if (found.length === 0) passed++;
        for (const fault of found) faults.push(`${name} at ${width}, ${scheme}: ${fault}`);
      }
  };
  try {
    // The schemes at the same time: each has a process of the browser.
    await Promise.all(SCHEMES.map(lookIn));
  } finally {
    await browser.close();
  }
  return { passed, faults };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  const { passed, faults } = await look(names.length === 0 ? undefined : names);
  for (const fault of faults) console.error(fault);
  console.log(`${passed} passed, ${faults.length} failed`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
