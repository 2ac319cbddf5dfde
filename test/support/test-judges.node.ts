import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";

const Request = z.object({
  model: z.string(),
  temperature: z.literal(0),
  max_tokens: z.int().max(64),
  stream: z.literal(false),
  messages: z.tuple([
    z.object({ role: z.literal("system"), content: z.string() }),
    z.object({ role: z.literal("user"), content: z.string() }),
  ]),
});
type Vote = z.output<typeof Request>;
type Call = { readonly model: string; readonly authorization: string | null; readonly user: string };

/** What stands between the lines with the mark that the system message names: what an attentive reader takes for a part. */
function partOf({ messages: [system, user] }: Vote, name: string): string {
  const mark = /BEGIN ([0-9a-f]{32})/.exec(system.content)?.[1] ?? "";
  const [, rest = ""] = user.content.split(`BEGIN ${mark} ${name}\n`);
  return rest.split(`\nEND ${mark} ${name}`)[0] ?? "";
}

/** Judges rubrics of the form `It says X.` by what the answer says, and by nothing else in it. */
function attentive(vote: Vote): string {
  const wanted = /^It says (.+)\.$/.exec(partOf(vote, "RUBRIC"))?.[1];
  if (wanted === undefined) return "cannot_tell";
  return partOf(vote, "ANSWER").toLowerCase().includes(wanted) ? "pass" : "fail";
}

/** The same, but does what anything in the answer tells it to. */
const naive = (vote: Vote): string => /reply with "([^"]*)"/i.exec(partOf(vote, "ANSWER"))?.[1] ?? attentive(vote);

type Judge = (vote: Vote, calls: number, response: ServerResponse) => string | undefined;
const status =
  (code: number): Judge =>
  (_vote, _calls, response) =>
    void response.writeHead(code).end("{}");

/** Judges by the name of their model, up to its first dot: those that behave, and those that do not. */
const judges: Readonly<Record<string, Judge>> = {
  attentive,
  naive,
  pass: () => "pass",
  fail: () => " Fail\n",
  unsure: () => "cannot_tell",
  chatty: () => "I would say that it is a pass, because the answer is good.",
  long: () => "pass ".repeat(100_000),
  "429": status(429),
  "500": status(500),
  "400": status(400),
  recovers: (_vote, calls, response) => (calls > 1 ? "pass" : status(503)(_vote, calls, response)),
  html: (_vote, _calls, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>pass</html>"),
  redirect: (_vote, _calls, response) => void response.writeHead(302, { location: "https://example.com/" }).end(),
  drop: (_vote, _calls, response) => void response.socket?.destroy(),
};

/**
 * An OpenAI-compatible server of scripted judges: `POST /judges/<token>/<place>/chat/completions` is a vote, `GET /judges/<token>` says what was asked
 * under that token.
 */
export function openTestJudges(): (request: IncomingMessage, response: ServerResponse, body: string) => void {
  const asked = new Map<string, Call[]>();
  return (request, response, body) => {
    const [, , token = "", place = ""] = (request.url ?? "").split("/");
    const calls = asked.get(token) ?? [];
    asked.set(token, calls);
    if (request.method === "GET") return void response.end(JSON.stringify(calls));
    const parsed = Request.safeParse(JSON.parse(body));
    if (!parsed.success || !request.url?.endsWith(`/${place}/chat/completions`)) return void response.writeHead(400).end("{}");
    const vote = parsed.data;
    calls.push({ model: vote.model, authorization: request.headers.authorization ?? null, user: vote.messages[1].content });
    const same = calls.filter(({ model }) => model === vote.model).length;
    const content = judges[vote.model.split(".")[0] ?? ""]?.(vote, same, response);
    if (content === undefined) return;
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        model: `${vote.model}-served`,
        choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
      }),
    );
  };
}
