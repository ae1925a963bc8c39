/** One ECS cluster in memory: what the servers to be had for tests get wrong. Tests move its deployments and tasks by hand. */
import { createHash } from 'node:crypto';

export interface FakeDeployment {
  id: string;
  status: string;
  taskDefinition: string;
  desiredCount: number;
  runningCount: number;
  pendingCount: number;
  failedTasks: number;
  rolloutState?: string;
  rolloutStateReason: string;
  createdAt?: number;
}
export interface FakeTask {
  taskArn: string;
  lastStatus: string;
  desiredStatus: string;
  group: string;
  startedAt: number;
  healthStatus: string;
  stoppedReason?: string;
  stopCode?: string;
  stoppedAt?: number;
  startedBy?: string;
  containers?: { name: string; exitCode?: number; reason?: string }[];
}
export interface FakeService {
  serviceName: string;
  serviceArn: string;
  status: string;
  desiredCount: number;
  runningCount: number;
  pendingCount: number;
  schedulingStrategy: string;
  deploymentController?: { type: string };
  deployments: FakeDeployment[];
  tags: { key: string; value: string }[];
  deploymentConfiguration?: { minimumHealthyPercent: number };
  events?: { id: string; createdAt: number; message: string }[];
}
type Input = Record<string, unknown>;

/** Refused as AWS does: the name of the error in the answer. */
export class Refused extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const prefix = 'arn:aws:ecs:eu-central-1:123456789012';

export class FakeEcs {
  readonly services = new Map<string, FakeService>();
  readonly tasks = new Map<string, FakeTask>();
  /** Task definitions that exist. */
  readonly definitions = new Set(['orders:1', 'orders:2', 'orders:3']);
  /** Those of them that somebody has deregistered. */
  readonly inactive = new Set<string>();
  /** Of services, newest first: the definitions of deployments that succeeded. */
  readonly succeeded = new Map<string, string[]>();
  /** Each look at a service finds one more task in place. */
  movesByItself = false;
  #count = 0;

  /** A service of two running tasks that succeeded with `orders:1` before it did with `orders:2`. */
  add(name: string, tags: Record<string, string> = {}): FakeService {
    const service: FakeService = {
      serviceName: name,
      serviceArn: `${prefix}:service/main/${name}`,
      status: 'ACTIVE',
      desiredCount: 2,
      runningCount: 2,
      pendingCount: 0,
      schedulingStrategy: 'REPLICA',
      deployments: [],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    };
    this.services.set(name, service);
    this.succeeded.set(name, ['orders:2', 'orders:1']);
    this.#deploy(service, 'orders:2');
    this.settle(name);
    return service;
  }

  /** The newest deployment is complete: all its tasks run, no others. */
  settle(name: string): void {
    const service = this.service(name);
    const [primary] = service.deployments;
    if (primary === undefined) throw new Error(`${name} has no deployment`);
    Object.assign(primary, { rolloutState: 'COMPLETED', runningCount: service.desiredCount });
    service.deployments = [primary];
    this.#run(service);
  }

  /** The newest deployment fails as the circuit breaker has it: ECS goes back to the one before. */
  rollBack(name: string): void {
    const service = this.service(name);
    const [failed, before] = service.deployments;
    if (failed === undefined || before === undefined) throw new Error('there is nothing to go back to');
    const reason = `ECS deployment circuit breaker: rolling back to deploymentId ${before.id}.`;
    Object.assign(failed, { status: 'ACTIVE', rolloutState: 'FAILED', rolloutStateReason: reason });
    before.status = 'PRIMARY';
    service.deployments = [before, failed];
  }

  service(name: string): FakeService {
    const one = this.services.get(name.slice(name.lastIndexOf('/') + 1));
    if (one === undefined) throw new Refused('ServiceNotFoundException', 'Service not found.');
    return one;
  }

