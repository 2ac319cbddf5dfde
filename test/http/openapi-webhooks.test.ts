import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/http/openapi.ts";
import { operations } from "../../src/operations.ts";
import { newId } from "../../src/platform/ids.ts";
import { webhookEventTypes } from "../../src/webhooks/event-types.ts";
import { webhookBody } from "../../src/webhooks/queue-events.ts";

const Webhook = z.object({
  post: z.object({
    parameters: z.array(z.object({ name: z.string(), in: z.literal("header"), required: z.boolean() })),
    requestBody: z.object({ content: z.object({ "application/json": z.object({ schema: z.record(z.string(), z.unknown()) }) }) }),
  }),
});
const { openapi, webhooks } = z
  .object({ openapi: z.literal("3.1.0"), webhooks: z.record(z.string(), Webhook) })
  .parse(openApiDocument(operations, "https://armalo.test"));

describe("the webhooks of the OpenAPI document", () => {
  it("are one for each type of event, with the headers that are signed or tell of the signature", () => {
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(webhooks)).toEqual([...webhookEventTypes]);
    for (const { post } of Object.values(webhooks)) {
      expect(post.parameters.map(({ name }) => name)).toEqual(["webhook-id", "webhook-timestamp", "webhook-signature", "armalo-attempt"]);
      expect(post.parameters.every(({ required }) => required)).toBe(true);
    }
  });

  it("describe what is sent, and nothing else", () => {
    const schema = webhooks["key.revoked"]?.post.requestBody.content["application/json"].schema;
    const validator = new Validator(schema ?? false, "2020-12");
    const data = { keyId: newId("key"), revokedAt: new Date().toISOString() };
    const body: object = JSON.parse(webhookBody(newId("webhookEvent"), newId("organization"), { type: "key.revoked", data }, new Date()));
    expect(validator.validate(body)).toMatchObject({ valid: true });
    for (const wrong of [
      { ...body, more: 1 },
      { ...body, type: "key.created" },
      { ...body, data: { keyId: data.keyId } },
    ])
      expect(validator.validate(wrong).valid).toBe(false);
  });
});
