// State shared by the components: the visitor and the words of the catalogue.
(() => {
  recsys.state = {
    visitor: recsys.marks.complete(recsys.storage.read("recsys.visitor")),
    words: { worth: {} },
    opened: null, // {item, user, model, source} of the card whose details were opened last
  };

  recsys.setVisitor = (visitor) => {
    recsys.state.visitor = recsys.marks.complete(visitor);
    recsys.emit("visitor", recsys.state.visitor);
  };
})();
