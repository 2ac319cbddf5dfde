import { escapeMarkup } from "../../http/markup.ts";
import type { TextAnswer } from "../../http/operation.ts";
import { page, readableTime } from "../../http/page.ts";
import type { SessionView } from "./schemas.ts";

/** Shows a button, and says nothing of whom the link is for: whoever opens it, or fetches it ahead, uses nothing up. */
export const signInPage = (token: string): TextAnswer =>
  page(
    "Sign in to Armalo",
    `<p>This link signs you in once. It works for ten minutes from when it was made.</p>
<form method="post" action="/sign-in"><input type="hidden" name="token" value="${escapeMarkup(token)}"><button type="submit">Sign in</button></form>
<p>If you did not ask for it, close this page: nothing has happened yet.</p>`,
    { form: true },
  );

export const signedInPage = (cookie: string): TextAnswer =>
  page(
    "You are signed in",
    `<p>Your session ends after an hour in which you do nothing, and after twelve hours at the latest.</p><p><a href="/session">Your session</a></p>`,
    { headers: { "Set-Cookie": cookie } },
  );

const termsOf = (session: SessionView): readonly (readonly [string, string])[] => [
  ["Name", session.name ?? "not given"],
  ["E-mail", session.email ?? "not given"],
  ["Role", session.role],
  ["Organization", `${session.organization.name} (${session.organization.id})`],
  ["Plan", `${session.organization.plan}${session.organization.environment === "test" ? ", for tests" : ""}`],
  ["Signed in since", readableTime(session.since)],
  ["Until, at the latest", readableTime(session.until)],
];

export const sessionPage = (session: SessionView): TextAnswer =>
  page(
    "Your session",
    `<dl>${termsOf(session)
      .map(([term, value]) => `<dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(value)}</dd>`)
      .join("")}</dl>
${session.signedInWith === "local" ? `<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>` : "<p>Sign out where you signed in.</p>"}
<p><a href="/docs">API reference</a></p>`,
    { form: true },
  );

export const signedOutPage = (forget: string): TextAnswer =>
  page("You are signed out", `<p>This session has ended, here and in every other window.</p>`, { headers: { "Set-Cookie": forget } });
