/**
 * A queue. `Array.prototype.shift` moves all remaining elements of a large array, so emptying a queue of 100,000
 * would take 5,000,000,000 steps.
 */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  get first(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Drops the first element, if there is one. */
  shift(): void {
    if (this.length === 0) return;
    this.items[this.head++] = undefined;
    // Each element is moved at most once for each dropped element.
    if (this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
  }

  forEach(action: (item: T) => void): void {
    for (let at = this.head; at < this.items.length; at++) action(this.items[at]!);
  }
}
