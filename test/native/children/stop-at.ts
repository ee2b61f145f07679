/**
 * Makes the first steps of a session and ends there, with everything still open. The process ends by itself or at
 * once.
 */
import { Action, ActionQueue, BufferType, component } from '../../../lib/component/index.js';
import type { ActionResult } from '../../../lib/component/index.js';

const [count = '0', how = 'end'] = process.argv.slice(2);

const client = component.createClientHandle({ allocatedBufferSize: 16384 });
const server = component.createServerHandle();
let headers = client.beginClientHandshake({ subprotocols: ['a'] });
let sent: ActionResult;
let read: ActionResult;

export const STEPS: readonly (() => void)[] = [
  () =>
    (headers = server.beginServerHandshake({
      requestHeaders: [...headers, { name: 'Host', value: 'x' }],
      selectedSubprotocol: 'a',
    })),
  () => client.endClientHandshake(headers),
  () => server.endServerHandshake(),
  () => client.send(BufferType.BinaryMessage, new Uint8Array(9000)),
  () => client.send(BufferType.PingPong),
  () => (sent = client.getAction(ActionQueue.Send)),
  () => server.receive(new Uint8Array(100)),
  () => (read = server.getAction(ActionQueue.Receive)),
  () => {
    const bytes = Buffer.concat(sent.buffers);
    read.buffers[0]!.set(bytes.subarray(0, 4096));
    client.completeAction(sent.actionContext, bytes.length);
    server.completeAction(read.actionContext, 4096);
  },
  () => server.getAction(ActionQueue.All),
  () => client.getAction(ActionQueue.All),
  () => server.abort(),
  () => server.delete(),
  () => client.abort(),
  () => {
    if (client.getAction(ActionQueue.All).action > Action.IndicateReceiveComplete)
      throw new Error('no action');
  },
  () => client.delete(),
];

if (component.backend !== 'native') throw new Error('this is not the native backend');
for (const step of STEPS.slice(0, Number(count))) step();
process.stdout.write(`${STEPS.length} steps, did ${count}\n`);
if (how === 'exit') process.exit();
