// What is configured of any system that rules are asked of: its address, and rules of one's own.

import { z } from 'zod';
import type { Severity } from '../../domain/scope.ts';
import { httpUrl } from '../network/settings.ts';

export const hourSeconds = 3_600;
export const seconds = (least: number, most: number, fallback: number) =>
  z.int().min(least).max(most).default(fallback);

const severity = z.enum(['critical', 'warning', 'info']);
const forSeconds = (fallback: number) =>
  seconds(0, 24 * hourSeconds, fallback).describe('How long it has to be so before it is an alert.');
const everySeconds = (whose: string) =>
  z
    .int()
    .min(15)
    .max(hourSeconds)
    .optional()
    .describe(`How often it is asked for. Default: \`everySeconds\` of this ${whose}.`);

/** `languages`: what may be asked in it, such as PromQL. */
export function addressSettings(answering: string, basicPath: string) {
  return {
    url: httpUrl
      .refine((url) => new URL(url).username === '' && new URL(url).search === '', {
        error: 'expected a URL without user name, password and query',
      })
      .describe(`Where it answers: ${answering}, with the path before \`${basicPath}\`.`),
    username: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('For basic authentication; the secret is its password.'),
    everySeconds: seconds(15, hourSeconds, 30).describe('How often each rule is asked for.'),
    timeoutSeconds: seconds(1, 60, 10).describe('How long one query may take.'),
    goneSeconds: seconds(0, 24 * hourSeconds, hourSeconds).describe(
      'How long an alert goes on when its series is gone: whether it is over, nobody can tell then. Alerts of rules without a limit end at once.',
    ),
  };
}

/** Sent as `X-Scope-OrgID`. */
export const tenant = z.string().min(1).max(200).optional();

export type PresetDefaults = {
  readonly about: string;
  readonly limit: number;
  readonly fires: 'above' | 'below';
  readonly forSeconds: number;
  readonly severity: Severity;
};

function presetSetting(
  { about, limit, fires, forSeconds: lasts, severity: grave }: PresetDefaults,
  whose: string,
) {
  const own = z.strictObject({
    limit: z.number().default(limit).describe(`An alert is what is ${fires} it.`),
    forSeconds: forSeconds(lasts),
    severity: severity.default(grave),
    everySeconds: everySeconds(whose),
  });
  const usual = `{ limit: ${limit}, forSeconds: ${lasts}, severity: ${grave} }`;
  return z
    .union([z.literal(false), own])
    .prefault({})
    .describe(
      `${about}. What is ${fires} the limit is an alert. Default: \`${usual}\`; it may have \`everySeconds\` of its own, and \`false\` turns it off.`,
    );
}
type PresetSetting = z.output<ReturnType<typeof presetSetting>>;
export type PresetSettings = Readonly<Record<string, PresetSetting>>;

/** The settings of all presets of a system. */
export function presetSettings<Name extends string>(
  presets: Readonly<Record<Name, PresetDefaults>>,
  whose: string,
) {
  const settings = Object.entries<PresetDefaults>(presets).map(([name, preset]) => [
    name,
    presetSetting(preset, whose),
  ]);
  return z.strictObject(Object.fromEntries(settings) as Record<Name, ReturnType<typeof presetSetting>>);
}

const ownRule = (language: string, whose: string) =>
  z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case letters, digits and -')
        .describe('Names its alerts. One that is renamed tells its alerts anew.'),
      query: z.string().min(1).max(10_000).describe(`${language}.`),
      above: z.number().optional().describe('An alert is each series above it.'),
      below: z.number().optional().describe('An alert is each series below it.'),
      absent: z
        .boolean()
        .default(false)
        .describe('An alert is that the query finds nothing. `labels` should say whom it is about.'),
      forSeconds: forSeconds(60),
      everySeconds: everySeconds(whose),
      severity: severity.default('warning').describe('Severity of its alerts.'),
      labels: z
        .record(z.string().max(100), z.string().max(200))
        .default({})
        .describe('Labels of its alerts, over those of the series: `{ service: checkout }`.'),
      metric: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          'Keeps the values under this name, as telemetry of the service: they are watched, and evidence.',
        ),
      title: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('What it says, with `{value}` and labels such as `{instance}`.'),
    })
    .refine(
      ({ above, below, absent }) =>
        [above !== undefined, below !== undefined, absent].filter(Boolean).length <= 1,
      'has one of above, below and absent, or none: then each series of the answer is an alert',
    );
export type OwnRule = z.output<ReturnType<typeof ownRule>>;

export const ownRules = (language: string, whose: string) =>
  z
    .array(ownRule(language, whose))
    .max(500)
    .default([])
    .superRefine((rules, context) => {
      const seen = new Set<string>();
      for (const [index, { name }] of rules.entries()) {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
        seen.add(name);
      }
    })
    .describe('Rules of your own.');
