// Every option of every function, in one table: docs/options.md.
import { cell, Declarations, firstSentence, tagOf, textOf, typeOf } from './program.mjs';

/** The functions that take options: the name on the page, the file, the export, and a method or `new`. */
const FUNCTIONS = [
  ['connect', 'lib/index.ts', 'connect'],
  ['connectHttp2', 'lib/index.ts', 'connectHttp2'],
  ['connections', 'lib/index.ts', 'connections'],
  ['WebSocket', 'lib/index.ts', 'WebSocket', 'new'],
  ['listen', 'lib/index.ts', 'listen'],
  ['listenHttp2', 'lib/index.ts', 'listenHttp2'],
  ['attach', 'lib/index.ts', 'attach'],
  ['attachHttp2', 'lib/index.ts', 'attachHttp2'],
  ['accept', 'lib/index.ts', 'accept'],
  ['new Connection', 'lib/index.ts', 'Connection', 'new'],
  ['ws client', 'lib/ws/websocket.ts', 'WebSocket', 'new'],
  ['ws server', 'lib/ws/server.ts', 'WebSocketServer', 'new'],
  ['WebSocketStream', 'lib/index.ts', 'WebSocketStream', 'new'],
  ['server.publish', 'lib/index.ts', 'Server', 'publish'],
  ['server.broadcast', 'lib/index.ts', 'Server', 'broadcast'],
  ['server.close', 'lib/index.ts', 'Server', 'close'],
  ...['send', 'ping', 'messages', 'messageStreams', 'close'].map((method) => [
    `connection.${method}`,
    'lib/index.ts',
    'Connection',
    method,
  ]),
  ['ws .send', 'lib/ws/websocket.ts', 'WebSocket', 'send'],
  ['prepare', 'lib/index.ts', 'prepare'],
  ['loadNative', 'lib/component/index.ts', 'loadNative'],
  ['recordTrace', 'lib/component/index.ts', 'recordTrace'],
  ['perMessageDeflate', 'lib/index.ts', 'perMessageDeflate'],
  ['createClientHandle', 'lib/component/index.ts', 'Component', 'createClientHandle'],
  ['createServerHandle', 'lib/component/index.ts', 'Component', 'createServerHandle'],
  ...['redis', 'ioredis', 'nats', 'threads'].map((name) => [name, 'lib/topics/index.ts', name]),
];

/** Short names for functions that take the same options. The first group that fits is taken out of a list. */
const GROUPS = [
  ['clients', ['connect', 'connectHttp2', 'connections', 'WebSocket']],
  ['HTTP/1.1 clients', ['connect', 'connections', 'WebSocket']],
  ['servers', ['listen', 'listenHttp2', 'attach', 'attachHttp2']],
];

const groupLine = ([group, members]) =>
  `- **${group}** are ${members
    .map((one) => `\`${one}\``)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1')}.`;

function takers(names) {
  let rest = [...names];
  const said = [];
  for (const [group, members] of GROUPS) {
    if (!members.every((one) => rest.includes(one))) continue;
    rest = rest.filter((one) => !members.includes(one));
    said.push(group);
  }
  return [...said, ...rest.map((one) => `\`${one}\``)].join(', ');
}

/** The rows of the table: an option that several functions take with one declaration is one row. */
export function collectOptions(declarations = new Declarations()) {
  const rows = new Map();
  for (const [where, file, name, method] of FUNCTIONS) {
    const types = declarations.optionTypes(declarations.exported(file, name), method);
    if (types.length === 0) throw new Error(`${where} takes no options`);
    for (const option of types.flatMap((type) => declarations.optionsOf(type))) {
      const key = `${option.name} ${option.declaration.getSourceFile().fileName}:${option.declaration.pos}`;
      if (!rows.has(key)) rows.set(key, { ...option, takers: new Set() });
      rows.get(key).takers.add(where);
    }
  }
  const collected = [...rows.values()].map(({ name, declaration, takers: by }) => ({
    name,
    declaration,
    interface: declaration.parent.name?.text,
    meaning: firstSentence(textOf(declaration)),
    type: typeOf(declaration),
    unit: tagOf(declaration, 'unit') ?? '',
    default: tagOf(declaration, 'defaultValue'),
    since: tagOf(declaration, 'since') ?? tagOf(declaration.parent, 'since'),
    takers: [...by],
  }));
  return merged(collected).sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || takers(a.takers).localeCompare(takers(b.takers), 'en'),
  );
}

/** The rows, with one row for those that differ in their takers alone. */
function merged(rows) {
  const byText = new Map();
  for (const row of rows) {
    const { name, meaning, type, unit, default: value, since } = row;
    const key = JSON.stringify([name, meaning, type, unit, value, since]);
    const known = byText.get(key);
    if (known === undefined) byText.set(key, row);
    else known.takers.push(...row.takers);
  }
  return [...byText.values()];
}

/** @returns the page, and the faults of the documentation comments that it is made of. */
export function optionsPage(declarations = new Declarations()) {
  const rows = collectOptions(declarations);
  const faults = rows.flatMap(({ name, interface: owner, meaning, default: value, since, type }) => [
    ...(meaning === '' ? [`${owner}.${name} has no description`] : []),
    ...(value === undefined ? [`${owner}.${name} has no @defaultValue`] : []),
    ...(since === undefined ? [`${owner}.${name} has no @since, nor has its interface`] : []),
    ...(type === '' ? [`${owner}.${name} has no type`] : []),
  ]);
  const lines = rows.map(
    (row) =>
      `| \`${row.name}\` | ${cell(row.meaning)} | \`${cell(row.type)}\` | ${row.unit} | ${cell(row.default ?? '')} | ${row.since} | ${takers(row.takers)} |`,
  );
  const page = `# Options

Every option of every function, from the documentation comments of the sources. \`npm run docs:options\` makes this page, and
\`test/house/reference-pages.test.ts\` fails while it is not up to date. [connections.md](connections.md) explains the options of
connections in their context, and [limits.md](limits.md) says what happens beyond a limit.

An option that does not exist, or a value that it cannot have, is a \`TypeError\` or a \`RangeError\` before anything is opened. \`undefined\` counts as
absent. Two rows with the same name are options of different functions, with different defaults.

${GROUPS.map(groupLine).join('\n')}
- \`ws client\` and \`ws server\` are the classes of \`websocket-protocol-component/ws\`. Its clients also take the options of \`http.request\` and
  \`https.request\`.
- \`name.part\` is a member of the object that the option takes.

| option | meaning | type | unit | default | since | taken by |
|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
  return { page, faults };
}
