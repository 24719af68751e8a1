// The exact call that returns a list, to paste into a program or a terminal.
recsys.snippets = (() => {
  const PYTHON_WORDS = { true: "True", false: "False", null: "None" };

  // A value as a Python literal. JSON's strings, numbers, lists and objects are Python's as well.
  function python(value) {
    if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
    if (typeof value === "object" && value !== null) {
      const pairs = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${python(one)}`);
      return `{${pairs.join(", ")}}`;
    }
    return PYTHON_WORDS[String(value)] && typeof value !== "string"
      ? PYTHON_WORDS[String(value)]
      : JSON.stringify(value);
  }

  // {language: code} for an endpoint's name and arguments in order.
  function snippets({ name, args }, base) {
    const data = JSON.stringify({ data: Object.values(args) });
    const parameters = Object.entries(args).map(([key, value]) => `${key}=${python(value)}`);
    return {
      Python: [
        "from gradio_client import Client",
        "",
        `client = Client("${base}")`,
        `print(client.predict(${[...parameters, `api_name="/${name}"`].join(", ")}))`,
      ].join("\n"),
      JavaScript: [
        `const reply = await fetch("${base}/gradio_api/run/${name}", {`,
        `  method: "POST",`,
        `  headers: {"Content-Type": "application/json"},`,
        `  body: JSON.stringify(${data}),`,
        "});",
        "console.log((await reply.json()).data[0]);",
      ].join("\n"),
      curl: [
        `curl -s ${base}/gradio_api/run/${name} -H 'Content-Type: application/json' \\`,
        `  -d '${data.replaceAll("'", "'\\''")}'`,
      ].join("\n"),
    };
  }

  return { snippets, python };
})();
