import { validForMs, type CalibrationResult } from "./calibration.ts";
import type { CalibrationHeadView, CalibrationView } from "./schemas.ts";
import type { CalibrationRow } from "./store.ts";

/** Far beyond what the slowest judges take for the largest set; what has not ended by then was broken off. */
export const lapsesAfterMs = 12 * 3_600_000;

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
    validUntil: finishedAt === null ? null : new Date(finishedAt.getTime() + validForMs).toISOString(),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

export const toCalibration = ({ examples, result, ...row }: Row, now: Date): CalibrationView => ({
  ...toCalibrationHead({ ...row, exampleCount: examples.length, result }, now),
  result,
  examples,
});
