// Draws posters as recsys/catalogue/posters.py does, from the same drawings; tests compare both.
recsys.drawn = (() => {
  const [WIDTH, HEIGHT, MARGIN] = [200, 300, 16];
  const MAX_LINES = new Map([
    [27, 3],
    [24, 3],
    [21, 4],
    [18, 4],
    [16, 5],
    [14, 6],
    [12, 6],
  ]);
  const SIZES = [...MAX_LINES.keys()];
  const SMALLEST = SIZES.at(-1);
  const FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif";
  const NARROW = new Set("iljtfrI.,:;'|!()[] ");
  const WIDE = new Set("mwMWQOGCDNHU@%&—");
  const LONG_PART = 13; // letters of a part of a word that fits no line
  const CACHED = 1000;
  const pictures = new Map();
  let look = null; // the drawings and numbers of posters.py

  const use = (drawings) => {
    look = drawings;
    pictures.clear();
  };

  // CRC-32 of a text in UTF-8.
  const TABLE = Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value >>> 0;
  });
  function crc32(text) {
    let value = 0xffffffff;
    for (const byte of new TextEncoder().encode(text)) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
    return (value ^ 0xffffffff) >>> 0;
  }

  // The arithmetic of Python: remainders are never negative, and halves are rounded to even numbers.
  const wrapped = (value) => (value % 1 < 0 ? (value % 1) + 1 : value % 1);
  const rounded = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

  // A colour with another hue, of the same saturation and `shade` times the lightness.
  function turned(colour, turn, shade = 1) {
    const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255);
    const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    const [sum, range] = [most + least, most - least];
    const lightness = sum / 2;
    let [hue, saturation] = [0, 0];
    if (range) {
      saturation = lightness <= 0.5 ? range / sum : range / (2 - most - least);
      const [r, g, b] = [red, green, blue].map((part) => (most - part) / range);
      hue = red === most ? b - g : green === most ? 2 + r - b : 4 + g - r;
      hue = wrapped(hue / 6);
    }
    return fromHls(wrapped(hue + turn), shade * lightness, saturation);
  }
  function fromHls(hue, lightness, saturation) {
    const high = lightness <= 0.5 ? lightness * (1 + saturation) : lightness + saturation - lightness * saturation;
    const low = 2 * lightness - high;
    const part = (place) => {
      const at = wrapped(place);
      if (at < 1 / 6) return low + (high - low) * at * 6;
      if (at < 0.5) return high;
      return at < 2 / 3 ? low + (high - low) * (2 / 3 - at) * 6 : low;
    };
    const parts = saturation ? [hue + 1 / 3, hue, hue - 1 / 3].map(part) : [lightness, lightness, lightness];
    return `#${parts
      .map((value) =>
        rounded(255 * value)
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")}`;
  }

  const encoded = (text) =>
    encodeURIComponent(text)
      .replace(/%(?:2F|3D|3A|2C|3B|20)/g, decodeURIComponent)
      .replace(/[!*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const escaped = (text) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#x27;");

  // Width of a bold word in em.
  const em = (word) => {
    let total = 0;
    for (const char of word) total += letter(char);
    return total;
  };
  function letter(char) {
    if (NARROW.has(char)) return 0.42;
    if (WIDE.has(char)) return 0.98;
    if (char !== char.toLowerCase() && char === char.toUpperCase()) return 0.79;
    return char > "\u2e80" ? 1.02 : 0.68;
  }

  // The lines of a title, at the largest size that fits.
  function fit(title) {
    let lines = [];
    for (const size of SIZES) {
      lines = linesOf(title, (WIDTH - 2 * MARGIN) / size);
      if (lines.length && lines.length <= MAX_LINES.get(size)) return [lines, size];
    }
    const kept = lines.slice(0, MAX_LINES.get(SMALLEST));
    kept[kept.length - 1] = `${[...kept.at(-1)]
      .slice(0, -2)
      .join("")
      .replace(/[ ,.:;-]+$/, "")}…`;
    return [kept, SMALLEST];
  }
  function linesOf(title, width) {
    let [lines, line, used] = [[], "", 0];
    for (const word of title.split(/\s+/).filter(Boolean)) {
      const length = em(word);
      if (length > width) {
        if (width < (WIDTH - 2 * MARGIN) / SMALLEST) return [];
        const letters = [...word];
        for (let part = 0; part < letters.length; part += LONG_PART) {
          if (line) lines.push(line);
          line = letters.slice(part, part + LONG_PART).join("");
        }
        used = em(line);
      } else if (line && used + 0.35 + length > width) {
        lines.push(line);
        [line, used] = [word, length];
      } else {
        used += length + (line ? 0.35 : 0);
        line = line ? `${line} ${word}` : word;
      }
    }
    lines = line ? [...lines, line] : ["Untitled"];
    return lines;
  }

  // A poster without its text, in one of the variants.
  function picture(genre, variant) {
    const key = `${genre} ${variant}`;
    if (!pictures.has(key)) {
      if (pictures.size >= CACHED) pictures.clear();
      pictures.set(key, encoded(plain(genre, variant)));
    }
    return pictures.get(key);
  }
  function plain(genre, variant) {
    const { genres, others, neutral } = look.drawings;
    const drawing = Object.hasOwn(genres, genre)
      ? genres[genre]
      : genre
        ? others[crc32(genre) % others.length]
        : neutral;
    let rest = variant;
    const next = (size) => {
      const value = rest % size;
      rest = Math.floor(rest / size);
      return value;
    };
    const isMirrored = next(2);
    const light = look.lights[next(look.lights.length)];
    const hue = look.hues[next(look.hues.length)];
    const [size, right] = look.layouts[next(look.layouts.length)];
    const pattern = look.patterns[rest];
    const [top, accent] = [turned(drawing.top, hue), turned(drawing.accent, hue)];
    const ground = turned(drawing.ground, hue, look.shade);
    const scaled = size % 1 ? String(size) : size.toFixed(1);
    const placed = `translate(${100 + right} 90) scale(${isMirrored ? "-" : ""}${scaled} ${scaled}) translate(-100 -90)`;
    let mark = `${pattern}<g transform='${placed}'>${drawing.mark}</g>`;
    for (const [name, colour] of [
      ["A", accent],
      ["G", ground],
      ["I", look.ink],
    ]) {
      mark = mark.replaceAll(`='${name}'`, `='${colour}'`);
    }
    return (
      `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${WIDTH} ${HEIGHT}' width='${WIDTH}' height='${HEIGHT}'>` +
      `<radialGradient id='g' cx='${light}' cy='10%' r='95%'><stop stop-color='${top}'/>` +
      `<stop offset='1' stop-color='${ground}'/></radialGradient>` +
      `<path d='M0 0h200v300H0z' fill='url(#g)'/>${mark}<path d='M0 150h200v150H0z' fill='${ground}'/>` +
      `<path d='M${MARGIN} 166h28v3H${MARGIN}z' fill='${accent}'/><g fill='${look.ink}' font-family='${FONT}'>`
    );
  }

  // The poster of an item as a data URL.
  function poster({ item_id, title, year, genres }) {
    const named = (genres ?? []).slice(0, 4).filter((genre) => !look.not_drawn.includes(genre));
    const drawn = named.slice(0, 3);
    const seed = crc32(item_id || title);
    const variants = 2 * look.lights.length * look.hues.length * look.patterns.length * look.layouts.length;
    const genre = drawn.length ? drawn[Math.floor(seed / variants) % drawn.length] : "";
    const bare = year && title.endsWith(`(${year})`) ? title.slice(0, -`(${year})`.length).trimEnd() || title : title;
    const [lines, size] = fit(bare);
    const leading = Math.round(size * 1.14);
    const top = (year ? 268 : 282) - leading * (lines.length - 1);
    const spans = lines.map((line, row) => `<tspan x='${MARGIN}' y='${top + leading * row}'>${escaped(line)}</tspan>`);
    const foot = year
      ? `<text x='${MARGIN}' y='287' font-size='12' letter-spacing='1.5' opacity='.8'>${year}</text>`
      : "";
    const text = `<text font-size='${size}' font-weight='700'>${spans.join("")}</text>${foot}</g></svg>`;
    return `data:image/svg+xml;charset=utf-8,${picture(genre, seed % variants)}${encoded(text)}`;
  }

  return { use, poster, crc32, turned, fit };
})();
