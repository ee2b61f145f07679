/** The options for reaching a server, of `wspc connect` and `wspc bench`. */
import { readFileSync } from 'node:fs';
import type { Connection } from '../../connection/index.js';
import { connect } from '../../opening/index.js';
import type { ConnectOptions } from '../../opening/index.js';
import { connectHttp2 } from '../../opening/http2/index.js';
import type { Http2ConnectOptions } from '../../opening/http2/index.js';
import { TOKEN } from '../../opening/token.js';
import type { Command } from '../../vendor/commander.js';
import { collect, wholeNumber } from '../new-command.js';
import { UsageError } from '../usage.js';
import { agentFor, proxyFor } from './proxy.js';

export interface TargetChoices {
  readonly header?: readonly string[];
  readonly origin?: string;
  readonly subprotocol?: readonly string[];
  readonly auth?: string;
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly proxy?: string | false;
  readonly location?: boolean;
  readonly maxRedirects?: number;
  readonly unix?: string;
  readonly deflate?: boolean;
  readonly http2?: boolean;
  readonly maxPayload?: number;
}

/** Adds the options to a command. */
export function withTargetOptions(command: Command): Command {
  return command
    .optionsGroup('Request:')
    .option('-H, --header <name: value>', 'a header of the request; may be repeated', collect)
    .option('-o, --origin <origin>', 'the header Origin')
    .option('-s, --subprotocol <name>', 'offer this subprotocol; may be repeated', collect)
    .option('--auth <user:password>', 'basic authorization; as user:password@ in the URL')
    .option('-L, --location', 'follow redirects')
    .option('--max-redirects <number>', 'with -L: the most redirects (default: 10)', wholeNumber(0))
    .optionsGroup('Transport:')
    .option('-k, --insecure', 'accept every certificate of the server')
    .option('--ca <file>', 'accept certificates of this authority (PEM)')
    .option('--cert <file>', 'the certificate of this client (PEM)')
    .option('--key <file>', 'the key of the certificate (PEM)')
    .option('--passphrase <text>', 'the passphrase of the key')
    .option('--proxy <url>', 'go through a proxy: http://, https:// or socks5://')
    .option('--no-proxy', 'no proxy, whatever the environment says')
    .option('--unix <path>', 'connect to this unix socket, not to the host of the URL')
    .option('--http2', 'a WebSocket over HTTP/2 (RFC 8441)')
    .option('--deflate', 'offer compression (permessage-deflate)')
    .option('--max-payload <bytes>', 'the largest message to receive (default: 16 MiB)', wholeNumber(1));
}

/** A header that the handshake makes itself, with the option to use in its place. */
const OWN_HEADERS =
  /^(?:connection|upgrade|sec-websocket-.*|content-length|transfer-encoding|trailer|keep-alive|proxy-connection)$/i;

const HELP = 'wspc connect --help';

function headerOf(line: string): readonly [string, string] {
  const [, name, value] = /^([^:\s]+)[ \t]*:[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`-H takes a header such as 'Name: value', not ${JSON.stringify(line)}`, HELP);
  if (/^sec-websocket-protocol$/i.test(name)) throw new UsageError(`for ${name} use -s`, HELP);
  if (OWN_HEADERS.test(name))
    throw new UsageError(`the header ${name} belongs to the handshake: -H cannot set it`, HELP);
  return [name, value];
}

