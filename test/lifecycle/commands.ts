/** Actions of real peers and real programs, as commands of fast-check's model runs. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Connection } from '../../lib/index.js';
import { FRAMES } from './peers.js';
import type { FrameName, Peer, PeerKind } from './peers.js';
import { READERS } from './world.js';
import type { Decision, Reader, World } from './world.js';

/** The data that the model needs: the number of peers, the state of each, and whether the server closes. */
export interface Model {
  readonly peers: { kind: PeerKind; state: 'dialled' | 'asked' | 'gone'; path: string; isReset?: boolean }[];
  isClosing: boolean;
}

type Command = fc.AsyncCommand<Model, World>;

/** Picks one of the fitting peers by an arbitrary number. */
function pick(model: Model, number: number, fits: (peer: Model['peers'][number]) => boolean): number {
  const fitting = model.peers.flatMap((peer, index) => (fits(peer) ? [index] : []));
  return fitting.length === 0 ? -1 : fitting[number % fitting.length]!;
}

abstract class OfPeer implements Command {
  constructor(protected readonly number: number) {}

  protected abstract fits(peer: Model['peers'][number]): boolean;
  protected abstract act(model: Model, world: World, index: number, peer: Peer): Promise<void> | void;

  check(model: Readonly<Model>): boolean {
    return pick(model, this.number, this.fits) >= 0;
  }

  async run(model: Model, world: World): Promise<void> {
    const index = pick(model, this.number, this.fits);
    await this.act(model, world, index, world.peers[index]!);
    await world.exchange();
  }
}

class Dial implements Command {
  constructor(private readonly kind: PeerKind) {}
  check = (model: Readonly<Model>): boolean => !model.isClosing && model.peers.length < 12;
  async run(model: Model, world: World): Promise<void> {
    world.dial(this.kind);
    model.peers.push({ kind: this.kind, state: 'dialled', path: '' });
    await world.exchange();
  }
  toString = (): string => `dial(${this.kind})`;
}

/** The decision that a request asks for, and the statuses that may answer it. */
const ANSWERS: Readonly<Record<string, readonly number[]>> = {
  accept: [101, 200],
  refuse: [403],
  throw: [500],
  reject: [500],
  nonsense: [500],
  'path-throws': [500],
  'bad-header': [500],
  gate: [],
  never: [],
};

let serial = 0;

class Ask extends OfPeer {
  constructor(
    number: number,
    private readonly kind: string,
    private readonly reader: Reader,
    private readonly early: readonly FrameName[],
    private readonly isLast: boolean,
  ) {
    super(number);
  }
  protected fits = (peer: Model['peers'][number]): boolean =>
    peer.state === 'dialled' && peer.kind === 'proper';
  protected async act(model: Model, world: World, index: number, peer: Peer): Promise<void> {
    const path = `/${this.kind}/${++serial}?reader=${this.reader}`;
    model.peers[index]!.path = path;
    model.peers[index]!.state = this.isLast ? 'gone' : 'asked';
    peer.ask(path, Buffer.concat(this.early.map((name) => FRAMES[name])), this.isLast);
    const expected = ANSWERS[this.kind]!;
    if (expected.length === 0 || model.isClosing) return;
    await peer.until(() => peer.status !== undefined, 'no answer');
    if (this.isLast) {
      // No answer is due to a peer that has ended its half with its request. Over HTTP/2 the server knows this before
      // it answers.
      if (world.transport.startsWith('h2') && this.early.length === 0) {
        await world.exchange();
        assert.ok(!world.handled.includes(path), `a handler ran for ${path}, which had ended`);
      }
      if (peer.status !== 0 && !expected.includes(peer.status!)) assert.fail(`answered ${peer.status}`);
      return;
    }
    assert.ok(expected.includes(peer.status!), `${path} was answered ${peer.status}`);
    if (expected[0] !== 500) return;
    const told = world.refused.find((one) => one.path === path);
    assert.ok(told?.cause instanceof Error, `the event refused has no cause for ${path}`);
  }
  override toString = (): string =>
    `ask(${this.number}, ${this.kind}, ${this.reader}, [${this.early.join()}]${this.isLast ? ', END' : ''})`;
}

