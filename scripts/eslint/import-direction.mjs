/**
 * Imports go down only. Each zone names the files it holds and the zones that these may import besides their
 * own; what is not named is forbidden. Files outside of every zone (tests, examples, benches) are free.
 */
import path from 'node:path';

const GROUND = ['contract', 'ground floor'];
const SESSION = [...GROUND, 'component', 'session'];
const CONNECTION = [...SESSION, 'connection'];
const OPENING = [...CONNECTION, 'opening'];
const PUBLIC_COMPONENT = ['contract', 'component', 'errors', 'trace'];

/** The first match counts. */
export const ZONES = [
  { name: 'contract', files: /^lib\/component\/contract\.ts$/, sees: [], packages: /^$/ },
  { name: 'errors', files: /^lib\/component\/(errors|diagnostics)\.ts$/, sees: ['contract'] },
  { name: 'trace', files: /^lib\/component\/trace\.ts$/, sees: ['contract', 'errors'] },
  { name: 'native', files: /^lib\/component\/native\//, sees: GROUND, packages: /^node:|^node-gyp-build$/ },
  { name: 'portable', files: /^lib\/component\/portable\//, sees: GROUND },
  { name: 'component', files: /^lib\/component\/index\.ts$/, sees: [...GROUND, 'native', 'portable'] },
  { name: 'ground floor', files: /^lib\/component\//, sees: GROUND },
  { name: 'session', files: /^lib\/session\//, sees: [...GROUND, 'component'] },
  { name: 'connection', files: /^lib\/connection\//, sees: SESSION },
  { name: 'http2', files: /^lib\/opening\/http2\//, sees: OPENING },
  { name: 'opening', files: /^lib\/opening\//, sees: CONNECTION },
  { name: 'web', files: /^lib\/web\//, sees: OPENING },
  { name: 'ws', files: /^lib\/ws\//, sees: OPENING },
  // Libraries that the build puts into the package, for the command alone.
  { name: 'vendor', files: /^lib\/vendor\//, sees: [], packages: /./ },
  { name: 'parity', files: /^lib\/parity\//, sees: [...PUBLIC_COMPONENT, 'vendor'] },
  { name: 'cli', files: /^lib\/cli\//, sees: [...OPENING, 'web', 'ws', 'package', 'parity', 'vendor'] },
  { name: 'package', files: /^lib\/index\.ts$/, sees: [...OPENING, 'http2', 'web'] },
  {
    name: 'conformance',
    files: /^test\/conformance\/(?!.*\.test\.ts$)/,
    sees: [...PUBLIC_COMPONENT, 'parity'],
    packages: /./,
  },
];

const ANY_NODE_MODULE = /^node:/;

function zoneOf(file) {
  return ZONES.find(({ files }) => files.test(file));
}

function mayImport(zone, target) {
  if (target === undefined) return false;
  if (target.name === zone.name) return true;
  // What sees the ground floor sees the errors and the traces, which are parts of it.
  const isOfGroundFloor = target.name === 'errors' || target.name === 'trace';
  return zone.sees.includes(target.name) || (isOfGroundFloor && zone.sees.includes('ground floor'));
}

/** Why a file of the zone may not import what the specifier names; undefined where it may. */
function objection(zone, file, specifier) {
  if (!specifier.startsWith('.')) {
    const allowed = zone.packages ?? ANY_NODE_MODULE;
    return allowed.test(specifier) ? undefined : `${zone.name} may not import the package "${specifier}"`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  const targetZone = zoneOf(target);
  if (mayImport(zone, targetZone)) return undefined;
  return `${zone.name} may not import ${targetZone?.name ?? 'from outside of the house'} (${target})`;
}

const rule = {
  meta: { type: 'problem', schema: [], messages: { forbidden: '{{ objection }}' } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const zone = zoneOf(file);
    if (zone === undefined) return {};
    const check = (node, source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const problem = objection(zone, file, source.value);
      if (problem !== undefined)
        context.report({ node, messageId: 'forbidden', data: { objection: problem } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      TSExternalModuleReference: (node) => check(node, node.expression),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0]),
    };
  },
};

export default { rules: { 'import-direction': rule } };
