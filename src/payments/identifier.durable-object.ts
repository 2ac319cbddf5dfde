import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "../env.ts";
import { currentTime } from "../platform/clock.ts";

const day = 86_400_000;

/** One per payer and `payment-identifier`: which of the payer's payments the identifier names. */
export class PaymentIdentifier extends DurableObject<Bindings> {
  #holder = this.ctx.storage.kv.get<string>("holder");

  /**
   * Whether the identifier is from now on, or was before, that of the payment whose object has this name. A payment that was never taken and
   * never will be has none: its object is asked, so that an identifier comes free without anybody giving it back.
   */
  async claim(payment: string): Promise<boolean> {
    const holder = this.#holder;
    if (holder !== undefined && holder !== payment && (await this.#lives(holder))) return false;
    // Somebody else may have claimed it while its holder was asked.
    if (this.#holder !== holder) return this.#holder === payment;
    this.#holder = payment;
    this.ctx.storage.kv.put("holder", payment);
    await this.ctx.storage.setAlarm(currentTime().getTime() + day);
    return true;
  }

  /** Forgets what no payment lives by any more. */
  override async alarm(): Promise<void> {
    if (this.#holder !== undefined && (await this.#lives(this.#holder))) {
      await this.ctx.storage.setAlarm(currentTime().getTime() + day);
      return;
    }
    this.#holder = undefined;
    await this.ctx.storage.deleteAll();
  }

  #lives(payment: string): Promise<boolean> {
    const settlements = this.env.SETTLEMENT;
    return settlements.get(settlements.idFromName(payment)).lives();
  }
}
