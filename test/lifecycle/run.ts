/**
 * The life-cycle test: random interleavings of the actions of peers and programs, over each transport. After each the
 * server is closed. Then no promise, no socket, no timer, no listener and no starting handler may be left.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makeCertificate } from '../support/certificate.js';
import { sequences } from './commands.js';
import type { Model } from './commands.js';
import { TRANSPORTS } from './peers.js';
import type { Transport } from './peers.js';
import { isOwn, World } from './world.js';
import type { Certificate } from './world.js';

/** Resources of the process itself. All other resources must disappear with the server and its peers. */
const FOREIGN = new Set(['TTYWrap', 'PipeWrap', 'FSReqCallback', 'Immediate', 'TickObject', 'CloseReq']);

function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => !FOREIGN.has(name))
    .sort();
}

/** Errors that reached the process instead of their connection. */
const strays: unknown[] = [];

function onStray(error: unknown): void {
  // A handler that throws is a mistake of the program. It is reported like every unhandled rejection.
  if (!isOwn(error)) strays.push(error);
}

async function play(
  transport: Transport,
  certificate: Certificate,
  commands: Iterable<fc.AsyncCommand<Model, World>>,
): Promise<void> {
  const before = resources();
  strays.length = 0;
  const world = await World.open(transport, certificate);
  try {
    await fc.asyncModelRun(() => ({ model: { peers: [], isClosing: false }, real: world }), commands);
  } finally {
    if (!world.isClosing) {
      await world.ends();
      await world.close(undefined);
    }
    for (const peer of world.peers) peer.reset();
  }
  for (let turn = 0; turn < 4000 && resources().length > before.length; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(resources(), before, 'resources are left');
  assert.deepEqual(strays, [], 'errors that nobody caught');
}

/** The result of a run. */
export interface Outcome {
  readonly interleavings: number;
  readonly commands: number;
  /** The message of the first failure, shrunk; undefined if there was none. */
  readonly failure: string | undefined;
}

/**
 * @param time - milliseconds.
 * @param replay - the `path` of a failure: plays only that interleaving.
 */
export async function lifecycle(time: number, runs: number, seed: number, replay?: string): Promise<Outcome> {
  const certificate = await makeCertificate();
  let interleavings = 0;
  let count = 0;
  process.on('uncaughtException', onStray);
  process.on('unhandledRejection', onStray);
  try {
    const property = fc.asyncProperty(
      fc.constantFrom(...TRANSPORTS),
      sequences(30),
      async (transport, commands) => {
        interleavings++;
        const list = [...commands];
        count += list.length;
        await play(transport, certificate, commands);
      },
    );
    const details = await fc.check(property, {
      seed,
      numRuns: runs,
      interruptAfterTimeLimit: time,
      endOnFailure: true,
      includeErrorInReport: true,
      ...(replay === undefined ? {} : { path: replay }),
    });
    const failure = details.failed ? fc.defaultReportMessage(details) : undefined;
    return { interleavings, commands: count, failure };
  } finally {
    process.off('uncaughtException', onStray);
    process.off('unhandledRejection', onStray);
  }
}
