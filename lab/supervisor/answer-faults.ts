/** Faults of the answer to an action, for tests of lost and late answers: the effect is real, the network is not. */
import { z } from 'zod';

export const answerFaultSchema = z
  .strictObject({
    when: z.enum(['before-effect', 'during-effect', 'after-effect']),
    mode: z.enum(['hold', 'drop', 'delay']),
    /** How many actions are affected. */
    count: z.number().int().min(0).max(1_000).default(1),
    delayMs: z.number().int().min(0).max(120_000).default(2_000),
  })
  .refine(({ when, mode }) => when !== 'during-effect' || mode !== 'drop', {
    path: ['mode'],
    message: 'an effect that has begun cannot be dropped: drop before-effect or after-effect',
  });
export type AnswerFault = z.infer<typeof answerFaultSchema>;
type When = AnswerFault['when'];

export class AnswerFaults {
  private armed: AnswerFault | undefined;
  private held: Array<() => void> = [];

  arm(fault: AnswerFault): void {
    this.armed = fault.count > 0 ? { ...fault } : undefined;
  }

  get state(): { armed: AnswerFault | null; held: number } {
    return { armed: this.armed ?? null, held: this.held.length };
  }

  /** Lets everything that is held go on; returns how many that were. */
  release(): number {
    const going = this.held.splice(0);
    for (const proceed of going) proceed();
    return going.length;
  }

  /** Waits as armed for this moment; 'drop' means that the connection has to be cut without an answer. */
  async pass(when: When): Promise<'go' | 'drop'> {
    const fault = this.armed;
    if (fault?.when !== when) return 'go';
    fault.count -= 1;
    if (fault.count <= 0) this.armed = undefined;
    switch (fault.mode) {
      case 'drop':
        return 'drop';
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
        return 'go';
      case 'hold':
        await new Promise<void>((resolve) => this.held.push(resolve));
        return 'go';
    }
  }
}
