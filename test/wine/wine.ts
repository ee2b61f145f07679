/** The scripts that run Windows programs on this machine. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const REPOSITORY = path.resolve(__dirname, '../../..');

interface Scripts {
  installStandIn: (answers?: readonly string[]) => void;
  preparePrefix: () => void;
  runInWine: (
    executable: string,
    args: readonly string[],
    options: { readonly name: string; readonly memory?: number; readonly env?: Record<string, string> },
  ) => { status: number; output: string };
  nodeVersions: readonly string[];
  windowsNode: (version: string) => string;
}

/** Runs a script of this repository in Windows' Node, with a stand-in that has the given answers. */
export async function inWine(
  answers: readonly string[] = [],
): Promise<
  (
    script: string,
    args?: readonly string[],
    options?: { readonly memory?: number; readonly env?: Record<string, string> },
  ) => { status: number; output: string }
> {
  const load = (name: string): Promise<unknown> =>
    import(pathToFileURL(path.join(REPOSITORY, 'scripts/win32', name)).href);
  const scripts = {
    ...((await load('wine.mjs')) as object),
    ...((await load('node.mjs')) as object),
  } as Scripts;
  scripts.preparePrefix();
  scripts.installStandIn(answers);
  const node = scripts.windowsNode(scripts.nodeVersions[0]!);
  return (script, args = [], options = {}) =>
    scripts.runInWine(node, [path.join(REPOSITORY, script), ...args], { name: 'test-wine', ...options });
}
