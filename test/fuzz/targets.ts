import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { connectionTarget } from './connections.js';
import { frameTarget } from './frames.js';
import { clientHandshake, extensionOffer, serverHandshake } from './handshakes.js';
import type { Target } from './target.js';

export const CORPUS = path.join(__dirname, '..', '..', '..', 'test', 'fuzz', 'corpus');

export const TARGETS: readonly Target[] = [
  frameTarget('server'),
  frameTarget('client'),
  serverHandshake,
  clientHandshake,
  extensionOffer,
  connectionTarget('server', false),
  connectionTarget('client', false),
  connectionTarget('server', true),
  connectionTarget('client', true),
];

/** The seeds of the target, and the findings of earlier runs. */
export function corpusOf({ name, seeds }: Target): Buffer[] {
  const folder = path.join(CORPUS, name);
  const found = existsSync(folder)
    ? readdirSync(folder).map((file) => readFileSync(path.join(folder, file)))
    : [];
  return [...seeds, ...found];
}
