
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const reviewColumn = data.columns.indexOf("review");
  const errorColumn = data.columns.indexOf("error");
  const accepted = data.doubts.map(() => false);
  let current = 0;
  let saved = true;

  element("title").textContent = data.form;
  document.title = "Review: " + data.form;

  // Kannada digits are typed as well as ASCII ones; anything else is no digit.
  const ascii = (text) => text.replace(/[\u0CE6-\u0CEF]/g, (c) => String(c.charCodeAt(0) - 0x0CE6)).replace(/[^0-9]/g, "");

  const percent = (p) => (p >= 0.9995 ? ">99.9 %" : p < 0.0005 ? "<0.1 %" : (100 * p).toFixed(1) + " %");

  function progress() {
    const done = accepted.filter(Boolean).length;
    element("progress").textContent = done + " of " + accepted.length + " doubtful fields done" + (saved ? "" : ", not saved yet");
  }

  function warn() {
    const doubt = data.doubts[current];
    const length = ascii(element("value").value).length;
    const fits = length === 0 || (length >= doubt.least && length <= doubt.most);
    const wanted = doubt.least === doubt.most ? String(doubt.most) : doubt.least + " to " + doubt.most;
    element("warning").textContent = fits ? "" : length + " digits; " + wanted + " belong here";
    for (const button of element("readings").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.value === ascii(element("value").value)));
    }
  }

  function show(index) {
    const finished = index >= data.doubts.length;
    element("card").hidden = finished;
    element("done").hidden = !finished;
    progress();
    if (finished) {
      const open = accepted.filter((a) => !a).length;
      element("done-title").textContent = open === 0 ? "All doubtful fields are done." : open + " doubtful fields are still open.";
      element("again").hidden = data.doubts.length === 0;
      current = data.doubts.length;
      element("done").focus();
      return;
    }
    current = Math.max(0, index);
    const doubt = data.doubts[current];
    const row = data.rows[doubt.row];
    element("field").textContent = doubt.label;
    element("place").textContent = row[0] + ", page " + row[1] + ", field " + data.columns[doubt.column] + " (" + (current + 1) + " of " + data.doubts.length + ")";
    element("reason").textContent = doubt.reason ? "Why: " + doubt.reason + "." : "";
    const picture = element("picture");
    picture.hidden = !doubt.picture;
    if (doubt.picture) {
      picture.src = doubt.picture;
      picture.alt = "The field " + doubt.label + " as it was scanned";
    }
    const list = element("readings");
    list.replaceChildren();
    element("readings-title").hidden = doubt.readings.length === 0;
    for (const [value, probability] of doubt.readings) {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.value = value;
      const share = document.createElement("small");
      share.textContent = " " + percent(probability);
      button.append(value, share);
      button.addEventListener("click", () => { element("value").value = value; warn(); element("value").focus(); });
      item.append(button);
      list.append(item);
    }
    element("value").value = ascii(row[doubt.column]);
    warn();
    element("value").focus();
    element("value").select();
  }

  function accept() {
    const doubt = data.doubts[current];
    const row = data.rows[doubt.row];
    row[doubt.column] = ascii(element("value").value);
    accepted[current] = true;
    saved = false;
    const name = data.columns[doubt.column];
    row[reviewColumn] = row[reviewColumn].split(" ").filter((other) => other && other !== name).join(" ");
    show(current + 1);
  }

  function pick(step) {
    const values = data.doubts[current].readings.map((reading) => reading[0]);
    if (values.length === 0) return;
    const at = values.indexOf(ascii(element("value").value));
    element("value").value = values[at < 0 ? 0 : (at + step + values.length) % values.length];
    warn();
  }

  function save() {
    const cell = (text) => (/[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
    const lines = [data.columns, ...data.rows].map((row) => row.map(cell).join(","));
    const blob = new Blob([lines.join("\n") + "\n"], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "corrected.csv";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    saved = true;
    progress();
  }

  element("value").addEventListener("input", () => {
    const input = element("value");
    const clean = ascii(input.value);
    if (clean !== input.value) input.value = clean;
    warn();
  });
  element("value").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const actions = {
      Enter: accept,
      ArrowUp: () => pick(-1),
      ArrowDown: () => pick(1),
      ArrowLeft: () => show(current - 1),
      ArrowRight: () => show(current + 1),
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      save();
    }
  });
  element("done").addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" && data.doubts.length > 0) {
      event.preventDefault();
      show(data.doubts.length - 1);
    }
  });
  element("accept").addEventListener("click", accept);
  element("back").addEventListener("click", () => show(current - 1));
  element("again").addEventListener("click", () => show(Math.max(0, accepted.indexOf(false))));
  element("save").addEventListener("click", save);
  window.addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });

  const failures = data.rows.filter((row) => row[errorColumn]);
  element("failures").hidden = failures.length === 0;
  for (const row of failures) {
    const item = document.createElement("li");
    item.textContent = row[0] + ", page " + row[1] + ": " + row[errorColumn];
    element("failure-list").append(item);
  }
  show(0);
})();
