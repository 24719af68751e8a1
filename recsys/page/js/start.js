// Runs first: the browser's storage, and events between components.
(() => {
  const listeners = {};

  // Values in the browser's storage, as JSON. Without storage (private windows) no values are stored.
  recsys.storage = {
    read(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        /* the storage is full or disabled */
      }
    },
  };

  recsys.on = (name, listener) => {
    listeners[name] ||= new Set();
    listeners[name].add(listener);
  };
  recsys.emit = (name, data) => {
    for (const listener of listeners[name] ?? []) listener(data);
  };
})();
