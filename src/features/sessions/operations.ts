import { forgetSessionCookie } from "../../access/local-session.ts";
import { defineOperation } from "../../http/define-operation.ts";
import { endSession } from "./end-session.ts";
import { sessionPage, signedInPage, signedOutPage, signInPage } from "./pages.ts";
import { readSession } from "./read-session.ts";
import { EndedSession, Session, SignInForm, SignInParams } from "./schemas.ts";
import { requireLocalSignIn, signIn } from "./sign-in.ts";

/** Every role may read agents: so this asks for no more than that somebody is signed in. */
const anybody = { mode: "operator", scope: "agents:read" } as const;
const html = { status: 200, media: ["text/html"], refusals: "page" } as const;

export const sessionOperations = [
  defineOperation({
    id: "session.get",
    method: "get",
    path: "/v1/session",
    summary: "Who is signed in",
    governance: "tenant-read",
    access: anybody,
    request: {},
    response: { status: 200, body: Session },
    handle: (context) => readSession(context),
  }),
  defineOperation({
    id: "session.end",
    method: "delete",
    path: "/v1/session",
    summary: "Sign out",
    guide: "A session of the identity provider ends there: here the answer is 409.",
    governance: "credential",
    access: anybody,
    audit: "session.ended",
    request: {},
    response: { status: 200, body: EndedSession },
    handle: (context) => endSession(context),
  }),
  defineOperation({
    id: "sign_in.link",
    method: "get",
    path: "/sign-in/{token}",
    summary: "The page of a sign-in link",
    governance: "system",
    access: { mode: "public" },
    request: { params: SignInParams },
    response: html,
    handle: async ({ input, env }) => {
      requireLocalSignIn(env);
      return signInPage(input.params.token);
    },
  }),
  defineOperation({
    id: "sign_in.use",
    method: "post",
    path: "/sign-in",
    summary: "Use a sign-in link, once",
    governance: "sign-in",
    access: { mode: "public" },
    request: { body: SignInForm, form: true },
    response: html,
    handle: async ({ input, ...context }) => {
      requireLocalSignIn(context.env);
      return signedInPage(await signIn(context, input.body.token));
    },
  }),
  defineOperation({
    id: "session.page",
    method: "get",
    path: "/session",
    summary: "Who is signed in, as a page",
    governance: "tenant-read",
    access: anybody,
    request: {},
    response: html,
    handle: async (context) => sessionPage(await readSession(context)),
  }),
  defineOperation({
    id: "session.sign_out",
    method: "post",
    path: "/sign-out",
    summary: "Sign out, from the page",
    governance: "credential",
    access: anybody,
    audit: "session.ended",
    request: {},
    response: html,
    handle: async (context) => {
      await endSession(context);
      return signedOutPage(forgetSessionCookie);
    },
  }),
];
