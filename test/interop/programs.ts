/** Other people's programs, where this machine has them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A program's path, or the sentence that says why a test of it is skipped. */
export type Found = { readonly path: string } | { readonly missing: string };

export function chromium(): Found {
  const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = candidates.find((candidate) => existsSync(candidate));
  return found === undefined ? { missing: 'Chromium is not installed (Debian: chromium)' } : { path: found };
}

export function pythonWebsockets(): Found {
  const python = '/usr/bin/python3';
  const { status } = spawnSync(python, ['-c', 'import websockets']);
  return status === 0
    ? { path: python }
    : { missing: "Python's websockets is not installed (Debian: python3-websockets)" };
}

/** Node's own WebSocket: always there from Node 22, behind a flag from 20.10. */
export function nodeWebSocketFlags(): readonly string[] {
  return Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-websocket'] : [];
}

export const PYTHON_PEER = path.resolve(__dirname, '../../../test/interop/python-peer.py');

/** `it`, or a skipped test whose title says what is missing. */
export function itWith(found: Found, title: string, test: (path: string) => Promise<void>): void {
  if ('missing' in found) it.skip(`${title}: ${found.missing}`);
  else it(title, () => test(found.path));
}
