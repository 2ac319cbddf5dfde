/** The words that the product uses, for people. */
export const glossary = {
  Organization: "Who owns agents, keys and evidence. Nothing of one organization is visible to another unless it was published.",
  Agent:
    "A piece of software that acts for somebody and can be called: its endpoint, protocol, provider, model and capabilities define its version.",
  Pact: "What an agent promises, as conditions that can be checked. Once activated it never changes; its digest proves that.",
  "Co-signature":
    "Another organization's signature under the digest of an active pact: a row of its own, under its own name. A later version needs another one.",
  Condition: "One promise of a pact: a comparison, an expression, or limits on the arguments of a tool.",
  Suite: "A set of test cases, named by the digest of its content.",
  "Eval run": "A suite put to an agent, case by case. It ends with a verdict: pass, fail or inconclusive.",
  Check:
    "One question asked of one answer. It is pass, fail, error, unscored or not applicable: what could not be checked is never a pass.",
  Evidence: "A check that was scored: a value from 0 to 1, a dimension and a time.",
  Dimension: "What a check is about: accuracy, pact compliance, safety, reliability, latency, cost efficiency or counterparties.",
  Score:
    "How good an agent can be shown to be, from 0 to 1000. It grows with evidence, not only with success; without enough evidence there is none.",
  "N, S, L, U":
    "How much evidence there is, how much of it is good, and the values that the true rate lies above and below with 95 % confidence each.",
  Assurance: "How much a piece of evidence weighs, by who made it and how it was confirmed. What a caller merely reports weighs nothing.",
  "Audit event": "A record of one change, written in the same transaction as the change, numbered without a gap, never altered.",
  "Transparency log":
    "The audit events of an organization as the leaves of one hash tree. What it has signed anybody can check, without trusting us.",
  Checkpoint: "A signed statement of how many events a log holds, and of the root over them. Each later one contains all of it.",
  Witness: "Somebody else who saw a checkpoint, and signed that it agreed with what they had seen before.",
} as const;