class HalfARequest extends OfPeer {
  constructor(
    number: number,
    private readonly text: string,
  ) {
    super(number);
  }
  protected fits = (peer: Model['peers'][number]): boolean => peer.state === 'dialled';
  protected act(model: Model, _: World, index: number, peer: Peer): void {
    model.peers[index]!.state = 'gone';
    peer.write(Buffer.from(this.text));
  }
  override toString = (): string => `half(${this.number}, ${JSON.stringify(this.text)})`;
}

class Write extends OfPeer {
  constructor(
    number: number,
    private readonly name: FrameName,
  ) {
    super(number);
  }
  protected fits = (peer: Model['peers'][number]): boolean => peer.state === 'asked';
  protected act(_: Model, __: World, ___: number, peer: Peer): void {
    peer.write(FRAMES[this.name]);
  }
  override toString = (): string => `write(${this.number}, ${this.name})`;
}

class Leave extends OfPeer {
  constructor(
    number: number,
    private readonly how: 'fin' | 'reset',
  ) {
    super(number);
  }
  protected fits = (peer: Model['peers'][number]): boolean => peer.state !== 'gone';
  protected async act(model: Model, world: World, index: number, peer: Peer): Promise<void> {
    model.peers[index]!.state = 'gone';
    peer[this.how]();
    const { path } = peer;
    if (!world.waits(path)) return;
    // The server notices the end of a peer while its request waits for a decision.
    if (this.how === 'reset' && world.transport.startsWith('h2'))
      await peer.until(() => peer.status === 0, 'reset');
    else if (this.how === 'reset') await peer.until(() => peer.isClosed, 'reset');
    for (let round = 0; round < 3; round++) await world.exchange();
    const handled = world.handled.length;
    world.decide(path, 'accept');
    await world.exchange();
    if (!model.isClosing)
      assert.equal(world.handled.length, handled, `a handler ran for ${path}, whose peer had gone`);
  }
  override toString = (): string => `leave(${this.number}, ${this.how})`;
}

class Decide implements Command {
  constructor(
    private readonly number: number,
    private readonly decision: Decision,
  ) {}
  #index(model: Readonly<Model>): number {
    return pick(model, this.number, ({ state, path }) => state === 'asked' && path.startsWith('/gate'));
  }
  check = (model: Readonly<Model>): boolean => !model.isClosing && this.#index(model) >= 0;
  async run(model: Model, world: World): Promise<void> {
    const peer = world.peers[this.#index(model)]!;
    if (peer.status === undefined && world.waits(peer.path)) {
      world.decide(peer.path, this.decision);
      await peer.until(() => peer.status !== undefined, 'no answer after the decision');
      // 503: the time for the decision was over.
      assert.ok([...ANSWERS[this.decision]!, 503].includes(peer.status!), `answered ${peer.status}`);
    }
    await world.exchange();
  }
  toString = (): string => `decide(${this.number}, ${this.decision})`;
}

const ACTS = {
  send: (connection: Connection) => void connection.send('from the server').catch(ignore),
  sendLarge: (connection: Connection) => void connection.send(Buffer.alloc(300_000, 1)).catch(ignore),
  sendParts: (connection: Connection) => void connection.send(['a', 'b', 'c']).catch(ignore),
  brokenParts: (connection: Connection) => void connection.send(broken()).catch(ignore),
  ping: (connection: Connection) => void connection.ping().catch(ignore),
  pause: (connection: Connection) => connection.pause(),
  resume: (connection: Connection) => connection.resume(),
  close: (connection: Connection) => void connection.close(1000, 'bye'),
  terminate: (connection: Connection) => connection.terminate(),
  cancel: (connection: Connection) =>
    void connection.messages({ signal: AbortSignal.abort() }).next().catch(ignore),
  destroy: (connection: Connection) =>
    connection.socket.destroy(new Error('the transport failed on purpose')),
} as const;
type Act = keyof typeof ACTS;

