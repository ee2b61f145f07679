/** The files of a folder over HTTP, beside the WebSockets of a server. */
import { statSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { UsageError } from '../usage.js';

/**
 * Makes a listener that answers requests with the files of a folder. It hides files whose names begin with a dot.
 *
 * @throws UsageError there is no such folder.
 */
export async function filesOf(root: string): Promise<RequestListener> {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`--static: there is no folder ${root}`, 'wspc serve --help');
  const { send } = await import('../../vendor/send.js');
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    send(request, path, { root, dotfiles: 'ignore' })
      .on('headers', (answer: ServerResponse) => void answer.setHeader('Cache-Control', 'no-cache'))
      .on('error', ({ status = 500 }: Error & { status?: number }) => {
        response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${status}\n`);
      })
      .on('directory', () => response.writeHead(301, { Location: `${path}/` }).end())
      .pipe(response);
  };
}
