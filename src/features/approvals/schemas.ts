import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { approvalEffects, approvalStatuses } from "../../grants/approval.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

const ApprovalId = z.string().regex(idPattern("approval"));
const GrantId = z.string().regex(idPattern("grant"));
const AgentId = z.string().regex(idPattern("agent"));
const Digest = z.string().regex(digestPattern);
const Time = z.iso.datetime();

/** The longest that a read waits, in seconds. */
export const longestWaitSeconds = 55;

export const ApprovalParams = z.object({ approvalId: ApprovalId });

export const WaitQuery = z.object({
  wait: z.coerce.number().int().min(0).max(longestWaitSeconds).default(0).openapi({
    description: "So many seconds to wait for a decision, where there is none yet. Without one by then the answer says `pending`.",
  }),
});

export const ListApprovalsQuery = z.object({
  ...pageQuery,
  status: z.enum(approvalStatuses).optional(),
  grantId: GrantId.optional(),
  agentId: AgentId.optional(),
});

export const Approval = z
  .object({
    id: ApprovalId,
    grantId: GrantId,
    agentId: AgentId,
    invocationId: z.string().openapi({ description: "The call that asked for it." }),
    status: z.enum(approvalStatuses).openapi({
      description: "`expired`: nobody decided in time, or what was approved was not used in time. It is neither a denial nor an approval.",
    }),
    requestedBy: z.string().openapi({ description: "The key that asked." }),
    requestDigest: Digest,
    actionDigest: Digest.openapi({ description: "The one action that it is for: any other needs an approval of its own." }),
    previewDigest: Digest.openapi({ description: "SHA-256 of the preview's UTF-8: whoever decides names it." }),
    url: z.url().openapi({ description: "The page on which a signed-in person decides." }),
    fourEyes: z.boolean().openapi({
      description: "Whether somebody else must approve it than whoever registered the agent, made the key that asks, or created the grant.",
    }),
    expiresAt: Time,
    decidedBy: z.string().nullable(),
    decidedAt: Time.nullable(),
    note: z.string().nullable().openapi({ description: "What the person who decided wrote to it." }),
    reason: z.string().nullable().openapi({ description: "Why it was invalidated." }),
    consumedBy: z.string().nullable().openapi({ description: "The call that used it up." }),
    consumedAt: Time.nullable(),
    effect: z.enum(approvalEffects).nullable().openapi({ description: "What became of that call." }),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Approval");
export type ApprovalView = z.input<typeof Approval>;

export const ApprovalWithPreview = Approval.extend({
  preview: z.string().nullable().openapi({
    description:
      "Exactly what the person who decides is shown. Invisible, control and bidirectional characters are written as `\\u{…}`, and so are letters that could be taken for others in a word of mixed scripts; a word that only looks Latin has its script behind it, such as `\\{Cyrillic}`. Null for a credential that is bound to an agent.",
  }),
}).openapi("ApprovalWithPreview");
export type ApprovalWithPreviewView = z.input<typeof ApprovalWithPreview>;

export const ApprovalPage = pageOf(Approval.omit({ note: true })).openapi("ApprovalPage");

const Note = z.string().trim().max(500);

export const DecideBody = z
  .strictObject({
    previewDigest: Digest.openapi({ description: "Of the preview that you have read. Another one is refused." }),
    note: Note.min(1).optional().openapi({ description: "For whoever asked: the agent reads it too." }),
  })
  .openapi("ApprovalDecision");

/** What the page's forms send: a note that was left empty is none. */
export const DecideForm = z.strictObject({
  previewDigest: Digest,
  note: Note.transform((note) => (note === "" ? undefined : note)).optional(),
});

/** What an invocation that waits answers. */
export const ApprovalTicket = z
  .object({
    id: ApprovalId,
    url: z.url().openapi({ description: "The page on which a signed-in person decides." }),
    status: z.enum(approvalStatuses),
    expiresAt: Time,
    pollAfterMs: z
      .int()
      .min(0)
      .openapi({ description: "When to ask again at the earliest; `GET /v1/approvals/{id}?wait=55` waits instead." }),
  })
  .openapi("ApprovalTicket");
export type ApprovalTicketView = z.input<typeof ApprovalTicket>;
