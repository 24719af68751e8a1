// The text of a file that a visitor chose: UTF-8 or UTF-16, or else Windows-1252, in which no byte is lost, so that the
// server can still say what a file is that is no text.
recsys.fileText = async (file) => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.subarray(0, 2).join()];
  if (wide) return new TextDecoder(wide).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
};
