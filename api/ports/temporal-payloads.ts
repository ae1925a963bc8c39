// Payloads of the codec endpoint, through which Temporal shows what it carries.

/** A payload as Temporal's protocol for codec servers writes it: base64 throughout. */
export type WirePayload = {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly data?: string | undefined;
};

export interface TemporalPayloads {
  /** The Temporal namespace that Sentinel's incidents are in. */
  readonly namespace: string;
  /** In the same order; what is not Sentinel's, or was changed, comes back as it is. */
  open(payloads: readonly WirePayload[]): Promise<readonly WirePayload[]>;
}
