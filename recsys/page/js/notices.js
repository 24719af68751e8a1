// Short messages, files to save, text to copy, and questions to the server that may go unanswered.
(() => {
  const { h } = recsys;
  const SHOWN_MS = 7000;
  const NO_ANSWER = "The server did not answer. Check your connection and try again.";
  let toast = null;
  let timer = null;

  // A message at the bottom of the window, read out by screen readers; `undo` adds a button that takes it back.
  recsys.notify = (text, undo = null) => {
    toast ??= h("div.rs-toast", { role: "status", "aria-live": "polite" });
    // Everything outside an open dialog is out of reach, so the message goes inside.
    const place = document.querySelector("dialog[open]") ?? document.body;
    if (toast.parentElement !== place) place.append(toast);
    const before = document.activeElement;
    const button = undo && h("button.rs-link", { type: "button", onclick: () => takeBack(undo, before) }, "Undo");
    recsys.fill(toast);
    clearTimeout(timer);
    // An announcement needs the region to be there before its text.
    timer = setTimeout(() => {
      recsys.fill(toast, h("span", {}, text), button);
      timer = setTimeout(expire, SHOWN_MS);
    }, 30);
  };

  function takeBack(undo, before) {
    undo();
    if (before?.isConnected) before.focus();
  }
  function expire() {
    // Somebody may be about to press Undo.
    if (toast.matches(":hover, :focus-within")) timer = setTimeout(expire, SHOWN_MS);
    else recsys.fill(toast);
  }

  // The reply of a function of the server, {error} if there is none. Gradio resolves to undefined when offline.
  recsys.ask = async (call) => {
    try {
      return (await call()) ?? { error: NO_ANSWER };
    } catch {
      return { error: NO_ANSWER };
    }
  };
  recsys.NO_ANSWER = NO_ANSWER;

  recsys.copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      recsys.notify("Copied.");
    } catch {
      recsys.notify("The browser does not allow copying here. Select the text instead.");
    }
  };

  recsys.save = (name, text, type) => {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
})();
