// The card of an incident: the one message that is edited in place. Built from the facts of the briefing, never from free
// text of a model without saying so.

import type { KnownBlock } from '@slack/web-api';
import { type Briefing, forGoodText } from '../../domain/incident/briefing.ts';
import { cardButtons, rollbackBlocks, settleBlocks, tooLongToApproveHere } from './card-buttons.ts';
import {
  approvalLines,
  causeLines,
  effectLines,
  endingLines,
  planLines,
  symptomLines,
} from './card-lines.ts';
import { code, context, escaped, localTime, section } from './text.ts';

export type Card = { readonly text: string; readonly blocks: KnownBlock[] };

export type CardLinks = {
  /** Page of the incident for people; null when nobody knows its address. */
  readonly incidentUrl: string | null;
  /** The incident as command line and API call it. */
  readonly reference: string;
};

const marks = { critical: '🔴', warning: '🟠', info: '🔵' } as const;
const longestHeader = 150;

/** Within all limits of Slack, whatever the briefing holds. `because`: why people were called again. */
export function renderCard(briefing: Briefing, links: CardLinks, because?: string): Card {
  const { severity, title } = briefing;
  const mark = briefing.status === 'closed' ? '⚪' : marks[severity];
  const header = [...`${mark} ${severity}: ${title}`].slice(0, longestHeader - 10).join('');
  const parts = [
    symptomLines(briefing),
    causeLines(briefing),
    planLines(briefing),
    approvalLines(briefing),
    effectLines(briefing),
    endingLines(briefing),
  ].filter((lines) => lines.length > 0);
  return {
    text: summary(briefing),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: header, emoji: false } },
      context(headline(briefing)),
      ...(because === undefined ? [] : [section([calledAgain(because)])]),
      ...silencedBlock(briefing),
      ...parts.map(section),
      ...(tooLongToApproveHere(briefing)
        ? [
            section([
              '*This plan is too long to be shown whole.* Decide in the dashboard or on the command line.',
            ]),
          ]
        : []),
      ...settleBlocks(briefing),
      ...rollbackBlocks(briefing),
      ...cardButtons(briefing, links.incidentUrl),
      context(footer(briefing, links)),
    ],
  };
}

/** What is said in the channel when people are called again in a conversation that they know. */
export function callText(briefing: Briefing, because: string): Card {
  return {
    text: `${summary(briefing)}; ${escaped(because)}`,
    blocks: [section([calledAgain(because), escaped(briefing.title)])],
  };
}

function silencedBlock({ silenced }: Briefing) {
  if (silenced === null) return [];
  const { by, reason, untilMs } = silenced;
  return [section([`*Silenced until ${localTime(untilMs)}* by ${escaped(by)}: ${escaped(reason)}`])];
}

const calledAgain = (because: string): string => `*Calling again:* ${escaped(because)}`;

/** For notifications, screen readers, and clients without blocks. */
export function summary({
  severity,
  title,
  environment,
  service,
  status,
  outcome,
  held,
  approval,
  plan,
}: Briefing): string {
  const where = `${severity}: ${title} (${environment}/${service})`;
  if (status === 'handed-over') return escaped(`${where}: ${words(outcome ?? status)}, still open`);
  if (outcome !== null) return escaped(`${where}: closed, ${outcome}`);
  if (held !== null)
    return escaped(
      `${where}: a decision is needed. Nobody can tell whether the change helped (${held.reason}); it stays. Take over to keep it, abort to undo it.`,
    );
  if (approval?.outcome !== 'pending') return escaped(`${where}: ${words(status)}`);
  const hash = approval.planHash.slice(0, 12);
  const forGood = plan === null || forGoodText(plan) === '' ? '' : '; it cannot be undone';
  return escaped(`${where}: plan ${hash} needs ${approval.quorum} × ${approval.role}${forGood}`);
}

function headline({ environment, service, status, outcome, onsetMs, attempt }: Briefing): string {
  const state =
    outcome === null ? words(status) : `${status === 'closed' ? 'closed' : 'open'}: ${words(outcome)}`;
  const analysis = attempt > 1 ? ` · analysis ${attempt}` : '';
  return `*${state}* · ${code(`${environment}/${service}`)} · since ${localTime(onsetMs)}${analysis}`;
}

function footer({ plan }: Briefing, { reference }: CardLinks): string {
  const hash = plan === null ? '' : ` · plan ${code(plan.planHash.slice(0, 12))}`;
  return `${code(reference)}${hash} · also: ${code(`sentinel incident show ${reference}`)}`;
}

function words(name: string): string {
  return name.replaceAll('-', ' ');
}
