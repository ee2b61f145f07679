// The options of typedoc for the site.
import path from 'node:path';

import { repository } from '../win32/paths.mjs';
import { documents, groupNames } from './documents.mjs';

const here = import.meta.dirname;

export const OUT = path.join(repository, '.cache', 'site');

export const options = {
  name: 'WebSocket Protocol Component',
  entryPoints: [
    'lib/index.ts',
    'lib/component/index.ts',
    'lib/component/portable/index.ts',
    'lib/topics/index.ts',
    'scripts/site/ws.ts',
  ].map((file) => path.join(repository, file)),
  tsconfig: path.join(here, 'tsconfig.json'),
  plugin: [path.join(here, 'plugin.mjs')],
  router: 'files',
  out: OUT,
  readme: path.join(repository, 'README.md'),
  projectDocuments: documents().map(({ file }) => path.join(repository, file)),
  customCss: path.join(here, 'site.css'),
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  hideGenerator: true,
  blockTags: [
    '@defaultValue',
    '@example',
    '@internal',
    '@param',
    '@returns',
    '@see',
    '@since',
    '@throws',
    '@typeParam',
    '@unit',
  ],
  groupOrder: [
    ...groupNames,
    'Modules',
    'Functions',
    'Classes',
    'Variables',
    'Interfaces',
    'Type Aliases',
    'Enumerations',
    '*',
  ],
  navigation: { includeGroups: true, compactFolders: false },
  navigationLeaves: ['component', 'portable', 'topics', 'ws']
    .map((name) => `websocket-protocol-component/${name}`)
    .concat('websocket-protocol-component'),
  searchInComments: true,
  searchInDocuments: true,
  highlightLanguages: [
    'bash',
    'cpp',
    'css',
    'diff',
    'html',
    'http',
    'ini',
    'javascript',
    'json',
    'jsonc',
    'mermaid',
    'nginx',
    'powershell',
    'python',
    'sh',
    'text',
    'typescript',
    'xml',
    'yaml',
  ],
  ignoredHighlightLanguages: ['caddy', 'haproxy'],
  // A type that is not exported, or a link that leads nowhere, is a warning. site.mjs fails for every warning.
  validation: { notExported: true, invalidLink: true, invalidPath: true },
  // Types that programs need not name: they write the object, the class or the function themselves.
  intentionallyNotExported: [
    ...['ConnectionCallbacks', 'Group', 'FrameSender', 'InnerSocket', 'Attachment', 'State'],
    ...[
      'BulkDriver',
      'CloseEventAttributes',
      'FailureEvent',
      'AnyHttp2Server',
      'Handler',
      'Listener',
      'ListenerOptions',
      'ControlCallback',
    ],
    ...['CloseEvent', 'ErrorEvent', 'Event', 'EventMap', 'MessageEvent'].map(
      (name) => `lib/ws/attributes.ts:${name}`,
    ),
    'lib/ws/client.ts:ClientOptions',
  ],
};
