import { assert, assertEquals, assertMatch } from "@std/assert";
import html from "../../src/client/page/index.html" with { type: "text" };
import css from "../../src/client/page/viewer.css" with { type: "text" };
import { needs, testWith } from "../support/needs.ts";

const CLIENT = new URL("../../src/client/", import.meta.url);
const canRead = await needs({ read: decodeURIComponent(CLIENT.pathname) });

Deno.test("the page asks for nothing that its policy forbids: no inline script or style, nothing from elsewhere", () => {
  for (const [tag] of html.matchAll(/<script[^>]*>/g)) assertMatch(tag, / src="\/assets\/[\w.]+"/);
  assertEquals([...html.matchAll(/<style|\sstyle=|\son\w+=|javascript:/g)], []);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
  assert(addresses.length > 3);
  for (const address of addresses) assertMatch(address, /^\/(assets\/[\w.]+)?$/);
  assertEquals([...css.matchAll(/url\(|@import/g)], []);
});

testWith(canRead, "every element that the code looks up is in the page, once", async () => {
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
  assertEquals(new Set(ids).size, ids.length);
  const wanted = new Set<string>();
  for await (const { name } of Deno.readDir(CLIENT)) {
    if (!name.endsWith(".ts")) continue;
    const source = await Deno.readTextFile(new URL(name, CLIENT));
    for (const [, id] of source.matchAll(/pageElement\("([^"]+)"/g)) wanted.add(id!);
    for (const [, stat] of source.matchAll(/show\("([^"]+)", /g)) wanted.add(`stat-${stat}`);
  }
  assert(wanted.size > 15);
  assertEquals([...wanted].filter((id) => !ids.includes(id)), []);
});

Deno.test("buttons have names, fields have labels, and pictures that say nothing are hidden from readers", () => {
  for (const [, body] of html.matchAll(/<button[^>]*>([\s\S]*?)<\/button>/g)) {
    assertMatch(body!.replace(/<svg[\s\S]*?<\/svg>|<[^>]*>/g, "").trim(), /\w/);
  }
  for (const [tag] of html.matchAll(/<svg[^>]*>/g)) assertMatch(tag, /aria-hidden="true"/);
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const id = /id="([^"]+)"/.exec(tag)?.[1];
    assert(tag.includes(" hidden") || html.includes(`<label for="${id}"`), tag);
  }
});

Deno.test("text stands out from its panel by at least 4.5 to 1, even over the brightest picture", () => {
  const panel = [13, 19, 34].map((channel) => channel * 0.82 + 255 * 0.18);
  for (const name of ["ink", "soft", "good", "busy", "bad", "accent"]) {
    const hex = new RegExp(`--${name}: #([0-9a-f]{6})`).exec(css)?.[1];
    assert(hex, name);
    const color = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
    assert(contrast(color, panel) >= 4.5, `${name}: ${contrast(color, panel).toFixed(2)}`);
  }
});

/** Contrast of two sRGB colours as WCAG 2 defines it. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const [bright, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(color: readonly number[]): number {
  const [r, g, b] = color.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
