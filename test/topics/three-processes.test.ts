import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { connect } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import type { RelayCounters } from '../../lib/topics/index.js';
import { leavesNothing } from '../support/leaks.js';
import { CLIENTS, Engine } from './engines.js';
import type { ClientName } from './engines.js';

const SUBSCRIBERS = 1000;
const SERVERS = 3;
/** Messages of each server in each of three phases: before, while and after the engine is away. */
const MESSAGES = 20;

interface Note {
  readonly event?: 'ready' | 'up' | 'down';
  readonly port?: number;
  readonly counters?: RelayCounters;
  readonly subscribers?: number;
}

/** One server in a process of its own. */
class ServerProcess {
  readonly #child: ChildProcess;
  readonly #notes: Note[] = [];
  #wake: () => void = () => undefined;

  constructor(client: ClientName, port: number) {
    this.#child = fork(path.join(__dirname, 'server-process.js'), [client, String(port)]);
    this.#child.on('message', (note: Note) => {
      this.#notes.push(note);
      this.#wake();
    });
  }

  async next(isWanted: (note: Note) => boolean): Promise<Note> {
    for (;;) {
      const index = this.#notes.findIndex(isWanted);
      if (index >= 0) return this.#notes.splice(index, 1)[0]!;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  ask(question: object): Promise<Note> {
    this.#child.send(question);
    return this.next(({ counters }) => counters !== undefined);
  }

  end(): Promise<unknown> {
    const exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    return exit;
  }
}

for (const name of ['redis', 'nats'] as const) {
  describe(`three servers in three processes, joined by ${name}`, function () {
    this.timeout(120_000);
    leavesNothing();

    it(`serve ${SUBSCRIBERS} subscribers, and say what is lost while the engine is away`, async function () {
      const { program } = CLIENTS[name];
      if (!Engine.isInstalled(program)) this.skip();
      const engine = new Engine(program);
      await engine.start();
      const servers = Array.from({ length: SERVERS }, () => new ServerProcess(name, engine.port));
      const ports: number[] = [];
      for (const server of servers) ports.push((await server.next(({ event }) => event === 'ready')).port!);

      /** What each subscriber got: how many messages of each server and phase, which are in order. */
      const clients: Connection[] = [];
      const got: Map<string, number>[] = [];
      let total = 0;
      for (let index = 0; index < SUBSCRIBERS; index++) {
        const client = await connect(`ws://127.0.0.1:${ports[index % SERVERS]}/`);
        const counts = new Map<string, number>();
        client.on('message', (message) => {
          const [sender, phase, number] = (message as string).split(' ');
          const key = `${sender} ${phase}`;
          assert.equal(Number(number), counts.get(key) ?? 0, 'in order');
          counts.set(key, Number(number) + 1);
          total++;
        });
        clients.push(client);
        got.push(counts);
      }
      const until = async (count: number): Promise<void> => {
        while (total < count) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      const publish = (phase: string): Promise<Note[]> =>
        Promise.all(
          servers.map((server, index) => server.ask({ publish: MESSAGES, prefix: `${index} ${phase}` })),
        );
      const all = async (event: Note['event']): Promise<void> => {
        await Promise.all(servers.map((server) => server.next((note) => note.event === event)));
      };
      await all('up');

      await publish('before');
      const toAll = SERVERS * MESSAGES * SUBSCRIBERS;
      const local = MESSAGES * SUBSCRIBERS;
      await until(toAll);
      await engine.kill();
      await all('down');
      await publish('meanwhile');
      await until(toAll + local);
      await engine.start();
      await all('up');
      await publish('after');
      await until(2 * toAll + local);

      const notes = await Promise.all(servers.map((server) => server.ask({})));
      assert.equal(total, 2 * toAll + local);
      for (const [index, counts] of got.entries()) {
        for (let sender = 0; sender < SERVERS; sender++) {
          assert.equal(counts.get(`${sender} before`), MESSAGES);
          assert.equal(counts.get(`${sender} meanwhile`), sender === index % SERVERS ? MESSAGES : undefined);
          assert.equal(counts.get(`${sender} after`), MESSAGES);
        }
      }
      assert.equal(
        notes.reduce((sum, { subscribers }) => sum + subscribers!, 0),
        SUBSCRIBERS,
      );
      for (const { counters } of notes) {
        assert.deepEqual(counters, {
          sent: 2 * MESSAGES,
          unsent: MESSAGES,
          received: (SERVERS - 1) * 2 * MESSAGES,
          lost: (SERVERS - 1) * MESSAGES,
          again: 0,
          malformed: 0,
          newer: 0,
        });
      }
      for (const client of clients) client.terminate();
      await Promise.all(clients.map(({ closed }) => closed));
      await Promise.all(servers.map((server) => server.end()));
      await engine.end();
    });
  });
}
