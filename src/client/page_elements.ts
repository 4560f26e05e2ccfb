import { visibleText } from "../protocol/mod.ts";

/**
 * An element of the page by its id.
 * @throws {TypeError} if the page has no such element, or one of another kind
 */
export function pageElement<E extends Element>(id: string, kind: { new (): E; readonly name: string }): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`The page has no ${kind.name} with id ${id}`);
  return element;
}

/**
 * Sets an element's text only if it differs, so that screen readers and layout are left in peace. Always as
 * text, never as markup; characters that are not seen or would turn the line around are shown escaped, as
 * names come from other people.
 */
export function setText(element: HTMLElement, text: string): void {
  const shown = visibleText(text);
  if (element.textContent !== shown) element.textContent = shown;
}
