import { request, Agent } from "node:http";
import { median } from "./statistics.ts";

/** A `url` that is made anew for each request asks about something else each time. */
export type Question = { readonly url: string | (() => string); readonly headers: Readonly<Record<string, string>> };

/**
 * Median latency in milliseconds of each question, over one connection each, with nothing else going on. The questions take
 * turns request by request, so that whatever the machine does meanwhile happens to all of them.
 */
export async function medianLatencies(questions: readonly Question[], turns: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const durations = questions.map((): number[] => []);
  try {
    for (let turn = -50; turn < turns; turn += 1) {
      for (const [index, question] of questions.entries()) {
        const startedAt = performance.now();
        await ask(agent, question);
        if (turn >= 0) durations[index]?.push(performance.now() - startedAt);
      }
    }
  } finally {
    agent.destroy();
  }
  return durations.map(median);
}

function ask(agent: Agent, { url: given, headers }: Question): Promise<void> {
  const url = typeof given === "string" ? given : given();
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      response.resume().once("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${response.statusCode}`))));
    })
      .once("error", reject)
      .end();
  });
}
