/** What each class of operation may be: the one list behind the types of defineOperation and the control matrix. */
export const governanceClasses = {
  "public-read": { modes: ["public"], methods: ["get"], audited: false },
  "tenant-read": { modes: ["tenant", "payable", "operator"], methods: ["get"], audited: false },
  // A question that is a document: nothing is written, and so nothing is logged.
  "tenant-query": { modes: ["tenant"], methods: ["post"], audited: false },
  "tenant-mutation": { modes: ["tenant", "payable", "operator"], methods: ["post", "put", "patch", "delete"], audited: true },
  credential: { modes: ["tenant", "operator"], methods: ["post", "patch", "delete"], audited: true },
  "autonomous-action": { modes: ["tenant", "payable"], methods: ["post"], audited: true },
  // What happens in a room is logged by the room's own outbox, not by the request's transaction.
  room: { modes: ["room"], methods: ["get", "post"], audited: false },
  // A provider's signed event: what it brings about is logged in the organization that it concerns.
  "provider-event": { modes: ["provider"], methods: ["get", "post", "put"], audited: false },
  // Who signs in proves with a one-time token who he is: the session's first event is logged by the verb.
  "sign-in": { modes: ["public"], methods: ["post"], audited: false },
  // Nothing is done by a relay itself: what is called through it is governed by its own class.
  relay: { modes: ["relay"], methods: ["post"], audited: false },
  system: { modes: ["public"], methods: ["get"], audited: false },
} as const;

export type Governance = keyof typeof governanceClasses;
export type ModeOf<G extends Governance> = (typeof governanceClasses)[G]["modes"][number];
export type MethodOf<G extends Governance> = (typeof governanceClasses)[G]["methods"][number];
export type Audited = { [G in Governance]: (typeof governanceClasses)[G]["audited"] extends true ? G : never }[Governance];
