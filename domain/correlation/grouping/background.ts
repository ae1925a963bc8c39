// What fires all the time: kinds of alerts that were seen in many different hours, while they fire no more often than usual.

import { groupingConfig } from './config.ts';
import { Latest } from './latest.ts';

const hourMs = 3_600_000;
const { hoursOfBackground, burst, most } = groupingConfig;

type Kind = {
  /** Different hours it fired in, and the sum of the logarithms of how often, for those that are over. */
  hours: number;
  logarithms: number;
  hour: number;
  inHour: number;
  /** How often it fired lately, fading. */
  recent: number;
  recentMs: number;
};

export class Background {
  private readonly kinds = new Latest<Kind>(most.kinds);

  /** How many different hours a kind has fired in when it is background; null when it is not. */
  observe(name: string, atMs: number): number | null {
    const hour = Math.floor(atMs / hourMs);
    const kind = this.kinds.get(name) ?? begun(hour, atMs);
    this.kinds.set(name, kind);
    if (hour !== kind.hour) {
      kind.logarithms += Math.log(kind.inHour);
      kind.hours += 1;
      kind.hour = hour;
      kind.inHour = 0;
    }
    kind.inHour += 1;
    kind.recent = kind.recent * Math.exp((kind.recentMs - atMs) / burst.fadeMs) + 1;
    kind.recentMs = atMs;
    return kind.hours >= hoursOfBackground && !bursts(kind) ? kind.hours : null;
  }
}

/** Far above its usual hour: the geometric mean, which one hour of a flood hardly moves. */
function bursts({ recent, hours, logarithms }: Kind): boolean {
  const usualHour = Math.exp(logarithms / Math.max(1, hours - 1));
  return recent > burst.least && recent > (burst.times * usualHour * burst.fadeMs) / hourMs;
}

function begun(hour: number, atMs: number): Kind {
  return { hours: 1, logarithms: 0, hour, inHour: 0, recent: 0, recentMs: atMs };
}
