// The server sends a visitor whose sign-in failed back to the page with `sign_in=failed` in the address.
(() => {
  const query = new URLSearchParams(location.search);
  if (query.get("sign_in") !== "failed") return;
  query.delete("sign_in");
  history.replaceState(null, "", `${location.pathname}?${query}`);
  addEventListener("load", () => recsys.notify("Hugging Face did not confirm the sign-in. Try again."));
})();
