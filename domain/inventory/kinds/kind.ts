// What every kind of thing that can be acted on says of itself; a file beside this one holds one kind.

export type Attributes = Readonly<Record<string, string>>;

export type Part = {
  /** As in `kubernetes/<cluster>/<namespace>/<kind>/<name>`. */
  readonly name: string;
  /** All of the part, and nothing that a path, a URL or a shell would read as more than a name. */
  readonly pattern: RegExp;
  readonly maxLength: number;
  /** The name is one that configuration gives: that telemetry calls it otherwise proves nothing. */
  readonly isAlias?: true;
};

export type Kind = {
  /** The first part of every key of this kind. */
  readonly id: string;
  readonly parts: readonly Part[];
  readonly example: string;
  /** A whole machine: whatever else runs on it ends with it, and does not come back by itself. */
  readonly isMachine?: true;
  /** For people; the parts in their order. */
  readonly words: (parts: readonly string[]) => string;
  /** What resource attributes of telemetry say of each part. */
  readonly fromTelemetry: (attributes: Attributes) => readonly (string | undefined)[];
};

/** Names that people give to clusters and machines in their configuration. */
export const givenName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A label after RFC 1123: what Kubernetes calls a namespace. */
export const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Free text as one part: a slash in it must not make two parts out of it. */
export function encodePart(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}

export function decodePart(part: string): string {
  return part.replaceAll('%2F', '/').replaceAll('%25', '%');
}
