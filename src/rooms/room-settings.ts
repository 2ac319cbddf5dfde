import type { Plan } from "../access/plans.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { compileJsonSchema, type JsonSchema } from "../expressions/json-schema.ts";
import { newWorkBudget } from "../expressions/work-budget.ts";

/** What the room must know of itself to serve its members, kept in its own storage; the swarm's secrets are not. */
export type RoomSettings = {
  readonly roomId: string;
  readonly orgId: string;
  readonly plan: Plan;
  /** None: any topic is allowed. */
  readonly topics: readonly { readonly name: string; readonly schema?: JsonValue | undefined }[];
  readonly retention: { readonly messages: number; readonly days: number };
};

/** About 10 to 25 ms of a slow core: a schema that wants more of one message is not met by it. */
const workPerMessage = 2 ** 20;

export type TopicFinding =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: "forbidden" | "schema_violation"; readonly detail: string };
type Known = { readonly schema: JsonSchema | undefined };

/** Judges messages by their topics: whether the room has such a topic, and whether the body is what the topic's schema says. */
export class Topics {
  readonly #known: ReadonlyMap<string, RoomSettings["topics"][number]>;
  readonly #compiled = new Map<string, Known>();

  constructor(topics: RoomSettings["topics"]) {
    this.#known = new Map(topics.map((topic) => [topic.name, topic]));
  }

  judge(topic: string, body: JsonValue): TopicFinding {
    if (this.#known.size === 0) return { ok: true };
    const known = this.#known.get(topic);
    if (known === undefined) return { ok: false, code: "forbidden", detail: "The room has no such topic." };
    const { schema } = this.#compiledOf(topic, known.schema);
    if (schema === undefined) return { ok: true };
    const outcome = schema.validate(body, newWorkBudget(workPerMessage));
    if (outcome.ok && outcome.valid) return { ok: true };
    const detail = outcome.ok
      ? `The body breaks the topic's schema at ${JSON.stringify(outcome.at.slice(0, 200))}: ${outcome.keyword}.`
      : `The body cannot be checked against the topic's schema: ${outcome.reason}.`;
    return { ok: false, code: "schema_violation", detail };
  }

  #compiledOf(topic: string, schema: JsonValue | undefined): Known {
    const known = this.#compiled.get(topic) ?? compile(schema);
    this.#compiled.set(topic, known);
    return known;
  }
}

function compile(schema: JsonValue | undefined): Known {
  if (schema === undefined || schema === null) return { schema: undefined };
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) throw new Error(`a topic's schema no longer compiles: ${compiled.detail}`);
  return { schema: compiled.schema };
}
