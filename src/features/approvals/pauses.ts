/** Between two looks at an approval that nobody has decided: eight looks in 55 s, soon at first. */
const pausesMs = [1_000, 3_000, 6_000, 9_000, 12_000, 12_000, 12_000];

/** The pauses of a read that waits so long in all; none where it does not wait. */
export function pausesOf(waitMs: number): number[] {
  let left = waitMs;
  return pausesMs
    .map((pause) => {
      const taken = Math.min(pause, left);
      left -= taken;
      return taken;
    })
    .filter((pause) => pause > 0);
}
