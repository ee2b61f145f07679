/** Groups of connections that were made without one: equal settings share theirs. */
import type { Connection } from './connection.js';
import { Group } from './state/group.js';
import type { Settings } from './state/options.js';

const groups = new Map<string, Group<Connection>>();

export function groupOf(settings: Settings): Group<Connection> {
  const key = JSON.stringify(settings, (_, value: unknown) => (value === Infinity ? 'none' : value));
  let group = groups.get(key);
  if (group === undefined) {
    group = new Group(settings);
    // One group for each set of options is a few; a program that makes up options gets groups of one.
    if (groups.size < 64) groups.set(key, group);
  }
  return group;
}
