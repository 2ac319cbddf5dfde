/** What one socket was sent and has not acknowledged, in the order of sending. Bounded by whoever asks `fits` before `add`. */
export class DeliveryWindow {
  #seqs: number[] = [];
  #sizes: number[] = [];
  /** Where the oldest unacknowledged one stands: what is before it is dropped now and then, not each time. */
  #first = 0;
  #chars = 0;

  get chars(): number {
    return this.#chars;
  }

  get messages(): number {
    return this.#seqs.length - this.#first;
  }

  add(seq: number, chars: number): void {
    this.#seqs.push(seq);
    this.#sizes.push(chars);
    this.#chars += chars;
  }

  /**
   * Takes out the message and all that was sent before it; where it was not sent itself, those at the front with lower numbers. Returns how
   * many characters that frees, or undefined where there was nothing to take out.
   */
  acknowledge(seq: number): number | undefined {
    const at = this.#lastUpTo(seq);
    if (at < this.#first) return undefined;
    let freed = 0;
    for (let index = this.#first; index <= at; index += 1) freed += this.#sizes[index] ?? 0;
    this.#first = at + 1;
    this.#chars -= freed;
    if (this.#first > 256 && this.#first * 2 > this.#seqs.length) {
      this.#seqs = this.#seqs.slice(this.#first);
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
    return freed;
  }

  #lastUpTo(seq: number): number {
    const sent = this.#seqs.indexOf(seq, this.#first);
    if (sent !== -1) return sent;
    let next = this.#first;
    while ((this.#seqs[next] ?? Infinity) <= seq) next += 1;
    return next - 1;
  }
}
