// What the components share: the visitor, the words of the catalogue, and events between components.
(() => {
  const listeners = {};

  // Values in the browser's storage, as JSON. Without storage (private windows) nothing is remembered.
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
        /* the storage is full or switched off */
      }
    },
  };

  recsys.state = {
    visitor: recsys.marks.complete(recsys.storage.read("recsys.visitor")),
    words: { worth: {} },
    opened: null, // {item, user, model, source} of the card whose details were opened last
  };

  recsys.on = (name, listener) => {
    listeners[name] ||= new Set();
    listeners[name].add(listener);
  };
  recsys.emit = (name, data) => {
    for (const listener of listeners[name] ?? []) listener(data);
  };

  recsys.setVisitor = (visitor) => {
    recsys.state.visitor = recsys.marks.complete(visitor);
    recsys.emit("visitor", recsys.state.visitor);
  };
})();
