import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { dispositions, effects, receiptModes } from "./receipt.ts";

const AgentId = z.string().regex(idPattern("agent"));
const Time = z.iso.datetime();

export const ReceiptParams = z.object({ receiptId: z.string().regex(idPattern("receipt")) });
export const ListReceiptsQuery = z.object({ ...pageQuery, agentId: AgentId.optional() });

export const Receipt = z
  .object({
    id: z.string(),
    agentId: z.string(),
    number: z.int().openapi({ description: "The place in the agent's chain, from 1." }),
    action: z.string(),
    about: z.string(),
    mode: z.enum(receiptModes),
    disposition: z.enum(dispositions).openapi({
      description:
        "`executed` in mode `dry_run`: would have been let through; nothing was done by Armalo, and nothing is known of what the caller did. Of an eval run that was cancelled or broke off part way: executed as far as it came, its effect `attempted`. `blocked`: nothing was tried. `timed_out`: given up past its time limit.",
    }),
    effect: z.enum(effects).nullable().openapi({ description: "What is known of the effect; null where nothing was tried." }),
    statement: z.string().openapi({ description: "An in-toto Statement as a compact JWS; it names the receipt before it." }),
    digest: z.string(),
    kid: z.string(),
    issuedAt: Time,
  })
  .openapi("Receipt");
export const ReceiptPage = pageOf(Receipt).openapi("ReceiptPage");
export type ReceiptView = z.input<typeof Receipt>;

export const ImportReceiptBody = z
  .strictObject({
    agentId: AgentId,
    artifact: z.string().max(200_000).openapi({
      description:
        "Compact JWS by a registered key of the agent, typ `armalo-self-run+jws`, over `{type, agentId, versionDigest, suiteDigest, mode, ranAt, checks}`. `mode` is `production`: a simulation is no evidence, and is refused.",
    }),
  })
  .openapi("ImportReceipt");

export const ImportedReceipt = z
  .object({
    receipt: Receipt,
    assurance: z.literal(0.3).openapi({ description: "What an agent ran by itself is worth, however it is signed." }),
    checks: z.int().openapi({ description: "How many of its checks are evidence now." }),
    compositeScore: z.int().nullable(),
  })
  .openapi("ImportedReceipt");
export type ImportedView = z.input<typeof ImportedReceipt>;
