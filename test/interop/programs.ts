/** Finds programs of other people on this machine. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The path of a program, or the reason for skipping its test. */
export type Found = { readonly path: string } | { readonly missing: string };

/** Whether a program of Debian is here and can be started: Wine shows the files of Debian and cannot start them. */
export function isInstalled(file: string): boolean {
  return process.platform !== 'win32' && existsSync(file);
}

/** A program of a Debian package. */
export function debian(file: string, name: string): Found {
  return isInstalled(file)
    ? { path: file }
    : { missing: `${path.basename(file)} is not installed (Debian: ${name})` };
}

export function chromium(): Found {
  const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = candidates.find(isInstalled);
  return found === undefined ? { missing: 'Chromium is not installed (Debian: chromium)' } : { path: found };
}

export function pythonWebsockets(): Found {
  const python = '/usr/bin/python3';
  const { status } = spawnSync(python, ['-c', 'import websockets']);
  return status === 0
    ? { path: python }
    : { missing: "Python's websockets is not installed (Debian: python3-websockets)" };
}

/** Node's own WebSocket. Node 22 always has it; from Node 20.10 it needs a flag. */
export function nodeWebSocketFlags(): readonly string[] {
  return Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-websocket'] : [];
}

export const PYTHON_PEER = path.resolve(__dirname, '../../../test/interop/python-peer.py');

/** `it`, or a skipped test whose title names the missing program. */
export function itWith(found: Found, title: string, test: (path: string) => Promise<void>): void {
  if ('missing' in found) it.skip(`${title}: ${found.missing}`);
  else it(title, () => test(found.path));
}
