// Which attributes of a resource say which service it is, and which running instance of it. Senders name both in many ways
// or leave them out, so each has one ordered list (configurable); the first entry that a resource has in full counts.
// Source: OpenTelemetry semantic conventions, "Resource" (service, k8s, container, host, process, faas, aws.ecs).

/** Entries are names of resource attributes; `a+b` wants both and joins their values with `/`. */
export type IdentityRules = { readonly service: readonly string[]; readonly instance: readonly string[] };

export const defaultIdentity: IdentityRules = {
  service: [
    'service.name',
    'k8s.deployment.name',
    'k8s.statefulset.name',
    'k8s.daemonset.name',
    'k8s.cronjob.name',
    'k8s.job.name',
    'faas.name',
    'aws.ecs.task.family',
    'k8s.container.name',
    'container.name',
    'k8s.pod.name',
    // A machine without a service is a scope of its own.
    'host.name',
    'host.id',
    'k8s.node.name',
    'k8s.namespace.name',
    'k8s.cluster.name',
  ],
  instance: [
    'service.instance.id',
    // Names of pods come again in other namespaces and clusters; containers of one pod report the same metrics.
    'k8s.pod.uid+k8s.container.name',
    'k8s.pod.uid',
    'k8s.namespace.name+k8s.pod.name',
    'k8s.pod.name',
    'aws.ecs.task.arn',
    'container.id',
    'faas.instance',
    // Several processes of a service on one machine.
    'host.id+process.pid',
    'host.name+process.pid',
    'host.id',
    'host.name',
    'k8s.node.name',
  ],
};
