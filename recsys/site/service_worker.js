// Stores all files of the site, so that it opens without a network. Another version has other file names and another
// store; it takes over when no window shows this one.
const PREFIX = `recsys ${registration.scope} `; // other sites of this host have stores of their own
const STORE = PREFIX + VERSION;
const DOCUMENT = "./";

addEventListener("install", (event) => event.waitUntil(complete()));

// Adds what the page has not stored yet. Files that change have other names, so cached ones are right.
async function complete() {
  const store = await caches.open(STORE);
  const there = new Set((await store.keys()).map(({ url }) => url));
  const missing = FILES.filter((path) => !there.has(new URL(path, registration.scope).href));
  await store.addAll([new Request(DOCUMENT, { cache: "reload" }), ...missing]);
}

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
