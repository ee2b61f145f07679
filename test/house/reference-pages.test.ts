/** The pages that are made of the sources: docs/options.md and docs/events.md. */
import { strict as assert } from 'node:assert';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { before, describe, it } from 'mocha';
import { CONNECTION_EVENTS } from '../../lib/connection/state/foreign-events.js';
import {
  ACCEPT_OPTIONS,
  ATTACH_OPTIONS,
  CLOSE_OPTIONS,
  CONNECT_OPTIONS,
  HTTP2_CONNECT_OPTIONS,
  LISTEN_OPTIONS,
  PUBLISH_OPTIONS,
} from '../../lib/opening/known-options.js';
import { readPage, ROOT } from '../support/pages.js';

interface Row {
  readonly name: string;
  readonly default: string | undefined;
  readonly interface: string | undefined;
  readonly takers: readonly string[];
}

interface Scripts {
  makePages(options: { check: boolean }): string[];
  collectOptions(declarations?: unknown): Row[];
  collectEvents(declarations?: unknown): { heading: string; rows: { name: string }[] }[];
  Declarations: new () => { optionInterfaces(): { name: { text: string } }[] };
}

/** Options of functions that programs do not call, of the inner classes of the drop-in, and of the web's `addEventListener`. */
const INTERNAL = [
  ...['PatienceOptions', 'PaceOptions', 'SessionOptions', 'ActionLoopOptions'],
  ...['PerMessageDeflateClassOptions', 'ReceiverOptions', 'SenderOptions', 'FrameOptions'],
  ...['ListenerOptions', 'EventListenerOptions'],
];

const script = async (file: string): Promise<Scripts> =>
  (await import(pathToFileURL(path.join(ROOT, 'scripts', file)).href)) as Scripts;

describe('the pages that are made of the sources', function () {
  // The compiler reads all sources.
  this.timeout(60_000);
  let scripts: Scripts;
  let rows: Row[];

  before(async () => {
    scripts = {
      ...(await script('reference-pages.mjs')),
      ...(await script('reference/options.mjs')),
      ...(await script('reference/events.mjs')),
      ...(await script('reference/program.mjs')),
    };
    rows = scripts.collectOptions();
  });

  it('are up to date, and every option and event is documented', () => {
    assert.deepEqual(scripts.makePages({ check: true }), []);
  });

  for (const [where, known] of [
    ['connect', CONNECT_OPTIONS],
    ['connectHttp2', HTTP2_CONNECT_OPTIONS],
    ['listen', LISTEN_OPTIONS],
    ['listenHttp2', LISTEN_OPTIONS],
    ['attach', ATTACH_OPTIONS],
    ['attachHttp2', ATTACH_OPTIONS],
    ['accept', ACCEPT_OPTIONS],
    ['server.publish', PUBLISH_OPTIONS],
    ['server.close', CLOSE_OPTIONS],
  ] as const)
    it(`have the options that ${where} takes, and no others`, () => {
      const names = rows.filter(({ name, takers }) => takers.includes(where) && !name.includes('.'));
      assert.deepEqual(names.map(({ name }) => name).sort(), Object.keys(known).sort());
    });

  it('have the options of every exported interface of options', () => {
    const shown = new Set(rows.map((row) => row.interface));
    const missing = new scripts.Declarations()
      .optionInterfaces()
      .map(({ name }) => name.text)
      // An interface without members of its own, such as one that extends others, has no rows.
      .filter((name) => !shown.has(name) && !INTERNAL.includes(name));
    assert.deepEqual(missing, []);
  });

  it('have the events that a connection knows', () => {
    const [connection] = scripts.collectEvents();
    assert.deepEqual(
      connection!.rows.map(({ name }) => name),
      CONNECTION_EVENTS.events,
    );
  });
});

describe('docs/limits.md', function () {
  this.timeout(60_000);
  let rows: Row[];

  before(async () => {
    rows = (await script('reference/options.mjs')).collectOptions();
  });

  it('has the defaults of the sources, and errors that are on the page of errors', () => {
    const [ours, dropIn] = readPage('docs/limits.md').split('## The drop-in');
    const errors = new Set([...readPage('docs/errors.md').matchAll(/^### (.*)$/gm)].map(([, code]) => code));
    let count = 0;
    for (const [page, isDropIn] of [
      [ours, false],
      [dropIn, true],
    ] as const) {
      for (const [line, , option, value] of page!.matchAll(/^\| ([^|]*) \| `([\w.]+)` \| ([^|]*) \|/gm)) {
        count++;
        const found = rows.filter(
          ({ name, takers }) => name === option && takers.some((one) => one.startsWith('ws ')) === isDropIn,
        );
        assert.notEqual(found.length, 0, option);
        const plain = /^\d/.test(value!) ? value : value === 'none' ? '(?:0|no limit)' : '(?:as node:net|.*)';
        // The time for a pong is that of the interval, unless it is given.
        const pattern =
          option === 'keepAlive.timeout' ? /the interval/ : new RegExp(`(?:^|, )${plain}(?![0-9])`);
        assert.ok(
          found.some(({ default: known = '' }) => pattern.test(known)),
          `${line}: ${JSON.stringify(found.map((one) => one.default))}`,
        );
      }
      for (const [, code] of page!.matchAll(/`(ERR_\w+)`/g)) assert.ok(errors.has(code), code);
    }
    assert.ok(count > 20, String(count));
  });
});
