// What the recipes' scripts take for granted of the page that they are put into.

declare function show(answer: unknown): void;

interface Document {
  querySelector(selectors: "main"): HTMLElement;
}
