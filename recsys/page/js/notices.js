// Short messages, saving files, copying text, and calls of server functions with errors handled.
(() => {
  const { h } = recsys;
  const SHOWN_MS = 7000;
  const NO_ANSWER = "The server did not answer. Check your connection and try again.";
  let toast = null;
  let timer = null;

  // Shows a message at the bottom of the window, also to screen readers; `undo` adds a button that undoes the change.
  recsys.notify = (text, undo = null) => {
    toast ??= h("div.rs-toast", { role: "status", "aria-live": "polite" });
    // Elements outside an open modal dialog cannot be used, so the message is put inside.
    const place = document.querySelector("dialog[open]") ?? document.body;
    if (toast.parentElement !== place) place.append(toast);
    const before = document.activeElement;
    const button = undo && h("button.rs-link", { type: "button", onclick: () => takeBack(undo, before) }, "Undo");
    recsys.fill(toast);
    clearTimeout(timer);
    // Screen readers announce the text only if the live region exists before it.
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
    // Do not hide the message while the pointer or the focus is on Undo.
    if (toast.matches(":hover, :focus-within")) timer = setTimeout(expire, SHOWN_MS);
    else recsys.fill(toast);
  }

  // The reply of a server function, or {error} without a reply. Gradio resolves to undefined when offline.
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
