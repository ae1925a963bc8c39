/** Where in the text a part of a YAML document stands. */
import { type Document, isMap, isNode, isScalar, type LineCounter } from 'yaml';

/** The line of the value at `path`, of `key` in the mapping there, or of the nearest part around it that exists. */
export function lineOf(
  document: Document,
  lines: LineCounter,
  path: Array<string | number>,
  key?: string,
): number {
  const offset =
    (key === undefined ? undefined : keyOffset(document, path, key)) ?? valueOffset(document, path);
  return lines.linePos(offset).line;
}

function nodeAt(document: Document, path: Array<string | number>): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

function keyOffset(document: Document, path: Array<string | number>, key: string): number | undefined {
  const map = nodeAt(document, path);
  if (!isMap(map)) return undefined;
  const pair = map.items.find(({ key: node }) => isScalar(node) && String(node.value) === key);
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

function valueOffset(document: Document, path: Array<string | number>): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = nodeAt(document, path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
