/** What a supervisor needs to know at its start; given as flags, or as one line of JSON on stdin by a parent process. */
import { z } from 'zod';

export const optionsSchema = z.strictObject({
  /** Folder for the sandboxes and the ledger; emptied of neither. */
  dir: z.string().min(1),
  seed: z.number().int().min(0).default(1),
  /** Base URL of an OTLP/HTTP receiver (`/v1/metrics` and so on are appended). */
  otlpEndpoint: z.url().optional(),
  /** How often metrics are sent; spans and logs come every five seconds at the latest, as SDKs send them by default. */
  telemetryIntervalMs: z.number().int().min(1_000).max(600_000).default(1_000),
  /** Where change events are posted. */
  eventsUrl: z.url().optional(),
  apiKey: z.string().min(1).optional(),
  environment: z.string().min(1).default('lab'),
  requestsPerSecond: z.number().min(0).max(500).default(20),
  port: z.number().int().min(0).max(65_535).default(0),
  adminPort: z.number().int().min(0).max(65_535).default(0),
});
export type SupervisorOptions = z.infer<typeof optionsSchema>;
export type SupervisorInput = z.input<typeof optionsSchema>;

/** The one line that the supervisor prints when everything is up. */
export interface ReadyLine {
  supervisorUrl: string;
  adminUrl: string;
  loadUrl: string;
  ingressUrl: string;
  environment: string;
  pids: { supervisor: number; load: number; outside: number; services: Record<string, number[]> };
}
