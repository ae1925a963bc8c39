/** Change events: every release, configuration, scale change and ordered restart is told to an observer, with retries. */
import { randomUUID } from 'node:crypto';
import type { SupervisorOptions } from './options.ts';

export type ChangeType = 'release' | 'config' | 'scale' | 'restart';

export interface ChangeEvent {
  id: string;
  kind: 'change';
  type: ChangeType;
  environment: string;
  service: string;
  at: string;
  summary: string;
  attributes: Record<string, string>;
}

const attemptTimeoutMs = 3_000;
const firstRetryMs = 250;
const lastRetryMs = 5_000;
/** An observer that is away for long gets the newest events. */
const keepAtMost = 1_000;

export class ChangeFeed {
  private readonly options: SupervisorOptions;
  private readonly pending: ChangeEvent[] = [];
  private sending = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  announce(type: ChangeType, service: string, summary: string, attributes: Record<string, string>): void {
    if (!this.options.eventsUrl) return;
    const at = new Date().toISOString();
    const { environment } = this.options;
    this.pending.push({
      id: randomUUID(),
      kind: 'change',
      type,
      environment,
      service,
      at,
      summary,
      attributes,
    });
    if (this.pending.length > keepAtMost) this.pending.shift();
    void this.send();
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    let waitMs = firstRetryMs;
    while (this.pending.length > 0) {
      const batch = this.pending.slice(0, 50);
      if (await this.post(batch)) {
        this.pending.splice(0, batch.length);
        waitMs = firstRetryMs;
      } else {
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
        waitMs = Math.min(waitMs * 2, lastRetryMs);
      }
    }
    this.sending = false;
  }

  private async post(events: ChangeEvent[]): Promise<boolean> {
    const { eventsUrl = '', apiKey } = this.options;
    try {
      const response = await fetch(eventsUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': events[0]?.id ?? '',
          ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
        },
        body: JSON.stringify({ events }),
        signal: AbortSignal.timeout(attemptTimeoutMs),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}
