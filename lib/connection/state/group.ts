/**
 * Connections that share their settings: those of a server, or those that clients opened with equal options.
 * They are linked through themselves, so membership costs two references and no table. One timer a group looks
 * after all of them; it runs only while the group has members and keeps no process alive.
 */
import { rethrowLater } from './emitter.js';
import type { Settings } from './options.js';

export const next: unique symbol = Symbol('next');
export const previous: unique symbol = Symbol('previous');
export const sweep: unique symbol = Symbol('sweep');

/** What a group needs of its members. */
export interface Member<T> {
  [next]: T | null;
  [previous]: T | null;
  /** Called once a period while the member belongs to the group. */
  [sweep](period: number): void;
}

export class Group<T extends Member<T>> {
  readonly settings: Settings;
  /** Milliseconds between two looks at each member, 0 for none. */
  readonly #period: number;
  #first: T | null = null;
  #size = 0;
  #timer: NodeJS.Timeout | null = null;
  /** What made the timer. A test runner replaces the function; a timer of a fake stops with the fake. */
  #setInterval: typeof setInterval | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(settings: Settings) {
    this.settings = settings;
    const { keepAlive } = settings;
    this.#period = keepAlive === null ? 0 : Math.min(keepAlive.interval, keepAlive.timeout);
  }

  get size(): number {
    return this.#size;
  }

  add(member: T): void {
    const first = this.#first;
    member[next] = first;
    if (first !== null) first[previous] = member;
    this.#first = member;
    this.#size++;
    if (this.#period !== 0 && this.#setInterval !== setInterval) this.#start();
  }

  #start(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#setInterval = setInterval;
    this.#timer = setInterval(sweepAll, this.#period, this, this.#period);
    // Where timers are numbers (Electron's renderer, jsdom) nothing has to be told to let the process end.
    if (typeof this.#timer === 'object') this.#timer.unref();
  }

  delete(member: T): void {
    const after = member[next];
    const before = member[previous];
    if (after !== null) after[previous] = before;
    if (before !== null) before[next] = after;
    else this.#first = after;
    member[next] = null;
    member[previous] = null;
    this.#size--;
    if (this.#size !== 0) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#setInterval = null;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Resolves when there is no member any more. */
  whenEmpty(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** The members at this moment. */
  members(): T[] {
    const members: T[] = [];
    for (let member = this.#first; member !== null; member = member[next]) members.push(member);
    return members;
  }
}

/** Groups of connections that were opened without one: equal settings share theirs. */
export class LooseGroups<T extends Member<T>> {
  readonly #groups = new Map<string, Group<T>>();

  groupOf(settings: Settings): Group<T> {
    const key = JSON.stringify(settings, (_, value: unknown) => (value === Infinity ? 'none' : value));
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(settings);
      // One group for each set of options is a few; a program that makes up options gets groups of one.
      if (this.#groups.size < 64) this.#groups.set(key, group);
    }
    return group;
  }
}

function sweepAll<T extends Member<T>>(group: Group<T>, period: number): void {
  for (const member of group.members()) {
    try {
      member[sweep](period);
    } catch (error) {
      // One member's error must not keep the others from being looked at.
      rethrowLater(error);
    }
  }
}
