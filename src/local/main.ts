import { PlainFailure } from "./plain-failure.ts";

/** Runs a command of the terminal: an expected failure is shown as its sentence, anything else with its stack. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof PlainFailure ? `\n  ${error.message}\n` : error);
    process.exitCode = 1;
  }
}
