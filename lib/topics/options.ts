/** Options of the transports. */
import { checkOptions } from '../opening/known-options.js';

/**
 * Options of transports whose engine has names for channels.
 *
 * @since 0.1.0
 */
export interface ChannelOptions {
  /**
   * Begins the name of each channel, so that several programs can share one engine.
   *
   * @defaultValue `wspc:`, for NATS `wspc.`
   */
  readonly prefix?: string | undefined;
}

/**
 * The prefix of the names of channels.
 *
 * @param where - the function that is called, for the message.
 * @throws TypeError options that are no object, an unknown option, or a prefix that is no string.
 */
export function prefixOf(where: string, options: ChannelOptions, fallback: string): string {
  checkOptions(where, options, { prefix: true });
  const { prefix = fallback } = options;
  if (typeof prefix !== 'string') throw new TypeError('prefix must be a string');
  return prefix;
}

/**
 * Refuses options of a function that has none.
 *
 * @param others - the arguments after the known ones.
 * @throws TypeError
 */
export function refuseOptions(where: string, others: readonly unknown[]): void {
  const [options] = others;
  if (options !== undefined) checkOptions(where, options, {});
}
