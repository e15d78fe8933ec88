// Records every text that the page shows, without its heading, in window.shown: at each
// change of the document and in each frame.
window.shown = [];
window.shownText = () => {
  const content = document.querySelector("#your-account") ?? document.body;
  return content?.innerText.trim().replace(/\s+/g, " ").replace(/^Your account ?/, "") ?? "";
};
{
  const record = () => {
    const text = shownText();
    if (text !== shown.at(-1)) {
      shown.push(text);
    }
  };
  new MutationObserver(record).observe(document,
    { subtree: true, childList: true, attributes: true, characterData: true });
  const frame = () => {
    record();
    requestAnimationFrame(frame);
  };
  frame();
}
