// Keeps the site in the browser, so that it opens without a network. The page stores what it loads, so that nothing is
// loaded twice; the service worker adds the rest. Without service workers the site works as long as the network does.
recsys.offline = (() => {
  const { version } = document.documentElement.dataset;
  const store = `recsys ${new URL("./", location.href)} ${version}`; // as in service_worker.js
  const kept = [];

  // Stores a file that was loaded.
  function keep(path, answer) {
    if ("caches" in globalThis) kept.push(put(path, answer));
  }
  async function put(path, answer) {
    try {
      await (await caches.open(store)).put(path, answer);
    } catch (error) {
      console.info(`${path} is not stored.`, error.message); // the storage is full or disabled
    }
  }

  // Registers the service worker after everything has been loaded and stored.
  async function start(loaded) {
    if (!("serviceWorker" in navigator)) return;
    try {
      await Promise.all(loaded);
      await Promise.all(kept);
      await navigator.serviceWorker.register("sw.js");
    } catch (error) {
      console.info("The site is not stored for use without a network.", error.message);
    }
  }

  return { keep, start };
})();
