// The words for what became of a check. Nothing is imported here: whoever recomputes a score needs no engine for expressions.

export const severities = ["critical", "major", "minor", "info"] as const;

export const checkStatuses = ["pass", "fail", "error", "unscored", "not_applicable"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** Whose fault it is that a check did not pass. */
export const attributions = ["agent", "platform", "instrument"] as const;
export type Attribution = (typeof attributions)[number];
