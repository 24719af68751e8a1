// Light or dark: the visitor's choice if there is one, else the system's.
(() => {
  const KEY = "recsys.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");

  const isDark = () => document.body.classList.contains("dark");

  function apply(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    recsys.emit("theme", dark);
  }

  recsys.theme = (dark) => {
    apply(dark);
    recsys.storage.write(KEY, dark ? "dark" : "light");
  };
  recsys.toggleTheme = () => recsys.theme(!isDark());

  // Gradio sets the system's theme while it starts and whenever that changes, so the choice is applied after it.
  recsys.keepTheme = () => {
    const chosen = recsys.storage.read(KEY);
    const inAddress = /[?&]__theme=/.test(location.search);
    apply(chosen && !inAddress ? chosen === "dark" : isDark());
  };
  system.addEventListener("change", () => setTimeout(recsys.keepTheme, 0));
})();
