// How much ingest accepts of anything, in one place. Everything a sender controls has a bound.

export type IngestLimits = {
  /** Bytes of a request body as sent, and after decompression (gzip inflates up to a thousandfold). */
  readonly maxBodyBytes: number;
  readonly maxInflatedBytes: number;
  /** How many times its size a body may inflate to; what ordinary telemetry does is below fifty. */
  readonly maxInflateRatio: number;
  /** So much a body may inflate to whatever the ratio: little telemetry of one kind compresses well. */
  readonly alwaysInflatedBytes: number;
  /** Bytes of all bodies that are being read at a time, as sent. */
  readonly maxHeldBytes: number;
  /** Messages (points, spans, attributes, …) in one request: two bytes on the wire can become a hundred in memory. */
  readonly maxMessages: number;
  /** Objects within objects of a JSON body, whatever they are. */
  readonly maxNesting: number;
  /** Nesting of attribute values; deeper ones are cut. */
  readonly maxValueDepth: number;
  readonly maxAttributes: number;
  readonly maxAttributeKeyChars: number;
  readonly maxAttributeValueChars: number;
  /** Service, environment, metric, span and instance names. */
  readonly maxNameChars: number;
  readonly maxLogBodyChars: number;
  readonly maxHistogramBuckets: number;
  /** How far a timestamp may be from our clock. Skewed clocks are common, hours of skew are a mistake. */
  readonly maxFutureMs: number;
  readonly maxPastMs: number;
  /** Change and alert events may be told late. */
  readonly maxEventPastMs: number;
  readonly maxEvents: number;
  /** Of a group of alerts; the rest is named, not taken. */
  readonly maxAlerts: number;
  readonly maxTitleChars: number;
};

export const defaultLimits: IngestLimits = {
  maxBodyBytes: 8 * 1024 * 1024,
  maxInflatedBytes: 16 * 1024 * 1024,
  maxInflateRatio: 200,
  alwaysInflatedBytes: 1024 * 1024,
  maxHeldBytes: 128 * 1024 * 1024,
  maxMessages: 500_000,
  maxNesting: 120,
  maxValueDepth: 8,
  maxAttributes: 32,
  maxAttributeKeyChars: 128,
  maxAttributeValueChars: 256,
  maxNameChars: 200,
  maxLogBodyChars: 4_096,
  maxHistogramBuckets: 512,
  maxFutureMs: 10 * 60_000,
  maxPastMs: 60 * 60_000,
  maxEventPastMs: 7 * 24 * 60 * 60_000,
  maxEvents: 1_000,
  maxAlerts: 10_000,
  maxTitleChars: 200,
};
