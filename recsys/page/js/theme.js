// The light or dark theme: the visitor's choice, or else the system's.
(() => {
  const KEY = "recsys.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");

  // Gradio reads the same parameter of the URL.
  const inAddress = () => new URLSearchParams(location.search).get("__theme");
  function wanted() {
    const theme = inAddress() ?? recsys.storage.read(KEY);
    return theme === "dark" || (theme !== "light" && system.matches);
  }

  function apply(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    recsys.emit("theme", dark);
  }

  recsys.theme = (dark) => {
    apply(dark);
    recsys.storage.write(KEY, dark ? "dark" : "light");
  };
  recsys.toggleTheme = () => recsys.theme(!document.body.classList.contains("dark"));

  // Gradio sets the system's theme at startup and whenever that changes, so the choice is applied again afterwards.
  recsys.keepTheme = () => apply(wanted());
  system.addEventListener("change", () => setTimeout(recsys.keepTheme, 0));
})();