  answer(operation: string, input: Input): unknown {
    switch (operation) {
      case 'DescribeServices': {
        const names = (input.services as string[]).map((one) => one.slice(one.lastIndexOf('/') + 1));
        const described = names.flatMap((name) => this.services.get(name) ?? []);
        if (this.movesByItself) for (const one of described) this.#move(one);
        return { services: described };
      }
      case 'ListTasks': {
        const ours = this.#tasksOf(String(input.serviceName)).filter(
          ({ desiredStatus }) => desiredStatus === (input.desiredStatus ?? 'RUNNING'),
        );
        return { taskArns: ours.map(({ taskArn }) => taskArn) };
      }
      case 'DescribeTasks':
        if (this.movesByItself) for (const arn of input.tasks as string[]) this.#end(arn);
        return { tasks: (input.tasks as string[]).flatMap((arn) => this.tasks.get(arn) ?? []) };
      case 'DescribeTaskDefinition': {
        const name = String(input.taskDefinition);
        if (!this.definitions.has(name))
          throw new Refused('ClientException', 'Unable to describe task definition.');
        return {
          taskDefinition: {
            taskDefinitionArn: definitionArn(name),
            status: this.inactive.has(name) ? 'INACTIVE' : 'ACTIVE',
            containerDefinitions: [{ name: 'app', image: `shop/${name}` }],
          },
        };
      }
      case 'ListServiceDeployments': {
        const past = this.succeeded.get(String(input.service)) ?? [];
        return {
          serviceDeployments: past.map((name, index) => ({
            targetServiceRevisionArn: revisionArn(String(input.service), name),
            createdAt: 1_700_000_000 - index,
          })),
        };
      }
      case 'DescribeServiceRevisions':
        return {
          serviceRevisions: (input.serviceRevisionArns as string[]).map((arn) => ({
            serviceRevisionArn: arn,
            taskDefinition: definitionArn(arn.slice(arn.lastIndexOf('/') + 1).replace('-', ':')),
          })),
        };
      case 'UpdateService':
        return { service: this.#update(input) };
      case 'StopTask': {
        const task = this.tasks.get(String(input.task));
        if (task === undefined)
          throw new Refused('InvalidParameterException', 'The referenced task was not found.');
        if (task.desiredStatus !== 'STOPPED')
          Object.assign(task, { desiredStatus: 'STOPPED', stoppedReason: String(input.reason) });
        return { task };
      }
      default:
        throw new Refused('InvalidAction', `${operation} is not known here`);
    }
  }

  #update(input: Input): FakeService {
    const service = this.service(String(input.service));
    if (typeof input.desiredCount === 'number') {
      service.desiredCount = input.desiredCount;
      const [primary] = service.deployments;
      if (primary !== undefined) primary.desiredCount = input.desiredCount;
    }
    const [primary] = service.deployments;
    const wanted = typeof input.taskDefinition === 'string' ? input.taskDefinition : undefined;
    const current = primary?.taskDefinition.slice(primary.taskDefinition.lastIndexOf('/') + 1) ?? '';
    if (input.forceNewDeployment === true || (wanted !== undefined && wanted !== current))
      this.#deploy(service, wanted ?? current);
    return service;
  }

  #deploy(service: FakeService, definition: string): void {
    for (const one of service.deployments) one.status = 'ACTIVE';
    this.#count += 1;
    service.deployments.unshift({
      id: `ecs-svc/${String(this.#count).padStart(19, '0')}`,
      status: 'PRIMARY',
      taskDefinition: definitionArn(definition),
      desiredCount: service.desiredCount,
      runningCount: 0,
      pendingCount: 0,
      failedTasks: 0,
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: '',
    });
  }

  #move(service: FakeService): void {
    const [primary] = service.deployments;
    if (primary === undefined) return;
    const isComplete = primary.rolloutState === 'COMPLETED' && service.runningCount === service.desiredCount;
    if (isComplete) return;
    primary.runningCount = Math.min(primary.runningCount + 1, service.desiredCount);
    if (primary.runningCount === service.desiredCount) this.settle(service.serviceName);
  }

  /** A task that was stopped has ended, and another one runs in its place. */
  #end(arn: string): void {
    const task = this.tasks.get(arn);
    if (task === undefined || task.desiredStatus !== 'STOPPED' || task.lastStatus === 'STOPPED') return;
    task.lastStatus = 'STOPPED';
    this.#start(task.group.slice('service:'.length));
  }

  #run(service: FakeService): void {
    for (const { taskArn } of this.#tasksOf(service.serviceName)) this.tasks.delete(taskArn);
    for (let index = 0; index < service.desiredCount; index += 1) this.#start(service.serviceName);
    service.runningCount = service.desiredCount;
  }

  #start(serviceName: string): void {
    this.#count += 1;
    const seed = `${serviceName}/${this.#count}`;
    const id = createHash('sha256').update(seed).digest('hex').slice(0, 32);
    const taskArn = `${prefix}:task/main/${id}`;
    this.tasks.set(taskArn, {
      taskArn,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      group: `service:${serviceName}`,
      startedAt: 1_700_000_000,
      healthStatus: 'HEALTHY',
    });
  }

  #tasksOf(name: string): FakeTask[] {
    return [...this.tasks.values()].filter(({ group }) => group === `service:${name}`);
  }
}

const definitionArn = (name: string) => `${prefix}:task-definition/${name}`;
const revisionArn = (service: string, name: string) =>
  `${prefix}:service-revision/main/${service}/${name.replace(':', '-')}`;
