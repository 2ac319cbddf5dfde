/** What each class of operation may be: the one list behind the types of defineOperation and the control matrix. */
export const governanceClasses = {
  "public-read": { modes: ["public"], methods: ["get"], audited: false },
  "tenant-read": { modes: ["tenant", "payable"], methods: ["get"], audited: false },
  "tenant-mutation": { modes: ["tenant", "payable"], methods: ["post", "put", "patch", "delete"], audited: true },
  credential: { modes: ["tenant"], methods: ["post", "delete"], audited: true },
  "autonomous-action": { modes: ["tenant", "payable"], methods: ["post"], audited: true },
  // What happens in a room is logged by the room's own outbox, not by the request's transaction.
  room: { modes: ["room"], methods: ["get", "post"], audited: false },
  system: { modes: ["public"], methods: ["get"], audited: false },
} as const;

export type Governance = keyof typeof governanceClasses;
export type ModeOf<G extends Governance> = (typeof governanceClasses)[G]["modes"][number];
export type MethodOf<G extends Governance> = (typeof governanceClasses)[G]["methods"][number];
export type Audited = { [G in Governance]: (typeof governanceClasses)[G]["audited"] extends true ? G : never }[Governance];