async function* broken(): AsyncGenerator<string> {
  yield 'first';
  await Promise.resolve();
  throw new Error('the source failed on purpose');
}

function ignore(): void {
  // The connection's end shows whether this worked.
}

class ProgramDoes implements Command {
  constructor(
    private readonly number: number,
    private readonly act: Act,
  ) {}
  check = (): boolean => true;
  async run(_: Model, world: World): Promise<void> {
    const { connections } = world;
    const connection = connections[this.number % Math.max(1, connections.length)];
    if (connection !== undefined) {
      ACTS[this.act](connection);
      if (this.act === 'close' || this.act === 'terminate') world.closed.add(connection);
    }
    await world.exchange();
  }
  toString = (): string => `program(${this.number}, ${this.act})`;
}

class Close implements Command {
  constructor(private readonly how: 'patient' | 'abort') {}
  check = (model: Readonly<Model>): boolean => !model.isClosing;
  async run(model: Model, world: World): Promise<void> {
    model.isClosing = true;
    await world.close(this.how === 'abort' ? AbortSignal.timeout(20) : undefined);
  }
  toString = (): string => `close(${this.how})`;
}

class BreakTransport implements Command {
  constructor(private readonly number: number) {}
  check = (): boolean => true;
  async run(_: Model, world: World): Promise<void> {
    const { connections } = world;
    const connection = connections[this.number % Math.max(1, connections.length)];
    if (connection?.state === 'open')
      await world.breakTransport(connection, () => void connection.send('lost').catch(ignore));
    await world.exchange();
  }
  toString = (): string => `breakTransport(${this.number})`;
}

const number = fc.nat({ max: 11 });
const frameName = fc.constantFrom(...(Object.keys(FRAMES) as FrameName[]));

/** Sequences of up to `size` commands. */
export function sequences(size: number): fc.Arbitrary<Iterable<Command>> {
  return fc.commands(
    [
      fc.constantFrom<PeerKind>('silent', 'proper', 'proper', 'proper').map((kind) => new Dial(kind)),
      fc.constantFrom<PeerKind>('proper').map((kind) => new Dial(kind)),
      fc
        .tuple(
          number,
          fc.constantFrom(...Object.keys(ANSWERS), 'accept', 'accept', 'accept', 'gate', 'gate'),
          fc.constantFrom(...READERS),
          fc.array(frameName, { maxLength: 2 }),
          fc.nat({ max: 7 }).map((value) => value === 0),
        )
        .map(([index, kind, reader, early, isLast]) => new Ask(index, kind, reader, early, isLast)),
      fc
        .tuple(
          number,
          fc.constantFrom('G', 'GET / HTTP/1.1\r\nHost: x\r\n', '\x16\x03\x01', 'PRI * HTTP/2.0\r\n', '\0\0'),
        )
        .map(([index, text]) => new HalfARequest(index, text)),
      fc.tuple(number, frameName).map(([index, name]) => new Write(index, name)),
      fc
        .tuple(number, fc.constantFrom<'fin' | 'reset'>('fin', 'reset'))
        .map(([index, how]) => new Leave(index, how)),
      fc
        .tuple(number, fc.constantFrom<Decision>('accept', 'accept', 'refuse', 'throw', 'nonsense'))
        .map(([index, decision]) => new Decide(index, decision)),
      fc
        .tuple(number, fc.constantFrom(...(Object.keys(ACTS) as Act[])))
        .map(([index, act]) => new ProgramDoes(index, act)),
      number.map((index) => new BreakTransport(index)),
      fc.constantFrom<'patient' | 'abort'>('patient', 'abort').map((how) => new Close(how)),
    ],
    { maxCommands: size, size: 'max' },
  );
}
