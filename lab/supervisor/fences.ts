/**
 * Which requests still count. A sender that was thought dead may still send, so every request carries the fence of its
 * intent and the number of its send: what is not newer than the highest seen for the service, or than what somebody
 * closed, is refused. In memory, like the services themselves.
 */
import { HttpError } from '../support/http.ts';

/** `send` is left out by people with curl: then only the fence counts. */
export interface Ticket {
  fence: number;
  send?: number | undefined;
}

export class Fences {
  private readonly highest = new Map<string, { fence: number; send: number }>();

  /** Throws the refusal (409). Asked when the request comes, and again at the moment of the effect. */
  check(service: string, { fence, send }: Ticket): void {
    const highest = this.highest.get(service);
    if (highest === undefined || fence > highest.fence) return;
    if (fence < highest.fence) {
      throw new HttpError(
        409,
        `fence ${fence} is older than ${highest.fence}, the highest seen for ${service}`,
        'overtaken',
      );
    }
    if (send !== undefined && send <= highest.send) {
      throw new HttpError(
        409,
        `send ${send} under fence ${fence} of ${service} was made or closed before`,
        'overtaken',
      );
    }
  }

  /** From now on nothing up to this ticket is taken any more. */
  raise(service: string, { fence, send = 0 }: Ticket): void {
    const highest = this.highest.get(service);
    if (highest !== undefined && fence < highest.fence) return;
    const newest = highest?.fence === fence ? Math.max(highest.send, send) : send;
    this.highest.set(service, { fence, send: newest });
  }
}
