// Waits until the process that started it is gone, however it ended, and then ends the processes whose ids it was told.
let told = "";
for await (const chunk of process.stdin) told += chunk;
for (const pid of told.split("\n").filter(Boolean)) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
