// One thing `doctor` looks at. A check never throws: what it cannot tell is a finding too.

export type Finding = {
  readonly name: string;
  /** `warning`: Sentinel runs, with less. `missing`: it does not. */
  readonly status: 'ok' | 'warning' | 'missing';
  readonly detail: string;
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null;
};

export type Check = () => Promise<Finding>;

export const ok = (name: string, detail: string): Finding => ({ name, status: 'ok', detail, advice: null });
export const warning = (name: string, detail: string, advice: string | null): Finding => ({
  name,
  status: 'warning',
  detail,
  advice,
});
export const missing = (name: string, detail: string, advice: string): Finding => ({
  name,
  status: 'missing',
  detail,
  advice,
});