function fileOf(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`, HELP);
  }
}

/** A port in the place of the host. */
const PORT_ALONE = /^((?:wss?|https?):\/\/)?([1-9]\d{0,4})([/?#].*)?$/i;

/** A URL, completed as `wscat` does it: without a scheme it is `ws://`, and without a host localhost. */
export function completeUrl(text: string): URL {
  const [, scheme = 'ws://', port, rest = ''] = PORT_ALONE.exec(text) ?? [];
  // As a host the number would be an IPv4 address: 18090 is 0.0.70.170.
  if (port !== undefined) {
    const meant = Number(port) < 65536 ? `; did you mean ${scheme}localhost:${port}${rest}?` : '';
    throw new UsageError(`the URL is not valid: ${port} is no host${meant}`, HELP);
  }
  const whole = /^(?:wss?|https?)(?:\+unix)?:/i.test(text) || text.includes('://') ? text : `ws://${text}`;
  const named = whole.replace(/^ws:\/\/:/, 'ws://localhost:');
  if (!URL.canParse(named))
    throw new UsageError('the URL is not valid: it must be like ws://host:port/path', HELP);
  const url = new URL(named);
  // A fragment names a part of a document, and a WebSocket has none.
  if (url.hash !== '') throw new UsageError('the URL of a WebSocket has no fragment', HELP);
  if (!/^(?:wss?|https?)(?:\+unix)?:$/.test(url.protocol))
    throw new UsageError(`the URL must begin with ws: or wss:, not ${url.protocol}`, HELP);
  return url;
}

function checkTogether(choices: TargetChoices): void {
  const { http2, proxy, unix, location, maxRedirects, cert, key } = choices;
  const exclude = (left: string, right: string) => {
    throw new UsageError(`${left} and ${right} exclude each other`, HELP);
  };
  if (http2 === true && typeof proxy === 'string') exclude('--http2', '--proxy');
  if (http2 === true && unix !== undefined) exclude('--http2', '--unix');
  if (http2 === true && location === true) exclude('--http2', '-L');
  if (unix !== undefined && typeof proxy === 'string') exclude('--unix', '--proxy');
  if (maxRedirects !== undefined && location !== true) throw new UsageError('--max-redirects needs -L', HELP);
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key need each other', HELP);
}

/** Connects to the server that a person named. May be called many times. */
export type Dialler = (more: Pick<ConnectOptions, 'signal' | 'keepAlive'>) => Promise<Connection>;

/**
 * Makes a function that connects.
 *
 * @throws UsageError an option is invalid, or two options exclude each other.
 */
export async function diallerFor(text: string, choices: TargetChoices): Promise<Dialler> {
  checkTogether(choices);
  const url = completeUrl(text);
  if (choices.auth !== undefined) {
    const [user, ...password] = choices.auth.split(':');
    if (user === '' || password.length === 0) throw new UsageError('--auth takes user:password', HELP);
  }
  const wrong = choices.subprotocol?.find((name) => !TOKEN.test(name));
  if (wrong !== undefined)
    throw new UsageError(`-s takes a name without spaces and separators, not ${JSON.stringify(wrong)}`, HELP);
  const headers = (choices.header ?? []).map(headerOf);
  if (choices.auth !== undefined)
    headers.push(['Authorization', `Basic ${Buffer.from(choices.auth).toString('base64')}`]);
  const tls = {
    ...(choices.insecure === true && { rejectUnauthorized: false }),
    ...(choices.ca !== undefined && { ca: fileOf('--ca', choices.ca) }),
    ...(choices.cert !== undefined && { cert: fileOf('--cert', choices.cert) }),
    ...(choices.key !== undefined && { key: fileOf('--key', choices.key) }),
    ...(choices.passphrase !== undefined && { passphrase: choices.passphrase }),
  };
  const shared = {
    headers,
    tls,
    protocols: choices.subprotocol ?? [],
    ...(choices.origin !== undefined && { origin: choices.origin }),
    ...(choices.deflate === true && { perMessageDeflate: true }),
    ...(choices.maxPayload !== undefined && { maxPayload: choices.maxPayload }),
    closeTimeout: CLOSE_PATIENCE,
  } satisfies Http2ConnectOptions;
  if (choices.http2 === true) {
    if ((await proxyFor(url, choices.proxy)) !== undefined)
      throw new UsageError(
        '--http2 goes through no proxy, and the environment asks for one: add --no-proxy',
        HELP,
      );
    return (more) => connectHttp2(url, { ...shared, ...more });
  }
  const isUnix = choices.unix !== undefined || url.protocol.includes('unix');
  const agent = isUnix ? undefined : await agentFor(url, { proxy: choices.proxy, ca: tls.ca });
  const options: ConnectOptions = {
    ...shared,
    ...(agent !== undefined && { agent }),
    ...(choices.unix !== undefined && { socketPath: choices.unix }),
    ...(choices.location === true && { followRedirects: true, maxRedirects: choices.maxRedirects }),
  };
  return (more) => connect(url, { ...options, ...more });
}

/** Milliseconds that the server has for its part of a close. */
const CLOSE_PATIENCE = 5000;
