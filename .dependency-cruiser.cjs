/**
 * The zones of lib/. `npm run lint:imports` checks every import, including type-only and dynamic imports. An import must
 * lead to the same zone or to a zone that `sees` names. Imports must not form a circle. `docs/internals.md` has the
 * picture.
 */
const GROUND = ['contract', 'errors', 'on demand', 'trace', 'ground floor'];
const SESSION = [...GROUND, 'component', 'session'];
const ROOMS = ['payload', 'codec', 'state', 'outgoing', 'ending', 'incoming'];
const CONNECTION = [...SESSION, 'connection'];
const OPENING = [...CONNECTION, 'opening'];
const PUBLIC_COMPONENT = ['contract', 'component', 'errors', 'trace'];

/** A room of lib/connection sees the rooms before it, and the floors below. */
const room = (name, index) => ({
  name,
  files: `^lib/connection/${name}/`,
  sees: [...SESSION, ...ROOMS.slice(0, index)],
});

/**
 * A file belongs to the first zone whose `files` match. `packages` are the allowed modules outside of lib/; by default
 * Node's own.
 */
const ZONES = [
  { name: 'contract', files: '^lib/component/contract\\.ts$', sees: [], packages: null },
  { name: 'errors', files: '^lib/component/(errors|diagnostics|not-options)\\.ts$', sees: ['contract'] },
  { name: 'on demand', files: '^lib/component/on-demand\\.ts$', sees: [] },
  {
    name: 'trace',
    files: '^lib/component/(trace(-format|-bytes)?|accept)\\.ts$',
    sees: ['contract', 'errors', 'on demand'],
  },
  {
    name: 'native',
    files: '^lib/component/native/',
    sees: GROUND,
    packages: '(^|/)node_modules/node-gyp-build/',
  },
  { name: 'portable', files: '^lib/component/portable/', sees: GROUND },
  { name: 'component', files: '^lib/component/index\\.ts$', sees: [...GROUND, 'native', 'portable'] },
  { name: 'ground floor', files: '^lib/component/', sees: GROUND },
  { name: 'session', files: '^lib/session/', sees: [...GROUND, 'component'] },
  ...ROOMS.map(room),
  { name: 'connection', files: '^lib/connection/', sees: [...SESSION, ...ROOMS] },
  { name: 'http2', files: '^lib/opening/http2/', sees: OPENING },
  { name: 'opening', files: '^lib/opening/', sees: CONNECTION },
  { name: 'topics', files: '^lib/topics/', sees: OPENING },
  { name: 'web', files: '^lib/web/', sees: OPENING },
  { name: 'ws', files: '^lib/ws/', sees: OPENING },
  // Libraries that only the command uses. The build bundles them into the package.
  { name: 'vendor', files: '^lib/vendor/', sees: [], packages: '.' },
  { name: 'parity', files: '^lib/parity/', sees: [...PUBLIC_COMPONENT, 'vendor'] },
  {
    name: 'cli',
    files: '^lib/cli/',
    sees: [...OPENING, 'http2', 'web', 'ws', 'topics', 'package', 'parity', 'vendor'],
  },
  { name: 'package', files: '^lib/index\\.ts$', sees: [...OPENING, 'http2', 'web', 'topics'] },
  {
    name: 'conformance',
    files: '^test/conformance/',
    except: '\\.test\\.ts$',
    sees: [...PUBLIC_COMPONENT, 'parity'],
    packages: '.',
  },
];

/** The files of a zone: its pattern matches them, and they belong to no earlier zone. */
function filesOf(zone) {
  const earlier = ZONES.slice(0, ZONES.indexOf(zone)).map(({ files }) => files);
  const not = zone.except === undefined ? earlier : [...earlier, zone.except];
  return { path: zone.files, ...(not.length === 0 ? {} : { pathNot: not }) };
}

const zoneNamed = (name) => ZONES.find((zone) => zone.name === name);

/** One pattern for the files of this zone alone. A look-ahead excludes earlier zones. */
function only(zone) {
  const { path, pathNot = [] } = filesOf(zone);
  const not = pathNot.map((pattern) => `(?!${pattern.replace(/^\^/, '')})`).join('');
  return `^${not}${path.replace(/^\^/, '')}`;
}

const rules = ZONES.flatMap((zone) => [
  {
    name: `${zone.name} imports upwards`,
    comment: `${zone.name} may import ${zone.sees.join(', ') || 'nothing'}`,
    severity: 'error',
    from: filesOf(zone),
    to: {
      path: '^(lib|test|scripts|bench|examples)/',
      pathNot: [only(zone), ...zone.sees.map((name) => only(zoneNamed(name)))],
    },
  },
  {
    name: `${zone.name} imports a package`,
    severity: 'error',
    from: filesOf(zone),
    to: {
      pathNot: [
        '^(lib|test)/',
        ...(zone.packages === undefined || zone.packages === null ? [] : [zone.packages]),
      ],
      ...(zone.packages === null ? {} : { dependencyTypesNot: ['core'] }),
    },
  },
]);

module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'circle',
      comment: 'Files that import each other cannot be read one after the other. Types count.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true },
    },
    {
      name: 'cannot be resolved',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectJSDocImports: false,
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
};
