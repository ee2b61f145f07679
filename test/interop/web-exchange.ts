import type { Report } from './exchange.js';

/** The exchange as a script for the web platform. It runs elsewhere, so it uses nothing of this file. */
export async function webExchange(
  url: string,
  subprotocols: string[],
  lengths: number[],
  unicode: string,
): Promise<Report> {
  interface Socket {
    binaryType: string;
    readonly protocol: string;
    addEventListener(type: string, listener: (event: unknown) => void): void;
    send(data: string | Uint8Array): void;
    close(code: number, reason: string): void;
  }
  interface Ended {
    code: number;
    reason: string;
  }
  const { WebSocket } = globalThis as unknown as {
    WebSocket: new (url: string, protocols?: string[]) => Socket;
  };

  const open = async (path: string, protocols?: string[]) => {
    const socket = new WebSocket(`${url}${path}`, protocols);
    socket.binaryType = 'arraybuffer';
    const messages: unknown[] = [];
    let wake = (): void => {};
    socket.addEventListener('message', (event) => {
      messages.push((event as { data: unknown }).data);
      wake();
    });
    const closed = new Promise<Ended>((resolve) => {
      socket.addEventListener('close', (event) => {
        const { code, reason } = event as Ended;
        resolve({ code, reason });
      });
    });
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`cannot connect to ${path}`)));
    });
    const next = async (): Promise<unknown> => {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift();
    };
    return { socket, next, closed };
  };

  const { socket, next, closed } = await open('/echo', subprotocols);
  const echoed: string[] = [];
  const texts = new Map(lengths.map((length) => [`text ${length}`, 'x'.repeat(length)]));
  texts.set('unicode', unicode);
  for (const [name, text] of texts) {
    socket.send(text);
    if ((await next()) === text) echoed.push(name);
  }
  const binary = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 31) ^ (index >> 8));
  socket.send(binary);
  const back = new Uint8Array((await next()) as ArrayBuffer);
  if (back.length === binary.length && back.every((byte, index) => byte === binary[index])) {
    echoed.push('binary 1 MiB');
  }
  socket.close(3001, 'done');

  const goodbye = await open('/goodbye');
  const ping = await open('/ping');
  return {
    subprotocol: socket.protocol,
    echoed,
    closed: await closed,
    goodbye: { text: (await goodbye.next()) as string, ...(await goodbye.closed) },
    ping: { text: (await ping.next()) as string, code: (await ping.closed).code },
  };
}
