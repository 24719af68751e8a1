// Titles in the form that search and imports compare, as recsys/catalogue/titles.py writes it.
recsys.titles = (() => {
  // Articles that titles begin with, or have at the end after a comma.
  const ARTICLES = new Set(
    `the a an le la l' les un une des il lo gli i uno una el los las das der die dem den ein eine o os as um uma de
    het een det en ett et az egy na`.split(/\s+/),
  );
  const LETTERS = {
    ...{ æ: "ae", œ: "oe", ø: "o", ð: "d", þ: "th", ł: "l", đ: "d", ı: "i", ß: "ss", "½": " 1/2", "¼": " 1/4" },
    ...{ "¾": " 3/4", "&": " and ", "'": "", "’": "", "`": "", "´": "", ʻ: "", "@": "a" },
  };
  const [FIRST_YEAR, LAST_YEAR] = [1870, 2100];

  // Lower case, no accents, no punctuation, single spaces.
  const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu; // in copied titles
  function fold(text) {
    const plain = text
      .replace(INVISIBLE, "")
      .toLowerCase()
      .replace(/(?<![\p{L}\p{N}_])([\p{L}\p{N}_])['’`´](?=[\p{L}\p{N}_]{2})/gu, "$1 ");
    const letters = [...plain].map((char) => LETTERS[char] ?? char).join("");
    return letters
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
  }

  // A folded title without a leading article.
  function bare(folded) {
    const [first, ...rest] = folded.split(" ");
    return rest.length && (ARTICLES.has(first) || first === "l") ? rest.join(" ") : folded;
  }

  // A text without its last (1995), and that year or null.
  function splitYear(text) {
    const found = /\s*\(?\(\s*(\d{4})\s*(?:[-–—/]\s*(?:\d{2,4})?\s*)?\)?\s*$/.exec(text.trim());
    const year = Number(found?.[1]);
    if (!found || year < FIRST_YEAR || year > LAST_YEAR) return [text.trim(), null];
    return [text.trim().slice(0, found.index).trimEnd(), year];
  }

  // A title with a trailing article moved to the front: "Usual Suspects, The".
  function natural(text) {
    const found = /^(.+),\s*([^,]+)$/.exec(text.trim());
    const article = found?.[2].trim().replace("’", "'");
    if (!article || !ARTICLES.has(article.toLowerCase()) || article[0] !== article[0].toUpperCase()) return text.trim();
    return article + (article.endsWith("'") ? "" : " ") + found[1].trim();
  }

  return { ARTICLES, FIRST_YEAR, LAST_YEAR, fold, bare, splitYear, natural };
})();
