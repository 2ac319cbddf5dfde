type Matches = (pattern: string, topic: string) => boolean;

const rememberedTopics = 1_000;

/**
 * Who is to get a message of a topic, found without asking every member: members by pattern, and for each topic the patterns that match it.
 * Only a pattern that is new or given up makes the second be worked out again, so that members who come and go cost nothing.
 */
export class FanOut<Member> {
  readonly #matches: Matches;
  readonly #members = new Map<string, Set<Member>>();
  readonly #groups = new Map<string, readonly ReadonlySet<Member>[]>();

  constructor(matches: Matches) {
    this.#matches = matches;
  }

  add(pattern: string, member: Member): void {
    const members = this.#members.get(pattern);
    if (members !== undefined) {
      members.add(member);
      return;
    }
    this.#members.set(pattern, new Set([member]));
    this.#groups.clear();
  }

  remove(pattern: string, member: Member): void {
    const members = this.#members.get(pattern);
    if (members?.delete(member) !== true || members.size > 0) return;
    this.#members.delete(pattern);
    this.#groups.clear();
  }

  /** Each member once. Members may be removed while they are walked. */
  membersOf(topic: string): ReadonlySet<Member> {
    const groups = this.#groupsOf(topic);
    const [first] = groups;
    if (groups.length <= 1) return first ?? new Set<Member>();
    return new Set(groups.flatMap((group) => [...group]));
  }

  #groupsOf(topic: string): readonly ReadonlySet<Member>[] {
    const known = this.#groups.get(topic);
    if (known !== undefined) return known;
    const groups = [...this.#members].flatMap(([pattern, members]) => (this.#matches(pattern, topic) ? [members] : []));
    if (this.#groups.size >= rememberedTopics) this.#groups.clear();
    this.#groups.set(topic, groups);
    return groups;
  }
}
