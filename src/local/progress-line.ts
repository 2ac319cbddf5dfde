export type ProgressLine = {
  /** `share` of the work is done, in [0, 1]. */
  readonly show: (share: number, text: string) => void;
  readonly end: () => void;
};

const width = 24;

/** One line that is written over on a terminal; elsewhere a new line for each tenth of the work, and the last one always. */
export function progressLine(title: string, out: NodeJS.WriteStream = process.stdout): ProgressLine {
  let shownTenth = -1;
  let last = "";
  let written = "";
  return {
    show: (share, text) => {
      const filled = Math.round(Math.min(1, share) * width);
      const bar = `  ${title}  ${"█".repeat(filled)}${"░".repeat(width - filled)}  ${text}`;
      const tenth = Math.floor(share * 10);
      last = bar;
      if (out.isTTY) out.write(`\r\u001b[K${bar}`);
      else if (tenth > shownTenth) {
        out.write(`${bar}\n`);
        written = bar;
      }
      shownTenth = Math.max(shownTenth, tenth);
    },
    end: () => {
      if (out.isTTY) out.write("\n");
      else if (last !== written) out.write(`${last}\n`);
    },
  };
}
