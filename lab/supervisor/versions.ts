/** The line of versions of one service (of its releases, or of its configurations): what ran when, and what is wrong with it. */
import type { Defect } from '../services/messages.ts';

export interface Deployment {
  version: string;
  at: string;
}

interface Version {
  version: string;
  defect: Defect;
  /** Epoch milliseconds from which the defect shows, wherever the version runs. */
  effectiveAtMs: number;
}

export class VersionLine {
  private readonly prefix: string;
  private readonly versions: Version[];
  readonly history: Deployment[];

  /** Starts with two sound versions, the older one a day before, so that there always was something before. */
  constructor(prefix: string, nowMs: number) {
    this.prefix = prefix;
    this.versions = [1, 2].map((n) => ({ version: `${prefix}${n}`, defect: {}, effectiveAtMs: 0 }));
    const dayMs = 24 * 3_600_000;
    this.history = this.versions.map(({ version }, index) => ({
      version,
      at: new Date(nowMs - dayMs * (2 - index)).toISOString(),
    }));
  }

  get current(): Version {
    return this.find(this.history.at(-1)?.version ?? '') as Version;
  }

  find(version: string): Version | undefined {
    return this.versions.find((candidate) => candidate.version === version);
  }

  /** The version made just before the current one, or before `version`. */
  previousOf(version = this.current.version): string | undefined {
    return this.versions[this.versions.findIndex((candidate) => candidate.version === version) - 1]?.version;
  }

  /** A new version that nobody runs yet. */
  create(defect: Defect, effectiveAtMs = 0): string {
    const version = `${this.prefix}${this.versions.length + 1}`;
    this.versions.push({ version, defect, effectiveAtMs });
    return version;
  }

  /** Notes that `version` is what runs from now on. */
  deploy(version: string): void {
    this.history.push({ version, at: new Date().toISOString() });
  }
}
