/**
 * What each plan allows: the one table of it. Requests are per rolling minute; `hostCallsPerMinute` bounds what one run sends to one host, and
 * `judgeCallsPerRun` how often all of its judges are called together, calls that were repeated included. `roomMessages` and `roomDays` are the
 * most that a room keeps. Who has more than a plan allows, because it was another one, keeps it and can add nothing.
 */
export const plans = {
  free: {
    requestsPerMinute: 60,
    casesPerRun: 100,
    concurrentRuns: 1,
    hostCallsPerMinute: 60,
    judgeCallsPerRun: 300,
    swarms: 2,
    roomsPerSwarm: 5,
    roomMessages: 1000,
    roomDays: 7,
    webhookEndpoints: 0,
  },
  pro: {
    requestsPerMinute: 600,
    casesPerRun: 500,
    concurrentRuns: 4,
    hostCallsPerMinute: 600,
    judgeCallsPerRun: 3000,
    swarms: 20,
    roomsPerSwarm: 50,
    roomMessages: 10_000,
    roomDays: 30,
    webhookEndpoints: 10,
  },
  enterprise: {
    requestsPerMinute: 6000,
    casesPerRun: 500,
    concurrentRuns: 16,
    hostCallsPerMinute: 3000,
    judgeCallsPerRun: 6000,
    swarms: 200,
    roomsPerSwarm: 100,
    roomMessages: 100_000,
    roomDays: 90,
    webhookEndpoints: 50,
  },
} as const;

export type Plan = keyof typeof plans;
/** The least first. */
export const planNames = Object.keys(plans).filter((name): name is Plan => name in plans);

/** What can be bought. */
export const paidPlans = planNames.filter((plan) => plan !== "free");

export const allowsWebhooks = (plan: Plan): boolean => plans[plan].webhookEndpoints > 0;
export const plansThatHear = planNames.filter(allowsWebhooks);

/** The one that allows more. */
export const betterPlan = (one: Plan, other: Plan): Plan => (planNames.indexOf(one) >= planNames.indexOf(other) ? one : other);
