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

/** Show only the parts of a form that the chosen value of a list needs. */
function bindConditions(form) {
  const show = () => {
    for (const part of form.querySelectorAll("[data-if]")) {
      const [name, value] = part.dataset.if.split("=");
      const chosen = form.elements[name];
      part.hidden = !chosen || chosen.value !== value;
      for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = part.hidden;
    }
  };
  form.addEventListener("change", show);
  show();
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
for (const form of document.querySelectorAll("form[data-conditions]")) bindConditions(form);
