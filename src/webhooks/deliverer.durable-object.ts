import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import type { EndpointAddress } from "./poke-endpoint.ts";

/** One per endpoint: the only place from which its deliveries leave. */
export class WebhookDeliverer extends DurableObject<Bindings> {
  async poke(address: EndpointAddress): Promise<void> {
    this.ctx.storage.kv.put("address", address);
    await this.ctx.storage.setAlarm(currentTime().getTime());
  }

  async halt(address: EndpointAddress): Promise<void> {
    await this.poke(address);
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
