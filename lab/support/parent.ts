/**
 * No process of the lab outlives the one that started it: a child ends when its IPC channel to the parent closes,
 * and a process that blocks its own event loop on purpose checks `parentIsAlive` in between.
 */

const parentPid = process.ppid;

export function parentIsAlive(): boolean {
  return process.ppid === parentPid;
}

export function exitWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole process group; the parent decides in which order things end.
  process.on('SIGINT', () => {});
}
