/** A real server that tests need: how to get it onto this machine, and how to run one for a test run. */

export type ComponentName =
  | 'temporal'
  | 'time-skipping'
  | 'postgres'
  | 'alertmanager'
  | 'collector'
  | 'prometheus'
  | 'loki'
  | 'kafka'
  | 'chromium'
  | 'docker'
  | 'moto'
  | 'ministack'
  | 'qdrant'
  | 'kubernetes'
  | 'kubernetes-cluster';

export interface Component {
  readonly name: ComponentName;
  /** Makes sure it is on this machine; may take minutes once. Throws with what the user can do. */
  obtain(report: (line: string) => void): Promise<void>;
  /** Starts the one that a test run shares; `info` is plain data that the tests receive. */
  start(): Promise<{ info: unknown; stop: () => Promise<void> }>;
}
