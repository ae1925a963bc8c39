// What a change of a monitor's state means for its alert.

export type Transition = {
  readonly status: 'firing' | 'resolved';
  /** How grave it is, where the monitor has no priority. */
  readonly level: 'critical' | 'warning';
};

const critical = { status: 'firing', level: 'critical' } as const;
const warning = { status: 'firing', level: 'warning' } as const;

const transitions: Readonly<Partial<Record<string, Transition>>> = {
  triggered: critical,
  're-triggered': critical,
  renotify: critical,
  warn: warning,
  're-warn': warning,
  'no data': warning,
  're-no data': warning,
  recovered: { status: 'resolved', level: 'critical' },
};

/** Null: it says nothing of an alert. */
export function transitionOf(text: string): Transition | null {
  const name = text.toLowerCase();
  return Object.hasOwn(transitions, name) ? (transitions[name] ?? null) : null;
}
