/** What became of many cases, in figures. */
import { takesBack } from './cases.ts';
import type { Judged } from './owners.ts';

export function summaryOf(judged: readonly Judged[]) {
  const wouldBeTakenBack = judged.filter(takesBack);
  return {
    cases: judged.length,
    wouldBeTakenBack: wouldBeTakenBack.length,
    blindly: judged.filter(({ blindly }) => blindly).length,
    toldAsFixed: judged.filter(({ toldAsFixed }) => toldAsFixed).length,
    takenBackAfterItWasTold: counted(
      judged.filter(({ takenBackLater }) => takenBackLater).map(({ owner }) => owner),
    ),
    told: counted(judged.map(wordsOf)),
    toldByOwner: Object.fromEntries(
      [...new Set(judged.map(({ owner }) => owner))].map((owner) => [
        owner,
        counted(judged.filter((one) => one.owner === owner).map(wordsOf)),
      ]),
    ),
    byMoment: counted(judged.map(({ appears }) => appears)),
    byAction: counted(judged.map(({ kind, action }) => `${action} of ${kind}`)),
  };
}

function wordsOf(one: Judged): string {
  const { by, as, paused } = one.told;
  const whose = takesBack(one) ? 'taken back' : 'lasting';
  return `${whose}: ${as} by ${by}${paused ? ', paused' : ''}`;
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
