// The events of every class with their arguments: docs/events.md.
import { cell, Declarations, isOwn, textOf, typeOf } from './program.mjs';

/** The classes with events: the heading, the sentence below it, the file and the interface of the events. */
const CLASSES = [
  [
    '`Connection`',
    'Of `connect`, of a handler, of the event `connection`.',
    'lib/connection/state/types.ts',
    'ConnectionEvents',
  ],
  [
    '`Server`',
    'Of `listen`, `attach`, `listenHttp2`, `attachHttp2`.',
    'lib/opening/server.ts',
    'ServerEvents',
  ],
  [
    '`connections`',
    'Of the object that `connections(url)` returns.',
    'lib/opening/connections.ts',
    'ConnectionsEvents',
  ],
  [
    '`Relay`',
    'Of `relay(server, transport)` of `websocket-protocol-component/topics`.',
    'lib/topics/relay.ts',
    'RelayEvents',
  ],
  [
    "The web's `WebSocket`",
    'An `EventTarget`: a listener gets one event object.',
    'lib/web/websocket.ts',
    'WebSocketEventMap',
  ],
  [
    '`WebSocket` of the drop-in',
    'Of `websocket-protocol-component/ws`, as in `ws` 8.',
    'lib/ws/socket-events.ts',
    'SocketEvents',
  ],
  [
    '`WebSocketServer` of the drop-in',
    'Of `websocket-protocol-component/ws`, as in `ws` 8.',
    'lib/ws/server-options.ts',
    'ServerEvents',
  ],
];

/** `(connection: Connection, request: IncomingMessage)` of a tuple with names; the type itself for an event object. */
function argumentsOf(declaration) {
  const type = typeOf(declaration)
    .replace(/\breadonly /g, '')
    // The type parameters of the drop-in, which programs seldom give.
    .replaceAll('InstanceType<S>', 'WebSocket')
    .replaceAll('InstanceType<R>', 'IncomingMessage');
  return type.startsWith('[') ? `(${type.slice(1, -1)})` : `(event: ${type})`;
}

/** The classes, with the rows of their tables. */
export function collectEvents(declarations = new Declarations()) {
  return CLASSES.map(([heading, sentence, file, name]) => ({
    heading,
    sentence,
    name,
    rows: declarations.members(declarations.exported(file, name)).map((member) => {
      const declaration = member.declarations.find(isOwn);
      return {
        name: member.name,
        args: argumentsOf(declaration),
        meaning: textOf(declaration),
        shapes: declarations.shapesIn(declaration),
      };
    }),
  }));
}

/** A list of the objects that listeners get. */
function shapesOf(rows) {
  const shapes = new Map(rows.flatMap((row) => [...row.shapes]));
  if (shapes.size === 0) return '';
  return `\n${[...shapes].map(([name, shape]) => `- \`${name}\` is \`${shape}\`.`).join('\n')}\n`;
}

/** @returns the page, and the faults of the documentation comments that it is made of. */
export function eventsPage(declarations = new Declarations()) {
  const classes = collectEvents(declarations);
  const faults = classes.flatMap(({ name: owner, rows }) =>
    rows.filter(({ meaning }) => meaning === '').map(({ name }) => `${owner}.${name} has no description`),
  );
  const sections = classes.map(
    ({ heading, sentence, rows }) => `## ${heading}

${sentence}

| event | arguments of the listener | when |
|---|---|---|
${rows.map(({ name, args, meaning }) => `| \`${name}\` | \`${cell(args)}\` | ${cell(meaning)} |`).join('\n')}
${shapesOf(rows)}`,
  );
  const page = `# Events

Every event with the arguments of its listeners, from the documentation comments of the sources. \`npm run docs:options\` makes this page, and
\`test/house/reference-pages.test.ts\` fails while it is not up to date.

A listener for an event that a class does not have is the process warning \`WSPC_UNKNOWN_EVENT\`. An exception of a listener is an uncaught
exception; the connection, the server or the loop goes on. \`for await\` needs no events at all ([connections.md](connections.md#readers)).
\`node:diagnostics_channel\` tells of all connections of a process ([Watching](connections.md#watching)).

${sections.join('\n')}`;
  return { page, faults };
}
