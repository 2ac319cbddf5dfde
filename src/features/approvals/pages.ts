import type { ApprovalStatus } from "../../grants/approval.ts";
import { markup, nothing, type Markup } from "../../http/markup.ts";
import type { TextAnswer } from "../../http/operation.ts";
import { page, readableTime } from "../../http/page.ts";
import type { ApprovalView } from "./schemas.ts";

type View = Omit<ApprovalView, "note">;
/** What the person who looks may do: nothing without the role; and not both where the policy asks for four eyes. */
export type Rights = "none" | "deny" | "both";

const headings: Readonly<Record<ApprovalStatus, string>> = {
  proposed: "An agent asks for approval",
  pending: "An agent asks for approval",
  approved: "This was approved",
  denied: "This was denied",
  expired: "The time for this is over",
  cancelled: "This was cancelled",
  invalidated: "This is no longer what would be done",
  consumed: "This was approved, and used",
};

/** A text of JSON strings and what stands between them, each in its own direction: what is written from right to left moves nothing beside it. */
const isolated = (text: string): Markup[] =>
  text.split(/("(?:[^"\\]|\\.)*")/).map((part) => (part.startsWith('"') ? markup`<bdi>${part}</bdi>` : markup`${part}`));

const termsOf = (view: View): readonly (readonly [string, string | null])[] => [
  ["Status", view.status],
  ["Until", readableTime(view.expiresAt)],
  ["Asked by", view.requestedBy],
  ["Decided by", view.decidedBy],
  ["What became of it", view.effect],
  ["Digest of the text below", view.previewDigest],
];

/** What is asked for, exactly, and what the person may say to it. `preview` is shown byte for byte. */
export function approvalPage(view: View, preview: string, rights: Rights): TextAnswer {
  const terms = termsOf(view).map(([term, value]) => (value === null ? nothing : markup`<dt>${term}</dt><dd>${value}</dd>`));
  const body = markup`<dl>${terms}</dl>
<h2 id="action">The action, as it would be done</h2>
<pre dir="ltr" tabindex="0" aria-labelledby="action">${isolated(preview)}</pre>
<p>Characters that cannot be seen, that change how others are read, or that stand in a word of other letters are written as <code>\\u{…}</code>.
A word that only looks Latin has its script behind it, such as <code>\\{Cyrillic}</code>.</p>
${view.status === "pending" ? decision(view, rights) : nothing}`;
  return page(headings[view.status], body.text, { form: true });
}

function decision({ id, previewDigest }: View, rights: Rights): Markup {
  if (rights === "none") return markup`<p>Your role does not decide this.</p>`;
  const approve = markup`<button type="submit" formaction="/approvals/${id}/approve">Approve this once</button> `;
  const why = markup`<p>Somebody else must approve this: you are behind the agent, the key that asks or the grant, or it is not known who is.</p>`;
  return markup`${rights === "both" ? nothing : why}<form method="post" action="/approvals/${id}/deny">
<input type="hidden" name="previewDigest" value="${previewDigest}">
<label for="note">A note, if you like: the agent reads it too</label><textarea id="note" name="note" rows="3" maxlength="500"></textarea>
${rights === "both" ? approve : nothing}<button class="other" type="submit">Deny</button></form>`;
}

/** What a person is shown who has decided. */
export const decidedPage = ({ id, status }: View): TextAnswer =>
  page(
    status === "approved" ? "You approved this" : "You denied this",
    markup`<p>${
      status === "approved"
        ? "Exactly this action may be done once, while it is still the same one and in time."
        : "The action is not done. Another request for it is asked anew."
    }</p><p><a href="/approvals/${id}">The approval</a></p>`.text,
  );
