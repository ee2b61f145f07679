/** `wspc info`, `wspc connect` and `wspc serve`. */
import { PropertyType, component } from '../component/index.js';
import { describeSystem } from '../parity/bundle.js';
import { parse } from './command.js';
import type { Command } from './command.js';
import { serve, talk } from './live.js';
import { whyThisBackend } from './provenance.js';
import { UsageError, portOf } from './usage.js';

const INFO = `Usage: wspc info [--json]

Which backend answers and why, the file version of the DLL, the protocol versions and the keep-alive interval.
The environment variable WSPC_BACKEND forces a backend: native or portable.

Examples:
  wspc info
  WSPC_BACKEND=portable wspc info --json`;

export const infoCommand: Command = (args, narrator) => {
  const { values } = parse(args, { json: { type: 'boolean' } }, 'wspc info --help');
  if (values.help === true) {
    narrator.line(INFO);
    return Promise.resolve(0);
  }
  const { backend, dll, isWindows } = describeSystem(component);
  const info = {
    backend,
    why: whyThisBackend(),
    dll,
    isWindows,
    supportedVersions: component.getGlobalProperty(PropertyType.SupportedVersions),
    keepAliveInterval: component.getGlobalProperty(PropertyType.KeepAliveInterval),
  };
  if (values.json === true) narrator.line(JSON.stringify(info, null, 2));
  else {
    const row = (name: string, value: string) =>
      narrator.line(`${narrator.style('dim', name.padEnd(20))}${value}`);
    row('backend', narrator.style('bold', info.backend));
    row('why', info.why);
    row('DLL file version', info.dll ?? 'no DLL in use');
    row('protocol versions', info.supportedVersions.join(', '));
    row('keep-alive interval', `${info.keepAliveInterval} ms`);
  }
  return Promise.resolve(0);
};

const CONNECT = `Usage: wspc connect URL [OPTION]...

Talks to a WebSocket server: each line of standard input is sent as a text message, the end of the input or
Ctrl-C closes the connection.

  --trace             print every action as it is performed
  --message TEXT      send this instead of standard input; may be repeated
  --subprotocol NAME  offer this subprotocol; may be repeated

Examples:
  wspc connect ws://localhost:8080/
  wspc connect wss://example.com/chat --subprotocol chat --trace
  echo hello | wspc connect ws://localhost:8080/`;

export const connectCommand: Command = async (args, narrator) => {
  const { values, positionals } = parse(
    args,
    {
      trace: { type: 'boolean' },
      message: { type: 'string', multiple: true },
      subprotocol: { type: 'string', multiple: true },
    },
    'wspc connect --help',
    1,
  );
  if (values.help === true) {
    narrator.line(CONNECT);
    return 0;
  }
  const [url] = positionals;
  if (url === undefined) throw new UsageError('a URL is needed', 'wspc connect --help');
  await talk(narrator, {
    url,
    messages: values.message,
    subprotocols: values.subprotocol ?? [],
    isQuiet: values.trace !== true,
  });
  return 0;
};

const SERVE = `Usage: wspc serve [OPTION]...

An echo server: every message comes back. Ctrl-C closes the open connections with 1001 and ends it.

  --port PORT   the TCP port (default: 0, any that is free)
  --host HOST   the address to listen on (default: 127.0.0.1)
  --trace       print every action as it is performed

Examples:
  wspc serve --port 8080
  wspc serve --port 8080 --trace`;

export const serveCommand: Command = async (args, narrator) => {
  const { values } = parse(
    args,
    { port: { type: 'string' }, host: { type: 'string' }, trace: { type: 'boolean' } },
    'wspc serve --help',
  );
  if (values.help === true) {
    narrator.line(SERVE);
    return 0;
  }
  await serve(narrator, {
    host: values.host ?? '127.0.0.1',
    port: portOf(values.port ?? '0', '--port'),
    isQuiet: values.trace !== true,
  });
  return 0;
};
