const form = document.getElementById("read");
const status = document.getElementById("status");
const digits = document.getElementById("digits");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  digits.textContent = "";
  status.textContent = "Reading …";
  try {
    const response = await fetch("v1/read", { method: "POST", body: form.elements.picture.files[0] });
    const text = await response.text();
    if (!response.ok) throw new Error(JSON.parse(text).detail);
    const fields = text.trim().split("\n").flatMap((page) => JSON.parse(page).fields);
    const doubtful = fields.filter((field) => field.status === "review").length;
    digits.textContent = fields.map((field) => field.text).join("\n\n");
    status.textContent = `${fields.length} fields, ${doubtful} to look at`;
  } catch (error) {
    status.textContent = error.message;
  }
});
