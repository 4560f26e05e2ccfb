/**
 * An element of the page by its id.
 * @throws {TypeError} if the page has no such element, or one of another kind
 */
export function pageElement<E extends Element>(id: string, kind: { new (): E; readonly name: string }): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`The page has no ${kind.name} with id ${id}`);
  return element;
}

/** Sets an element's text only if it differs, so that screen readers and layout are left in peace. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
