/** What the example agent promises: one deterministic condition of each kind that its suites' `pact` checks can judge. */
export const firstPact = (agentId: string): object => ({
  agentId,
  name: "Support answers",
  description: "Answers in time, in a readable length, and without anybody's address.",
  conditions: [
    {
      id: "in-time",
      type: "latency_ms",
      operator: "lte",
      value: 2000,
      unit: "ms",
      severity: "major",
      description: "Answers within two seconds.",
    },
    {
      id: "readable",
      type: "output_chars",
      operator: "lte",
      value: 2000,
      severity: "minor",
      description: "Answers in at most 2,000 characters.",
    },
    {
      id: "no-address",
      type: "output",
      operator: "excludes",
      value: "@",
      severity: "critical",
      description: "Never gives away an e-mail address.",
    },
    {
      id: "says-something",
      type: "cel",
      expression: "size(output) > 0",
      severity: "major",
      description: "Never answers with nothing.",
    },
  ],
});
