/**
 * Connections that share their settings: those of a server, or those that clients opened with equal options. The
 * members form a linked list, so membership costs two references and no table. Each group has one timer that checks all
 * its members. The timer runs only while the group has members, and keeps no process alive.
 */
import { Alarm } from './alarm.js';
import { rethrowLater } from './emitter.js';
import type { Settings } from './options.js';
import type { Topics } from './topics.js';

export const next: unique symbol = Symbol('next');
export const previous: unique symbol = Symbol('previous');
export const sweep: unique symbol = Symbol('sweep');

/** The fields and methods that a group needs of its members. */
export interface Member<T> {
  [next]: T | null;
  [previous]: T | null;
  /** Called once a period while the member belongs to the group. */
  [sweep](period: number): void;
}

/** What a group tells of its members. */
export interface GroupWatcher<T> {
  /** A member has left the group, because it has ended. */
  ended(member: T): void;
}

export class Group<T extends Member<T>> {
  readonly settings: Settings;
  /** The topics of the server whose connections these are; null if they belong to no server. */
  topics: Topics<T> | null = null;
  /** Told when a member has left; null for nobody. */
  watcher: GroupWatcher<T> | null = null;
  /** Milliseconds between two checks of each member, 0 for none. */
  readonly #period: number;
  #first: T | null = null;
  #size = 0;
  #alarm: Alarm | null = null;
  /**
   * The function that made the timer. A test runner may replace `setInterval`, and a fake's timers stop with the fake.
   */
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
    this.#alarm?.stop();
    this.#setInterval = setInterval;
    this.#alarm = Alarm.every(this.#period, () => sweepAll(this, this.#period));
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
    this.topics?.leave(member);
    this.watcher?.ended(member);
    if (this.#size !== 0) return;
    this.#alarm?.stop();
    this.#alarm = null;
    this.#setInterval = null;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Resolves when the group has no members any more. */
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

/** The groups of connections that belong to no server: connections with equal settings share a group. */
export class LooseGroups<T extends Member<T>> {
  readonly #groups = new Map<string, Group<T>>();

  groupOf(settings: Settings): Group<T> {
    const key = JSON.stringify(settings, (_, value: unknown) => (value === Infinity ? 'none' : value));
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(settings);
      // Most programs use few sets of options. A program that uses many different ones gets a group for each
      // connection.
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
      // An error of one member must not keep the others from being checked.
      rethrowLater(error);
    }
  }
}
