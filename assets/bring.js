/** The pages on which data is brought: progress of a running command, files dropped on a field. All of it works without. */

const POLL_MS = 700;

/** Say how a job goes, and load the page anew when it is over. */
async function follow(box) {
  const step = box.querySelector("[data-step]");
  const seconds = box.querySelector("[data-seconds]");
  for (;;) {
    let told;
    try {
      const answer = await fetch(box.dataset.job, { cache: "no-store" });
      told = answer.ok ? await answer.json() : { state: "gone" };
    } catch {
      told = null; // the server does not answer: try again
    }
    if (told && told.state !== "running") return location.reload();
    if (told) {
      if (step.textContent !== told.step) step.textContent = told.step;
      seconds.textContent = `${Math.round(told.seconds)} s`;
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Let files be dropped anywhere on a field. */
function acceptDrops(field) {
  const input = field.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.add("over");
    });
  }
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    input.files = event.dataTransfer.files;
  });
}

/** Show only the parts of a form that the chosen values of lists need: `a=x` or `a=x&b=y`. */
function bindConditions(form) {
  const holds = (condition) =>
    condition.split("&").every((one) => {
      const [name, value] = one.split("=");
      return form.elements[name]?.value === value;
    });
  const show = () => {
    const parts = form.querySelectorAll("[data-if], [data-unless]");
    for (const part of parts) part.hidden = part.dataset.if ? !holds(part.dataset.if) : holds(part.dataset.unless);
    for (const part of parts) {
      for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = part.hidden;
    }
  };
  form.addEventListener("change", show);
  show();
}

/** Move the rows of a list by their buttons, without asking the server; the focus stays with the row. */
function bindOrder(list) {
  const told = list.parentElement.querySelector("[data-moved]");
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li");
    const isUp = button.dataset.move === "up";
    const other = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(row);
    else other.after(row);
    const rows = [...list.children];
    rows.forEach((one, at) => {
      one.querySelector("[name$=-place]").value = at;
    });
    const isLast = row === rows.at(isUp ? 0 : -1);
    (isLast ? row.querySelector(`[data-move=${isUp ? "down" : "up"}]`) : button).focus();
    told.textContent = `${row.querySelector("[name$=-label]").value}: ${rows.indexOf(row) + 1} / ${rows.length}`;
  });
}

/** Tick the first proposal of each place that nobody has decided, where its likeness is high; people look, then keep. */
function bindTicking(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const place of document.querySelectorAll(".place")) {
      const first = place.querySelector("[data-score]");
      const waits = place.querySelector("input[type=radio][value='']");
      if (first && waits.checked && Number(first.dataset.score) >= Number(button.dataset.tick)) first.checked = true;
    }
  });
}

for (const button of document.querySelectorAll("[data-tick]")) bindTicking(button);
for (const box of document.querySelectorAll("[data-job]")) follow(box);
for (const field of document.querySelectorAll("[data-drop]")) acceptDrops(field);
for (const list of document.querySelectorAll("[data-order]")) bindOrder(list);
for (const form of document.querySelectorAll("form[data-conditions]")) bindConditions(form);
