export { judgeLimits } from "./ask-judge.ts";
export { accuracyOf, validForMs } from "./calibration.ts";
export { callsUpTo, longestVoteMs, pollJury, seatJudges, type Jury } from "./jury.ts";
export { decisionOf, JuryFinding, validVotes } from "./jury-finding.ts";
export { digestPrompt } from "./prompt.ts";
export { selectCalibration, selectNewestCalibration, selectPanel } from "./store.ts";
export { vainCallsOf } from "./vain-calls.ts";
