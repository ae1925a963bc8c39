// RollbackWorkflows: one workflow per request, under an id that is never used twice.

import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { RollbackWorkflows } from '../../api/ports/rollbacks.ts';
import { type IncidentSettings, type RollbackInput, rollbackWorkflowType } from '../../workflows/messages.ts';

export function createRollbackWorkflows({
  client,
  taskQueue,
  settings,
}: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly settings: IncidentSettings;
}): RollbackWorkflows {
  return {
    async start(order) {
      const { verifyIntervalMs, verifyTimeoutMs, answersAreSigned } = settings;
      const signed = answersAreSigned === undefined ? {} : { answersAreSigned };
      const input: RollbackInput = { ...order, settings: { verifyIntervalMs, verifyTimeoutMs, ...signed } };
      try {
        await client.workflow.start(rollbackWorkflowType, {
          workflowId: order.requestId,
          taskQueue,
          args: [input],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: `roll back ${order.stepKey}`,
          staticDetails: `asked for by people; of incident \`${order.incidentId}\``,
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
