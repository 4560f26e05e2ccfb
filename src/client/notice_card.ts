import type { Notice } from "./notice.ts";
import { pageElement, setText } from "./page_elements.ts";

/** What the card's buttons do. */
export interface NoticeCardOptions {
  readonly onRetry: () => void;
  readonly onSignIn: (key: string) => void;
}

/** The card that says what is going on, and what to do next. */
export class NoticeCard {
  readonly #card = pageElement("notice", HTMLElement);
  readonly #title = pageElement("notice-title", HTMLElement);
  readonly #text = pageElement("notice-text", HTMLElement);
  readonly #command = pageElement("notice-command", HTMLElement);
  readonly #retry = pageElement("retry", HTMLButtonElement);
  readonly #takeBack = pageElement("take-back", HTMLButtonElement);
  readonly #defaultWorld = pageElement("default-world", HTMLAnchorElement);
  readonly #form = pageElement("sign-in", HTMLFormElement);
  readonly #key = pageElement("key", HTMLInputElement);
  readonly #keyProblem = pageElement("key-problem", HTMLElement);
  #triedKey = false;

  constructor({ onRetry, onSignIn }: NoticeCardOptions) {
    for (const button of [this.#retry, this.#takeBack]) button.addEventListener("click", onRetry);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#triedKey = true;
      onSignIn(this.#key.value.trim());
    });
  }

  /**
   * Shows a notice, or nothing.
   * @param isAside whether the picture behind it is worth seeing: the card then leaves the middle
   */
  show(notice: Notice | undefined, isAside: boolean): void {
    const wasHidden = this.#card.hidden !== false;
    this.#card.hidden = notice === undefined;
    if (notice === undefined) return;
    this.#card.dataset.tone = notice.tone;
    this.#card.classList.toggle("aside", isAside && notice.action !== "sign-in");
    setText(this.#title, notice.title);
    setText(this.#text, notice.text);
    setText(this.#command, notice.command);
    this.#command.hidden = notice.command === "";
    this.#retry.hidden = notice.action !== "retry";
    this.#takeBack.hidden = notice.action !== "take-back";
    this.#defaultWorld.hidden = notice.action !== "default-world";
    this.#showSignIn(notice.action === "sign-in", wasHidden);
  }

  #showSignIn(isShown: boolean, wasHidden: boolean): void {
    const appears = isShown && (this.#form.hidden || wasHidden);
    this.#form.hidden = !isShown;
    if (!appears) return;
    setText(this.#keyProblem, this.#triedKey ? "This key is not right" : "");
    this.#keyProblem.hidden = !this.#triedKey;
    this.#key.value = "";
    this.#key.focus();
  }
}
