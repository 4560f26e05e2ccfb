import type { CameraMode, CameraRig } from "./camera_rig.ts";
import type { Hud } from "./hud.ts";
import type { KeyActions } from "./keyboard_controls.ts";
import { pageElement } from "./page_elements.ts";

/** Wires the buttons of the page; what it returns is what the keys do. */
export function connectTools(rig: CameraRig, hud: Hud, showAll: () => void): KeyActions {
  const mode = pageElement("mode", HTMLButtonElement);
  const details = pageElement("details", HTMLButtonElement);
  const help = pageElement("help", HTMLDialogElement);

  function setMode(next: CameraMode): void {
    rig.mode = next;
    mode.setAttribute("aria-pressed", String(next === "fly"));
    if (next === "orbit" && document.pointerLockElement !== null) document.exitPointerLock();
  }

  function toggleStats(): void {
    hud.isShown = !hud.isShown;
    details.setAttribute("aria-pressed", String(hud.isShown));
  }

  const actions: KeyActions = {
    toggleMode: () => setMode(rig.mode === "orbit" ? "fly" : "orbit"),
    showAll,
    toggleStats,
    help: () => help.showModal(),
  };
  mode.addEventListener("click", actions.toggleMode);
  details.addEventListener("click", actions.toggleStats);
  pageElement("focus", HTMLButtonElement).addEventListener("click", actions.showAll);
  pageElement("help-open", HTMLButtonElement).addEventListener("click", actions.help);
  return actions;
}
