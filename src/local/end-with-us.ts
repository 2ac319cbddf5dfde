import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const reaper = fileURLToPath(new URL("reaper.mjs", import.meta.url).href);

/**
 * Sees to it that our child processes of a name end when we do, even when we are killed: workerd would go on by itself
 * and keep the port. Answers with what calls it off.
 */
export async function endWithUs(name: string): Promise<() => void> {
  // In a group of its own, so that Ctrl-C at the terminal does not reach it; its input ends when this process does.
  const child = spawn(process.execPath, [reaper], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  child.unref();
  child.stdin.write((await childrenNamed(name)).map((pid) => `${pid}\n`).join(""));
  return () => void child.kill();
}

async function childrenNamed(name: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,command="]);
  return stdout
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line))
    .filter((found) => found !== null)
    .filter(([, , parent, command]) => parent === String(process.pid) && command?.endsWith(`/${name}`))
    .map(([, pid]) => String(pid));
}
