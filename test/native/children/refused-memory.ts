/**
 * Sends and receives so many bytes at once that some of the memory for them is refused, within a limit set from
 * outside.
 */
import { ActionQueue, BufferType, ComponentError, loadNative } from '../../../lib/component/index.js';
import { bulkDriver } from '../../../lib/component/bulk.js';
import type { BulkDrivable } from '../../../lib/component/bulk.js';

const component = loadNative();
const size = Number(process.argv[2] ?? 300e6);

function open(): { client: BulkDrivable & ReturnType<typeof component.createClientHandle> } {
  const client = component.createClientHandle({ sendBufferSize: 0x1fffffff });
  const server = component.createServerHandle();
  const requestHeaders = [...client.beginClientHandshake(), { name: 'Host', value: 'x' }];
  client.endClientHandshake(server.beginServerHandshake({ requestHeaders }));
  return { client: client as BulkDrivable & typeof client };
}

/** The code of the failure, or `sent`. */
function attempt(what: () => void): string {
  try {
    what();
    return 'sent';
  } catch (error) {
    if (error instanceof ComponentError) return `${error.operation} ${error.code}`;
    return String(error);
  }
}

function memory(): Uint8Array | null {
  try {
    return new Uint8Array(size);
  } catch {
    return null;
  }
}

const payload = memory();
if (payload === null) {
  process.stdout.write('there is no payload\n');
} else {
  const byActions = attempt(() => {
    const { client } = open();
    client.send(BufferType.BinaryMessage, payload);
    client.getAction(ActionQueue.Send);
  });
  const inBulk = attempt(() => {
    open().client[bulkDriver]()!.send(BufferType.BinaryMessage, payload);
  });
  process.stdout.write(`by actions: ${byActions}\nin bulk: ${inBulk}\nalive\n`);
}
