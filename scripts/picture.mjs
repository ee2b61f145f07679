// npm run docs:picture: draws the rooms of lib/ and the imports between them, and writes the picture into
// docs/internals.md. With `--check` it writes nothing, and fails if the picture there is out of date.
//
// A room is a folder with sources. lib/component is divided, since its files are on three floors. An arrow is an
// import, type-only imports included. An arrow is left out if other arrows lead from one room to the other, too.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { repository } from './win32/paths.mjs';

const page = path.join(repository, 'docs/internals.md');
const BEGIN = '<!-- picture: made by `npm run docs:picture` -->';
const END = '<!-- end of the picture -->';

/** The files of lib/component by floor. The backends share all other files. */
const FLOORS = {
  'lib/component/index.ts': 'component/index',
  'lib/component/contract.ts': 'component/contract',
  'lib/component/errors.ts': 'component/errors',
  'lib/component/diagnostics.ts': 'component/errors',
  'lib/component/not-options.ts': 'component/errors',
};

function roomOf(file) {
  if (file === 'lib/index.ts') return 'index.ts';
  if (FLOORS[file] !== undefined) return FLOORS[file];
  const folder = path.posix.dirname(file).slice('lib/'.length);
  if (folder === 'component') return 'component, shared';
  // The pipeline and its HTTP/1.1 transport call each other.
  if (folder === 'opening' || folder === 'opening/http1') return 'opening, http1';
  // Each of these is one room, however many folders it has.
  const [, whole] = /^(parity|cli|vendor|connection\/codec)(\/|$)/.exec(folder) ?? [];
  return whole ?? folder;
}

/** For each room, the rooms that it imports. */
function imports() {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [
      path.join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'lib'],
    ],
    { cwd: repository, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (stdout === '') throw new Error(`dependency-cruiser ended with ${status}: ${stderr}`);
  const rooms = new Map();
  for (const { source, dependencies } of JSON.parse(stdout).modules) {
    if (!source.startsWith('lib/')) continue;
    const from = roomOf(source);
    if (!rooms.has(from)) rooms.set(from, new Set());
    for (const { resolved } of dependencies) {
      if (resolved.startsWith('lib/') && roomOf(resolved) !== from) rooms.get(from).add(roomOf(resolved));
    }
  }
  return rooms;
}

/** The rooms that a room reaches, directly or through others. */
function reach(rooms, room) {
  const reached = new Set();
  const waiting = [...rooms.get(room)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...rooms.get(next));
  }
  return reached;
}

function draw() {
  const rooms = imports();
  const reached = new Map([...rooms.keys()].map((room) => [room, reach(rooms, room)]));
  const names = [...rooms.keys()].sort();
  const id = (room) => room.replace(/\W+/g, '_');
  const groups = new Map();
  for (const room of names) {
    const [group] = room.split(/[/,]/);
    const isGroup = names.some((other) => other !== room && other.split(/[/,]/)[0] === group);
    const key = isGroup ? group : '';
    groups.set(key, [...(groups.get(key) ?? []), room]);
  }
  const lines = ['flowchart TD'];
  for (const [group, members] of groups) {
    const nodes = members.map((room) => `  ${id(room)}["${room}"]`);
    if (group === '') lines.push(...nodes);
    else
      lines.push(`  subgraph ${group}_rooms["lib/${group}"]`, ...nodes.map((node) => `  ${node}`), '  end');
  }
  for (const room of names) {
    const targets = [...rooms.get(room)].sort();
    for (const target of targets) {
      const isImplied = targets.some(
        (other) => other !== target && reached.get(other).has(target) && !reached.get(other).has(room),
      );
      if (!isImplied) lines.push(`  ${id(room)} --> ${id(target)}`);
    }
  }
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``;
}

const text = readFileSync(page, 'utf8');
const begin = text.indexOf(BEGIN);
const end = text.indexOf(END);
if (begin < 0 || end < begin)
  throw new Error(`docs/internals.md has no place for the picture: ${BEGIN} … ${END}`);
const drawn = `${text.slice(0, begin)}${BEGIN}\n\n${draw()}\n\n${text.slice(end)}`;
if (!process.argv.includes('--check')) writeFileSync(page, drawn);
else if (drawn !== text) {
  console.error('The picture in docs/internals.md is not that of the sources: npm run docs:picture');
  process.exitCode = 1;
}
