// Builds elements. Text is inserted only with textContent and attributes, never as HTML.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PATHS = {
    close: "M6 6l12 12M18 6L6 18",
    search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5",
    like: "M7 11v9H4v-9zM7 12l4-8c2 0 3 1.5 2.5 3.5L13 10h5.5a2 2 0 0 1 2 2.4l-1.3 6a2 2 0 0 1-2 1.6H7",
    dislike: "M17 13V4h3v9zM17 12l-4 8c-2 0-3-1.5-2.5-3.5L11 14H5.5a2 2 0 0 1-2-2.4l1.3-6a2 2 0 0 1 2-1.6H17",
    seen: "M5 12.5l4.5 4.5L19 7.5",
    watch: "M6 4h12v16l-6-4.5L6 20z",
    play: "M8 5l11 7-11 7z",
    dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
    filter: "M4 6h16M7 12h10M10 18h4",
    moon: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    more: "M5 12h14M13 6l6 6-6 6",
    back: "M19 12H5M11 6l-6 6 6 6",
  };

  // h("a.name", {attribute: value, onclick: fn}, child, "text", null)
  recsys.h = (name, attributes = {}, ...children) => {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      // A policy without inline styles forbids the attribute, but not this.
      else if (key === "style") element.style.cssText = value;
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...present(children));
    return element;
  };

  // Replaces the children of an element.
  recsys.fill = (element, ...children) => element.replaceChildren(...present(children));

  const present = (children) =>
    children.flat().filter((child) => child !== null && child !== undefined && child !== false);

  recsys.icon = (name) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("rs-icon");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
  };
})();
