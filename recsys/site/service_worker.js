// Stores all files of the site, so that it opens without a network. Another version has other file names and another
// store; it takes over when no window shows this one.
const PREFIX = `recsys ${registration.scope} `; // other sites of this host have stores of their own
const STORE = PREFIX + VERSION;
const DOCUMENT = "./";

addEventListener("install", (event) => {
  const files = [DOCUMENT, ...FILES].map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(files)));
});

addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(PREFIX) && name !== STORE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const wanted = request.mode === "navigate" ? DOCUMENT : request;
  event.respondWith(answer(wanted, request));
});

async function answer(wanted, request) {
  const store = await caches.open(STORE);
  return (await store.match(wanted)) ?? fetch(request);
}
