/** Resolves when the process is told to stop, instead of its stopping there and then. */
export function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // Miniflare's own listener would end the process before anything is closed.
      process.removeAllListeners(signal);
      process.once(signal, () => resolve());
    }
  });
}
