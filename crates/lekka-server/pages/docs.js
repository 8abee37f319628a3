// Draws a form for each operation of openapi.json, and sends what is filled in.

const api = await (await fetch("openapi.json")).json();

/** An element with properties and children. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** What an option can be: a list to choose from, or a line to write in. */
function control(parameter) {
  const { schema } = parameter;
  if (!schema.enum) {
    return element("input", { name: parameter.name, placeholder: schema.default ?? "" });
  }
  const options = schema.enum.map((value) => element("option", { value, textContent: value }));
  options.unshift(element("option", { value: "", textContent: `(${schema.default})` }));
  return element("select", { name: parameter.name }, ...options);
}

function parameterField(parameter) {
  const input = control(parameter);
  input.required = parameter.required === true;
  const note = element("small", { textContent: parameter.description });
  return element("label", {}, `${parameter.name} `, input, note);
}

/** A file, or text for JSON. */
function bodyFields(body) {
  const types = Object.keys(body.content);
  const type = element("select", { name: "content type" });
  type.append(...types.map((value) => element("option", { value, textContent: value })));
  const file = element("input", { type: "file", name: "file" });
  const text = element("textarea", { name: "text", rows: 4, cols: 60 });
  const example = Object.values(body.content).find((content) => content.example)?.example;
  const fields = [
    element("label", {}, "Body: a file ", file),
    element("label", {}, "sent as ", type),
  ];
  if (example) {
    text.placeholder = example;
    fields.push(element("label", {}, "or text ", text));
  }
  return { fields, file, text, type };
}

function target(path, form, parameters) {
  const query = new URLSearchParams();
  let filled = path;
  for (const parameter of parameters) {
    const { value } = form.elements[parameter.name];
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "") query.set(parameter.name, value);
  }
  // Relative, so that it works below any path.
  return filled.slice(1) + (query.size ? `?${query}` : "");
}

function request(method, body) {
  const headers = {};
  const token = document.getElementById("token").value;
  if (token) headers.authorization = `Bearer ${token}`;
  const options = { method: method.toUpperCase(), headers };
  if (!body) return options;
  const file = body.file.files[0];
  const type = body.type.value;
  if (type === "multipart/form-data") {
    options.body = new FormData();
    if (file) options.body.append("picture", file);
  } else {
    options.body = file ?? body.text.value;
    headers["content-type"] = type;
  }
  return options;
}

function operation(path, method, described) {
  const parameters = described.parameters ?? [];
  const body = described.requestBody && bodyFields(described.requestBody);
  const output = element("pre", { hidden: true, tabIndex: 0 });
  const status = element("p");
  status.setAttribute("role", "status");
  const form = element("form", {}, ...parameters.map(parameterField), ...(body ? body.fields : []));
  form.append(element("button", { textContent: "Send" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "Sent …";
    try {
      const start = performance.now();
      const response = await fetch(target(path, form, parameters), request(method, body));
      output.textContent = await response.text();
      const milliseconds = Math.round(performance.now() - start);
      status.textContent = `${response.status} ${response.statusText}, ${milliseconds} ms, ` +
        `${response.headers.get("content-type")}, request ${response.headers.get("x-request-id")}`;
      output.hidden = false;
    } catch (error) {
      status.textContent = `No answer: ${error.message}`;
    }
  });
  const heading = element("h2", {}, element("code", { textContent: `${method.toUpperCase()} ${path}` }));
  const summary = element("p", { textContent: `${described.summary}. ${described.description ?? ""}` });
  return element("section", {}, heading, summary, form, status, output);
}

document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
document.getElementById("description").textContent = api.info.description;
const operations = document.getElementById("operations");
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, described] of Object.entries(methods)) {
    operations.append(operation(path, method, described));
  }
}
