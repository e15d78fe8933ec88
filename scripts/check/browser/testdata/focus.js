// Describes the focused element: the width of its outline, the contrast of the outline with
// the background, and what covers it. It returns null if no element of the page has the focus.
() => {
  const element = document.activeElement;
  if (element === document.body || !document.hasFocus()) {
    return null;
  }
  const rgba = (color) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  // The relative luminance of WCAG 2.2.
  const luminance = (color) => rgba(color).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let opaque = element.parentElement;
  while (opaque.parentElement && rgba(getComputedStyle(opaque).backgroundColor)[3] < 255) {
    opaque = opaque.parentElement;
  }
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const [low, high] = [outlineColor, getComputedStyle(opaque).backgroundColor].map(luminance).sort((a, b) => a - b);
  const box = element.getClientRects()[0]; // the first line's if the element has several
  const front = document.elementFromPoint(
    box.x + Math.min(box.width, innerWidth) / 2, box.y + Math.min(box.height, 40) / 2);
  const covered = !front || !(element.contains(front) || front.contains(element));
  return {
    name: element.id || (element.ariaLabel || element.textContent).trim().replace(/\s+/g, " ").slice(0, 60),
    outline: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    contrast: (high + 0.05) / (low + 0.05),
    coveredBy: covered ? front?.outerHTML.slice(0, 80) ?? "nothing" : "",
  };
}
