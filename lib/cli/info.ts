/** `wspc info`. */
import { PropertyType, component } from '../component/index.js';
import { describeSystem } from '../parity/bundle.js';
import type { Command } from '../vendor/commander.js';
import type { Narrator } from './narrator.js';
import { newCommand } from './new-command.js';
import { whyThisBackend } from './provenance.js';

export function infoCommand(narrator: Narrator): Command {
  return newCommand({
    name: 'info',
    summary: "which backend answers and why, the DLL's version, protocol versions, keep-alive interval",
    text:
      'Says which backend answers and why, the file version of the DLL, the protocol versions and the keep-alive ' +
      'interval. The environment variable WSPC_BACKEND forces a backend: native or portable.',
    examples: ['wspc info', 'WSPC_BACKEND=portable wspc info --json'],
  })
    .option('--json', 'one JSON document instead of text')
    .action(({ json }: { json?: boolean }) => print(narrator, json === true));
}

function print(narrator: Narrator, isJson: boolean): void {
  const { backend, dll, isWindows } = describeSystem(component);
  const info = {
    backend,
    why: whyThisBackend(),
    dll,
    isWindows,
    supportedVersions: component.getGlobalProperty(PropertyType.SupportedVersions),
    keepAliveInterval: component.getGlobalProperty(PropertyType.KeepAliveInterval),
  };
  if (isJson) {
    narrator.line(JSON.stringify(info, null, 2));
    return;
  }
  const row = (name: string, value: string) =>
    narrator.line(`${narrator.style('dim', name.padEnd(20))}${value}`);
  row('backend', narrator.style('bold', info.backend));
  row('why', info.why);
  row('DLL file version', info.dll ?? 'no DLL in use');
  row('protocol versions', info.supportedVersions.join(', '));
  row('keep-alive interval', `${info.keepAliveInterval} ms`);
}
