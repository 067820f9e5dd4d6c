/** Makes elements. Text becomes text nodes, never markup. */

export type Child = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  element.append(
    ...children.filter((c): c is Node | string => c !== null && !!c)
  );
  return element;
}

/** A button; `label` is its accessible name where its text alone would not do. */
export function button(
  text: string,
  onClick: () => void,
  label = text
): HTMLButtonElement {
  const element = h('button', 'jpc-button', text);
  element.type = 'button';
  if (label !== text) {
    element.setAttribute('aria-label', label);
  }
  element.addEventListener('click', onClick);
  return element;
}

/** Set an element's text; leaves the page alone where it is the same. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function show(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) {
    element.hidden = !visible;
  }
}
