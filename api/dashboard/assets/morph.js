// Makes a part of the page like a newer one from the server, changing only what differs: whatever a person does meanwhile
// (a focus, a selection, an open fold, half a sentence in a field) stays.

/** Attributes that belong to the person once the page is there. */
const kept = ['open', 'value', 'checked', 'selected'];

/**
 * @param {Element} old
 * @param {Element} fresh
 */
export function morph(old, fresh) {
  syncAttributes(old, fresh);
  // The picture inside is drawn here; it follows the attribute.
  if (old.localName === 'series-chart') return;
  const nodes = [...fresh.childNodes];
  for (const [index, node] of nodes.entries()) placeAt(old, node, index);
  while (old.childNodes.length > nodes.length) old.lastChild?.remove();
}

/**
 * @param {Element} parent
 * @param {Node} node what should stand at this place
 * @param {number} index
 */
function placeAt(parent, node, index) {
  const here = parent.childNodes[index] ?? null;
  const known = node instanceof Element && node.id !== '' ? childById(parent, node.id) : null;
  if (known !== null && node instanceof Element && known.localName === node.localName) {
    if (known !== here) parent.insertBefore(known, here);
    morph(known, node);
  } else if (here instanceof Element && node instanceof Element && isLike(here, node)) {
    morph(here, node);
  } else if (here instanceof Text && node instanceof Text) {
    if (here.data !== node.data) here.data = node.data;
  } else {
    const copy = document.importNode(node, true);
    if (copy instanceof Element && copy.id !== '') copy.classList.add('fresh');
    // One that has a place further down stays for it.
    if (here === null || (here instanceof Element && here.id !== '')) parent.insertBefore(copy, here);
    else parent.replaceChild(copy, here);
  }
}

/** @param {Element} here @param {Element} node */
function isLike(here, node) {
  return here.localName === node.localName && here.id === node.id;
}

/** @param {Element} parent @param {string} id */
function childById(parent, id) {
  return [...parent.children].find((child) => child.id === id) ?? null;
}

/** @param {Element} old @param {Element} fresh */
function syncAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!kept.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}
