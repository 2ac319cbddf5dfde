/**
 * What each plan allows. Requests are per rolling minute; `hostCallsPerMinute` bounds what one run sends to one host, and `judgeCallsPerRun`
 * how often all of its judges are called together, calls that were repeated included.
 */
export const plans = {
  free: { requestsPerMinute: 60, casesPerRun: 100, concurrentRuns: 1, hostCallsPerMinute: 60, judgeCallsPerRun: 300, webhookEndpoints: 0 },
  pro: {
    requestsPerMinute: 600,
    casesPerRun: 500,
    concurrentRuns: 4,
    hostCallsPerMinute: 600,
    judgeCallsPerRun: 3000,
    webhookEndpoints: 10,
  },
  enterprise: {
    requestsPerMinute: 6000,
    casesPerRun: 500,
    concurrentRuns: 16,
    hostCallsPerMinute: 3000,
    judgeCallsPerRun: 6000,
    webhookEndpoints: 50,
  },
} as const;

export type Plan = keyof typeof plans;
export const planNames = Object.keys(plans).filter((name): name is Plan => name in plans);

/** What each plan allows of swarms; `roomMessages` and `roomDays` are the most that a room keeps. */
export const swarmPlans = {
  free: { swarms: 2, roomsPerSwarm: 5, roomMessages: 1000, roomDays: 7 },
  pro: { swarms: 20, roomsPerSwarm: 50, roomMessages: 10_000, roomDays: 30 },
  enterprise: { swarms: 200, roomsPerSwarm: 100, roomMessages: 100_000, roomDays: 90 },
} as const satisfies Record<Plan, object>;
