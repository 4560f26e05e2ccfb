import { visibleText } from "../protocol/mod.ts";
import { bytesText, countText } from "./number_text.ts";
import { pageElement, setText } from "./page_elements.ts";
import { statusLabel } from "./status_label.ts";
import type { ClientStatus } from "./client_status.ts";

/** The numbers on the screen. */
export interface HudNumbers {
  readonly regions: number;
  /** Voxels of the frame on the screen. */
  readonly drawn: number;
  /** Voxels held, each at its region's level of detail. */
  readonly voxels: number;
  /** Regions held at each level of detail, the finest first. */
  readonly lods: readonly number[];
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** 0 before anything moved. */
  readonly framesPerSecond: number;
  readonly isMoving: boolean;
}

/** The panels in the corners. */
export class Hud {
  readonly #panel = pageElement("hud", HTMLElement);
  readonly #world = pageElement("world", HTMLElement);
  readonly #status = pageElement("status", HTMLElement);
  readonly #pressure = pageElement("pressure", HTMLElement);
  readonly #problem = pageElement("problem", HTMLElement);
  readonly #graphics = pageElement("graphics", HTMLElement);

  get isShown(): boolean {
    return !this.#panel.hidden;
  }

  set isShown(isShown: boolean) {
    this.#panel.hidden = !isShown;
  }

  showWorld(name: string): void {
    setText(this.#world, name);
    document.title = name === "" ? "Voxcast" : `${visibleText(name)} - Voxcast`;
  }

  showStatus(status: ClientStatus): void {
    const { text, tone } = statusLabel(status);
    setText(this.#status, text);
    this.#status.dataset.tone = tone;
  }

  /** Why less detail comes than is in view; an empty text takes it away. */
  showPressure(text: string): void {
    setText(this.#pressure, text);
    this.#pressure.hidden = text === "";
  }

  /** The last thing that went wrong; an empty text takes it away. */
  showProblem(text: string): void {
    setText(this.#problem, text);
    this.#problem.hidden = text === "";
  }

  /** A remark on how this machine draws; an empty text takes it away. */
  showGraphics(text: string): void {
    setText(this.#graphics, text);
    this.#graphics.hidden = text === "";
  }

  showNumbers(numbers: HudNumbers): void {
    show("regions", countText(numbers.regions));
    show("drawn", countText(numbers.drawn));
    show("voxels", countText(numbers.voxels));
    show("lods", lodsText(numbers.lods));
    show("bytes", bytesText(numbers.bytes));
    show("rate", `${bytesText(numbers.bytesPerSecond)}/s`);
    show("fps", framesText(numbers));
  }
}

function show(name: string, text: string): void {
  setText(pageElement(`stat-${name}`, HTMLElement), text);
}

function lodsText(lods: readonly number[]): string {
  const parts = lods.map((count, lod) => count > 0 ? `L${lod} ${countText(count)}` : "").filter(Boolean);
  return parts.length === 0 ? "none" : parts.join(" \u00b7 ");
}

function framesText({ framesPerSecond, isMoving }: HudNumbers): string {
  if (framesPerSecond === 0 || !isMoving) return "at rest";
  const rate = framesPerSecond >= 10 ? framesPerSecond.toFixed(0) : framesPerSecond.toFixed(1);
  return `${rate}/s`;
}
