/** Our side as a program: `server`, which runs until a client connects to /stop, or `client URL`. */
import { component } from '../../lib/component/index.js';
import { ourExchange, ourServer } from './our-side.js';

function print(what: string, value: unknown): void {
  process.stdout.write(`${what} ${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
}

async function main([role, url]: readonly string[]): Promise<void> {
  print('backend', component.backend);
  if (role === 'client') {
    print('report', await ourExchange(component, url!));
    return;
  }
  const server = await ourServer(component);
  print('listening', server.url);
  await server.stopped;
  await server.close();
  print(
    'errors',
    server.errors.map(({ message }) => message),
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  print('failed', String(error));
  process.exitCode = 1;
});
