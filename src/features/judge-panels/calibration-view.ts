import { validForMs, type CalibrationResult } from "./calibration.ts";
import type { CalibrationHeadView, CalibrationView } from "./schemas.ts";
import type { CalibrationRow } from "./store.ts";

/** No vote of a calibration is begun later than this. */
export const longestCalibrationMs = 2 * 3_600_000;
/** What has not ended by then never will: the engine lost it. */
export const lapsesAfterMs = longestCalibrationMs + 3_600_000;

type Row = Omit<CalibrationRow, "orgId">;
type Head = Omit<Row, "examples" | "result"> & {
  readonly exampleCount: number;
  readonly result: Omit<CalibrationResult, "findings"> | null;
};

export function toCalibrationHead(head: Head, now: Date): CalibrationHeadView {
  const { status, createdAt, finishedAt, ...rest } = head;
  const isLapsed = status === "running" && now.getTime() - createdAt.getTime() > lapsesAfterMs;
  return {
    ...rest,
    status: isLapsed ? "lapsed" : status,
    validUntil: finishedAt === null || rest.result === null ? null : new Date(finishedAt.getTime() + validForMs).toISOString(),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

export const toCalibration = ({ examples, result, ...row }: Row, now: Date): CalibrationView => ({
  ...toCalibrationHead({ ...row, exampleCount: examples.length, result }, now),
  result,
  examples,
});
