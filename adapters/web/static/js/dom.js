// Building page elements. Text always becomes text nodes, so nothing other people write is markup.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const drawing = document
    .getElementById('icons')
    .content.querySelector(`[data-icon="${name}"]`)
    .cloneNode(true);
  drawing.removeAttribute('data-icon');
  drawing.setAttribute('class', 'icon');
  drawing.setAttribute('aria-hidden', 'true');
  return drawing;
}

export function iconButton(name, label, onclick, extraClass = '') {
  return h(
    'button',
    { class: `icon-button ${extraClass}`.trim(), type: 'button', 'aria-label': label, title: label, onclick },
    icon(name),
  );
}

export function act(label, onclick, look = '') {
  return h('button', { class: `button small ${look}`.trim(), type: 'button', onclick }, label);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Put `nodes` into `parent` in this order, moving only those that are out of place: focus, scroll
// position and running animations of the others survive.
export function placeChildren(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) {
    if (!wanted.has(child)) child.remove();
  }
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
