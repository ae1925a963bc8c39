// An alert and its occurrences are two things. The sender's id (a fingerprint, an event id) names the alert: it stays the
// same whenever the alert fires. Each time it fires, until it is resolved, is an occurrence with a number of its own.

/** What a sender says of one of its alerts. */
export type AlertReport = {
  /** Names the alert: environment, source and the sender's id, as one text. */
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  /** When this occurrence began and ended, where the sender says so. */
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  /** The id was made for this one message, so that it cannot name a second occurrence. */
  readonly once: boolean;
  /**
   * Its sender tells of changes, each with the instant of it, and not of what fires: one from before what is known came late, or
   * again.
   */
  readonly tellsChanges?: boolean;
  /** Its place in a stream that may be delivered again; null where nothing is. */
  readonly place: StreamPlace | null;
  /** Who tells of it; kept with it, so that a sender can be asked for by name. */
  readonly source?: string;
  /** An end that does not say what it is the end of: that is as it was when the alert fired. */
  readonly asItFired?: true;
};

export type StreamPlace = { readonly stream: string; readonly position: number };

/** What is known of an alert: its latest occurrence. */
export type KnownAlert = {
  readonly occurrence: number;
  readonly state: 'firing' | 'resolved';
  /** False for an occurrence of which only the end was told. */
  readonly fired: boolean;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  /** When it was last told of a change, by our clock. */
  readonly changedAtMs: number;
  /** The furthest place of a stream that told of it. */
  readonly place: StreamPlace | null;
};

export type Occurrence = {
  /**
   * `begins` and `ends`: news. `repeat`: known already. `late`: about an occurrence that is over; it changes nothing of what
   * fires now.
   */
  readonly kind: 'begins' | 'ends' | 'repeat' | 'late';
  readonly alert: KnownAlert;
};

/**
 * Messages may overtake each other: a beginning that arrives this long after its own end is not taken for a new one. Senders
 * repeat within seconds; an alert that is still firing later than that is told again, and then counts.
 */
const overtakenMs = 60_000;

/** What a report means for the alert as it is known; null: never heard of. */
export function occurrenceOf(known: KnownAlert | null, report: AlertReport, nowMs: number): Occurrence {
  const { place } = report;
  if (known !== null && place !== null && known.place?.stream === place.stream) {
    // A stream that is read again after a crash tells nothing new.
    if (place.position <= known.place.position) return { kind: 'repeat', alert: known };
  }
  const told = report.state === 'firing' ? firing(known, report, nowMs) : resolved(known, report, nowMs);
  return { ...told, alert: { ...told.alert, place: place ?? told.alert.place } };
}

function firing(known: KnownAlert | null, report: AlertReport, nowMs: number): Occurrence {
  const { startsAtMs, once } = report;
  if (known?.state === 'firing') {
    // Prometheus forgets the start when it restarts; the newer one tells the ends of earlier occurrences apart.
    const latest = Math.max(known.startsAtMs ?? 0, startsAtMs ?? 0);
    return { kind: 'repeat', alert: { ...known, startsAtMs: latest === 0 ? null : latest } };
  }
  if (known !== null && (once || isOld(known, report) || overtaken(known, startsAtMs, nowMs))) {
    return { kind: 'late', alert: { ...known, fired: true } };
  }
  const occurrence = (known?.occurrence ?? 0) + 1;
  const begun = { occurrence, fired: true, startsAtMs, endsAtMs: null, changedAtMs: nowMs, place: null };
  return { kind: 'begins', alert: { ...begun, state: 'firing' } };
}

/** A change that is told lies before the one that is known. */
function isOld(known: KnownAlert, { state, startsAtMs, endsAtMs, tellsChanges }: AlertReport): boolean {
  const [atMs, knownMs] = state === 'firing' ? [startsAtMs, known.endsAtMs] : [endsAtMs, known.startsAtMs];
  return tellsChanges === true && atMs !== null && knownMs !== null && atMs < knownMs;
}

/** Its end came first: the beginning was never told, it lies before that end, and both came at about the same time. */
function overtaken(known: KnownAlert, startsAtMs: number | null, nowMs: number): boolean {
  if (known.fired || startsAtMs === null || nowMs - known.changedAtMs > overtakenMs) return false;
  return startsAtMs === known.startsAtMs || (known.endsAtMs !== null && startsAtMs < known.endsAtMs);
}

function resolved(known: KnownAlert | null, report: AlertReport, nowMs: number): Occurrence {
  const { startsAtMs, endsAtMs } = report;
  if (known === null) {
    const ended = { occurrence: 1, fired: false, startsAtMs, endsAtMs, changedAtMs: nowMs, place: null };
    return { kind: 'ends', alert: { ...ended, state: 'resolved' } };
  }
  if (known.state === 'resolved') return { kind: 'repeat', alert: known };
  // The start may differ from the one that was told: what counts is whether this end lies before what fires now.
  const earlier =
    startsAtMs !== null &&
    endsAtMs !== null &&
    known.startsAtMs !== null &&
    startsAtMs < known.startsAtMs &&
    endsAtMs <= known.startsAtMs;
  if (earlier || isOld(known, report)) return { kind: 'late', alert: known };
  return { kind: 'ends', alert: { ...known, state: 'resolved', endsAtMs, changedAtMs: nowMs } };
}
