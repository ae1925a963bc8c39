// What cAdvisor says of a container that no orchestrator runs: `name` is its name, the service it belongs to is a label of the
// container, and `instance` is cAdvisor's own. Source: github.com/google/cadvisor, docs/storage/prometheus.md.

type Labels = Readonly<Record<string, string>>;

/** By which Compose and Swarm say what a container belongs to, as cAdvisor shows labels of containers. */
export const containerServiceLabels: readonly string[] = [
  'container_label_com_docker_compose_service',
  'container_label_com_docker_swarm_service_name',
];

/** Labels that name the container as those of a pod would. `sure`: they come from cAdvisor, also without the image that tells. */
export function withContainerNamed(labels: Labels, sure = false): Labels {
  const { name = '', image = '', pod = '', container = '', instance: _, ...rest } = labels;
  if (name === '' || pod !== '' || container !== '' || (image === '' && !sure)) return labels;
  const service = containerServiceLabels.map((label) => labels[label] ?? '').find((text) => text !== '');
  return { ...rest, image, container: name, pod: name, ...(service === undefined ? {} : { service }) };
}
