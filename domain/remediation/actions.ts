// Names and parameter shapes of the typed catalogue; each action's rules live in domain/remediation/catalogue.ts.

export const actionIds = [
  'restart',
  'scale',
  'rollback-release',
  'deploy-release',
  'rollback-config',
  'apply-config',
  'clear-sandbox',
  'drain',
  'undrain',
] as const;
export type ActionId = (typeof actionIds)[number];

/** Bounded scalars only: no free text from telemetry, chat or a model can travel here. */
export type ActionParameters = Readonly<Record<string, string | number | boolean>>;

export const riskLevels = ['low', 'medium', 'high'] as const;
export type RiskLevel = (typeof riskLevels)[number];
