/** What Slack refuses of a message or a view, as far as this project could ever come near it. */

type Text = { type: string; text: string };
type Block = {
  type: string;
  text?: Text;
  accessory?: { text: Text; value?: string };
  element?: { options?: { text: Text; value: string }[] };
  elements?: { text?: Text | string; value?: string; action_id?: string }[];
};

/** Null when Slack would take the blocks, else why not. */
export function blocksProblem(blocks: unknown): string | null {
  if (!Array.isArray(blocks)) return 'blocks must be an array';
  if (blocks.length > 50) return `${blocks.length} blocks`;
  for (const block of blocks as Block[]) {
    const problem = blockProblem(block);
    if (problem !== null) return `${block.type}: ${problem}`;
  }
  return null;
}

function blockProblem({ type, text, accessory, element, elements = [] }: Block): string | null {
  switch (type) {
    case 'header':
      return between(text?.text, 1, 150);
    case 'section':
      return first([
        between(text?.text, 1, 3_000),
        ...(accessory === undefined
          ? []
          : [between(accessory.text.text, 1, 75), between(accessory.value ?? 'x', 1, 2_000)]),
      ]);
    case 'context':
      if (elements.length < 1 || elements.length > 10) return `${elements.length} elements`;
      return first(elements.map((element) => between(String(element.text ?? ''), 1, 3_000)));
    case 'actions': {
      if (elements.length < 1 || elements.length > 25) return `${elements.length} elements`;
      const ids = elements.map(({ action_id }) => action_id);
      if (new Set(ids).size !== ids.length) return 'the same action_id twice';
      return first(
        elements.flatMap((element) => [
          between((element.text as Text).text, 1, 75),
          between(element.value ?? 'x', 1, 2_000),
          between(element.action_id, 1, 255),
        ]),
      );
    }
    case 'input':
      return first(
        (element?.options ?? []).flatMap((one) => [
          between(one.text.text, 1, 75),
          between(one.value, 1, 150),
        ]),
      );
    case 'divider':
      return null;
    default:
      return 'a type this project does not use';
  }
}

function between(text: string | undefined, min: number, max: number): string | null {
  const length = text?.length ?? 0;
  return length >= min && length <= max ? null : `text of ${length} characters`;
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
