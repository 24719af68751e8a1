// Files of the site: fetched, unpacked and decoded. Each is gzip, because many hosts do not compress such files.
recsys.data = (() => {
  const GZIP = [0x1f, 0x8b];
  const GZIP_AS_TEXT = "H4sI"; // how a gzip file begins in base64
  const SIMILAR_EMPTY = 65535; // fills the rows of items with few similar ones

  async function bytes(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path} is missing (status ${answer.status})`);
    recsys.offline.keep(path, answer.clone());
    const buffer = unencoded(await answer.arrayBuffer());
    const start = new Uint8Array(buffer, 0, Math.min(2, buffer.byteLength));
    // A host that knows the file to be compressed lets the browser unpack it.
    if (GZIP.some((byte, place) => start[place] !== byte)) return buffer;
    return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  // The bytes of a file that is stored as base64 text; others stay.
  function unencoded(buffer) {
    const start = new TextDecoder("latin1").decode(buffer.slice(0, GZIP_AS_TEXT.length));
    if (start !== GZIP_AS_TEXT) return buffer;
    const text = atob(new TextDecoder("latin1").decode(buffer));
    return Uint8Array.from(text, (char) => char.charCodeAt(0)).buffer;
  }

  const json = async (path) => JSON.parse(new TextDecoder().decode(await bytes(path)));

  // Numbers of the items most similar to each: low bytes of all, then high bytes.
  function similarLists(buffer, items) {
    const size = buffer.byteLength / 2;
    const [low, high] = [new Uint8Array(buffer, 0, size), new Uint8Array(buffer, size, size)];
    const each = size / items;
    return (number) => {
      const found = [];
      for (let place = number * each; place < (number + 1) * each; place += 1) {
        const other = low[place] + 256 * high[place];
        if (other !== SIMILAR_EMPTY) found.push(other);
      }
      return found;
    };
  }

  // Loads everything that `start` names, in the order in which it is needed. Each part is a promise.
  function load(start) {
    const { files, shape } = start;
    const columns = json(files.items);
    const weights = columns.then(() => bytes(files.weights)).then((buffer) => recsys.scoring.unpack(buffer, shape));
    const facts = weights.then(() => json(files.facts));
    const similar = facts.then(() => bytes(files.similar)).then((buffer) => similarLists(buffer, shape.items));
    const texts = similar.then(() => json(files.texts));
    return { columns, weights, facts, similar, texts };
  }

  return { json, load, similarLists };
})();
