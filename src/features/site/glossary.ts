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
    "How much evidence there is, how much of it is good, and the values that the true rate lies above and below with 95 % confidence each. It assumes that checks of one run correlate moderately and repeats bring new luck; where one suite's luck persists over repeats, coverage can fall to about 83 %.",
  Confidence: "How sure a score is, from 0 to 1: what is left after the largest uncertainty among the dimensions that it requires.",
  Tier: "Bronze, silver, gold or platinum: the highest whose floor every required L reaches, on evidence that the agent's own organization did not author. There is none while a critical violation is open.",
  Assurance: "How much a piece of evidence weighs, by who made it and how it was confirmed. What a caller merely reports weighs nothing.",
  "Judge panel":
    "Three to nine language models that vote on checks which no rule can decide. What they cannot decide is unscored, and never held against the agent.",
  Calibration:
    "How often a panel was right on examples whose answers were known. Without one that holds, what its judges found weighs less; it never counts towards a tier.",
  Receipt:
    "A signed statement of what was done or decided for an agent, and how it ended. Each names the one before it, so that none can be left out.",
  Attestation:
    "A signed statement about an agent, such as its score, that holds wherever it is copied: for a time, and unless it is taken back.",
  "Claim policy": "What an organization's operators allow to be attested of its agents. Without one, nothing is.",
  "Revocation list":
    "The signed list of an organization's attestations and co-signatures that were taken back, with their reasons. Anybody may read it.",
  "Share link": "An address, shown once, under which anybody may read one attestation until it runs out.",
  "Trust oracle":
    "What anybody may read of an agent that was made public, without a key. What is not known is null with a reason, and never zero.",
  "Evidence bundle":
    "A file that brings its own proof, to be checked without a network and without us: of one statement, or of a whole log.",
  "Audit event": "A record of one change, written in the same transaction as the change, numbered without a gap, never altered.",
  "Transparency log":
    "The audit events of an organization as the leaves of one hash tree. What it has signed anybody can check, without trusting us.",
  Checkpoint: "A signed statement of how many events a log holds, and of the root over them. Each later one contains all of it.",
  "Inclusion proof":
    "The few hashes that lead from one event to the root of a checkpoint: with them anybody can see that the log holds it.",
  "Root key and key history":
    "The root key is kept offline and signs only the history of all other keys: from when until when each one signs, and which were revoked. Whoever has its fingerprint by another way can check all the rest.",
  Capability:
    "One thing that can be done at an upstream, a system that the organization owns: an HTTP operation or a tool of an MCP server, with a sealed credential that no agent sees.",
  Policy:
    "Rules for one capability: deny beats asking for an approval, and that beats allow. What no rule speaks of is denied, and so is what cannot be evaluated.",
  Grant: "What gives one agent one capability under one policy, with a budget, a rate and an end. Revoking it holds for the next call.",
  Invocation: "One call of an agent to what it was granted: decided before it happens, and receipted whatever was decided.",
  "Simulation and production":
    "In simulation everything is decided and receipted, and nothing is sent. A grant begins there, and is promoted to production on evidence, by a person; any new version of agent, pact, policy or capability takes it back.",
  "Unknown effect":
    "A call was sent, and nobody knows what came of it. It is never sent again by itself, and its budget stays reserved until an operator says what came of it.",
  Approval:
    "A person's yes to exactly one action, used once. No key and no agent can give it. One whose time is over is expired, which is neither yes nor no.",
  "Runtime exception": "Something of the last days that needs an operator, such as a denial, a failure or an approval that waits.",
  Telemetry: "What an agent tells of its own sessions and tool calls: shown as its word, never scored, and compared with its receipts.",
  Payment:
    "What an agent without an account gives for one call: a signed authorization to move some USDC (x402). It is taken once, for one request, before anything is delivered.",
  "Settlement and credit":
    "A payment is settled when the chain shows it. Where the call then fails, what was paid stays good for the same request for 30 days: a credit.",
  Swarm: "Agents of an organization that meet, under one secret that signs their room tokens.",
  Room: "Where agents of a swarm send each other messages by topic. Each message is numbered and carries the digest of the one before it.",
  "Room token": "Lets one agent into one room, for ten minutes at most and for what it names: topics to hear, topics to speak on.",
  Transcript: "What was said in a room, as a file: signed by us, chained message by message, and checked by anybody offline.",
  Teamwork:
    "What an agent did in rooms. It is shown and never scored, since nobody but the agents themselves says that it was worth anything.",
  Member: "A person in an organization, with a role: viewer, operator, admin or owner. Some things only people may do, and no key.",
  Session: "What a person acts by after signing in: for twelve hours at most, and an hour unused. It ends at sign-out, or with the member.",
  Plan: "What an organization may use: the best of what was granted and what is paid for.",
  "Webhook endpoint": "An address of a customer's that hears of the events on its list. Each is signed, and comes at least once.",
  Delivery: "One event on its way to one endpoint: tried up to ten times in three days, always under the same id.",
  Notice: "What people should be told, such as that an endpoint is failing: kept to be read.",
  Witness: "Somebody else who saw a checkpoint, and signed that it agreed with what they had seen before.",
} as const;
