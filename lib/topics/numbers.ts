/**
 * The numbers of messages show relays that messages were lost or came twice. Each relay counts its messages to
 * each channel from 1.
 */

/** A table that forgets the least recently used entry. */
class Recent<V> {
  readonly #entries = new Map<string, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

/** Most channels whose numbers a sender knows. A channel that it has forgotten begins with 1 again. */
const MOST_CHANNELS = 65_536;
/** Most senders that a receiver knows in one channel. */
const MOST_SENDERS = 1024;

/** The numbers of the messages that this relay has sent. */
export class SentNumbers {
  readonly #last = new Recent<number>(MOST_CHANNELS);

  next(channel: string): number {
    const number = (this.#last.get(channel) ?? 0) + 1;
    this.#last.set(channel, number);
    return number;
  }
}

/** The numbers of the messages that other relays have sent to one channel. */
export class ReceivedNumbers {
  readonly #last = new Recent<number>(MOST_SENDERS);

  /**
   * @returns the number of missing messages before this one, or 'again' if it has come before. The first message of a
   *   sender misses none: messages from before this relay listened are not lost.
   */
  judge(sender: string, number: number): number | 'again' {
    const last = this.#last.get(sender);
    // A sender that begins with 1 again has forgotten the channel.
    if (last !== undefined && number <= last && number !== 1) return 'again';
    this.#last.set(sender, number);
    return last === undefined || number === 1 ? 0 : number - last - 1;
  }
}
