import { execFile, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
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

type Process = { readonly pid: string; readonly parent: string; readonly name: string };

async function childrenNamed(name: string): Promise<string[]> {
  const all = process.platform === "linux" ? await fromProc() : await fromPs();
  return all.filter((one) => one.parent === String(process.pid) && one.name === name).map(({ pid }) => pid);
}

/** proc(5): `pid (name) state parent …`. Small Linux systems have no `ps`. */
async function fromProc(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return lines.flatMap((line) => {
    const [, pid = "", name = "", parent = ""] = /^(\d+) \((.*)\) \S (\d+)/.exec(line) ?? [];
    return [{ pid, name, parent }];
  });
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,comm="]);
  return stdout.split("\n").map((line) => {
    const [, pid = "", parent = "", path = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid, parent, name: basename(path) };
  });
}
