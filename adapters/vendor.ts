// What every kind of vendor says of itself: which secrets it takes from the environment, and what its settings would send over a
// network unencrypted.

/** A variable of the environment, `VARIABLE` or `VARIABLE_FILE`. */
export type SecretVariable = {
  readonly variable: string;
  readonly about: string;
  /** Without it the vendor is passed over. */
  readonly needed?: boolean;
  /** What is wrong with this value, without repeating it; null when nothing is. */
  readonly wrongWith?: (value: string) => string | null;
};

/** By the name that the vendor's own code uses. */
export type SecretVariables = Readonly<Record<string, SecretVariable>>;

/** As the environment gives them; null where a variable is not set. */
export type SecretsOf<Variables extends SecretVariables> = {
  readonly [Name in keyof Variables]: string | null;
};

/** Works, and is told by `config check` and in the log of a start. */
export type InClearText = {
  /** The key of the settings that says so, such as `url`. */
  readonly key: string;
  /** What crosses the network, such as `the Slack bot token`. */
  readonly what: string;
};

/** Printable and without spaces, as every API key is: what else comes along was copied with it. */
export function wrongWithApiKey(value: string): string | null {
  return /^[\x21-\x7e]+$/.test(value) ? null : 'expected printable characters without spaces';
}
