/**
 * Why a log has stopped. `gap`: an event that was numbered is not there to be logged. `unnumbered`: one is there that never was. `leaf_changed`, `leaf_missing`: an event that was
 * logged is not what it was, or gone. `head_behind`: fewer events were ever numbered than were logged. `fork`: the log's tree is not
 * that of a checkpoint which it has signed. `storage_damaged`: the log's own tiles do not hold together.
 */
export const logFaultReasons = ["gap", "unnumbered", "leaf_changed", "leaf_missing", "head_behind", "fork", "storage_damaged"] as const;

export type LogFault = { readonly reason: (typeof logFaultReasons)[number]; readonly seq: number };

/** Since when, in milliseconds since 1970. */
export type LogStop = LogFault & { readonly since: number };
