// `sentinel analyse`: what a language model was asked about an incident, what it said, and what of it was dropped.

import type { Command } from 'commander';
import type { ModelTurnRecord } from '../../api/ports/model-turns.ts';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import { modelText } from '../../domain/incident/model-words.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, formatDuration, type Paint } from '../terminal/text.ts';
import { incidentPath } from './incident-path.ts';

type Analysis = {
  readonly diagnosis: Diagnosis | null;
  readonly turns: readonly ModelTurnRecord[];
  readonly usd: number;
};

export function registerAnalyse(program: Command, deps: CliDeps): void {
  apiCommand(
    program,
    'analyse <incident>',
    'show what a language model was asked about an incident and what it answered',
  ).action(async (text: string, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const analysis = await api.get<Analysis>(`${incidentPath(text)}/analysis`);
    out.answer(analysis, () => lines(analysis, out.paint));
  });
}

function lines({ diagnosis, turns, usd }: Analysis, paint: Paint): string[] {
  if (turns.length === 0) return ['No model was asked about this incident.'];
  const view = diagnosis?.model;
  return [
    ...turns.flatMap((turn) => [...turnLines(turn, paint), '']),
    ...(view === undefined ? [] : [clean(modelText(view))]),
    `${turns.length} ${turns.length === 1 ? 'call' : 'calls'}, ${usd} US dollars at the configured prices.`,
  ];
}

function turnLines(turn: ModelTurnRecord, paint: Paint): string[] {
  const { attempt, provider, model, outcome, reason, tries, latencyMs, inputTokens, outputTokens } = turn;
  const took = latencyMs === null ? '' : ` after ${formatDuration(latencyMs)}`;
  const why = reason === '' ? '' : `: ${reason}`;
  const lost = tries > 1 ? `, asked ${tries} times` : '';
  return [
    paint('bold', clean(`Analysis ${attempt}, turn ${turn.turn}: ${provider}/${model}`)),
    clean(`${outcome ?? 'under way'}${took}${why}${lost}`),
    `tokens ${inputTokens ?? '?'} in, ${outputTokens ?? '?'} out; prompt ${turn.promptHash.slice(0, 12)}, answer ${turn.outputHash?.slice(0, 12) ?? 'none'}`,
    ...section('Instructions', turn.system, paint),
    ...section('Prompt', turn.prompt, paint),
    ...section('Answer', turn.output ?? '', paint),
    ...(turn.dropped.length === 0 ? [] : [paint('yellow', 'Dropped')]),
    ...turn.dropped.map(({ what, why: dropped }) => `  ${dropped}: ${clean(what)}`),
  ];
}

function section(title: string, text: string, paint: Paint): string[] {
  return text === '' ? [] : [paint('cyan', title), ...text.split('\n').map((line) => `  ${clean(line)}`)];
}
