// CPU near saturation without more traffic.

import { changeWeight, type HypothesisTest, usersSuffer } from '../context.ts';
import { selfTimeFact, trafficFact } from '../facts-calls.ts';
import { changeFact, cpuFact, memoryFact } from '../facts-resources.ts';

export const cpuBurn: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const { cpu } = signs;
  if (cpu === null) return null;
  const felt = signs.selfTime || signs.ownErrors || signs.silence !== null || usersSuffer(service);
  let score = felt ? 0.88 : 0.72;
  if (service.traffic.up) score *= 0.45;
  // Collecting garbage in vain near the limit burns CPU too: then memory is the cause.
  if (signs.memory !== null) score *= 0.6;
  score *= 1 - 0.3 * changeWeight(suspect) ** 2;
  if (suspect.explainedBy !== null) score *= 0.9;
  const only = cpu.instances.length === 1 && cpu.of > 1 ? cpu.instances[0] : null;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  return {
    cause: 'cpu-burn',
    service: service.service,
    instance: only ?? null,
    score,
    reason: 'It uses far more CPU than before, without more demand.',
    evidenceFor: [
      cpuFact(context, service, cpu),
      ...(signs.selfTime ? [selfTimeFact(context, service)] : []),
    ],
    evidenceAgainst: [
      ...(service.traffic.up ? [trafficFact(context, service)] : []),
      ...(signs.memory === null ? [] : [memoryFact(context, service, signs.memory)]),
      ...changes.map((change) => changeFact(context, change)),
    ],
  };
};
