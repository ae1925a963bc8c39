/** All components, by name. */
import { alertmanager } from './alertmanager.ts';
import { chromium } from './chromium.ts';
import { collector } from './collector.ts';
import type { Component, ComponentName } from './component.ts';
import { docker } from './docker.ts';
import { kafka } from './kafka.ts';
import { kubernetes } from './kubernetes.ts';
import { kubernetesCluster } from './kubernetes-cluster.ts';
import { loki } from './loki.ts';
import { ministack } from './ministack.ts';
import { moto } from './moto.ts';
import { postgres } from './postgres.ts';
import { prometheus } from './prometheus.ts';
import { qdrant } from './qdrant.ts';
import { temporal } from './temporal.ts';
import { timeSkipping } from './time-skipping.ts';

export const components: Readonly<Record<ComponentName, Component>> = {
  temporal,
  'time-skipping': timeSkipping,
  postgres,
  alertmanager,
  collector,
  prometheus,
  loki,
  kafka,
  chromium,
  docker,
  moto,
  ministack,
  qdrant,
  kubernetes,
  'kubernetes-cluster': kubernetesCluster,
};
