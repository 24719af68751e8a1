// Keeps the site in the browser, so that it opens without a network. Without service workers it works as long as the
// network does.
recsys.offline = async () => {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("sw.js");
  } catch (error) {
    console.info("The site is not stored for use without a network.", error.message);
  }
};
