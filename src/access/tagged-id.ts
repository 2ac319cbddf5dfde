import type { Environment } from "../env.ts";
import { equalInConstantTime, keyedTag } from "./api-key.ts";
import { tagKeyOf } from "./tag-key.ts";

/** What a tagged identifier names: a Durable Object that an unauthenticated caller can ask for. */
type Kind = "room" | "payment";
const forms = { room: /^room_([0-9A-Za-z]{22})([0-9A-Za-z]{11})$/, payment: /^pay_([0-9A-Za-z]{43})([0-9A-Za-z]{11})$/ } as const;
const prefixes = { room: "room", payment: "pay" } as const;

/** What such an identifier looks like, for schemas; whether we made it, `isOurId` says. */
export const taggedIdPattern = (kind: Kind): RegExp => forms[kind];

const tagOf = async (env: Environment, kind: Kind, name: string): Promise<string> =>
  keyedTag(await tagKeyOf(env), `armalo/${kind}/1|${name}`);

/** `<prefix>_<name><tag>`: the tag is 64 bits of an HMAC, so that nobody has us address an object that we never made. */
export const tagId = async (env: Environment, kind: Kind, name: string): Promise<string> =>
  `${prefixes[kind]}_${name}${await tagOf(env, kind, name)}`;

/** Whether this installation made the identifier: by arithmetic, nothing is looked up. */
export async function isOurId(env: Environment, kind: Kind, id: string): Promise<boolean> {
  const [, name, tag] = forms[kind].exec(id) ?? [];
  return name !== undefined && tag !== undefined && equalInConstantTime(await tagOf(env, kind, name), tag);
}
