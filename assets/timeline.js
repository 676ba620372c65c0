// The time slider: a native range input that snaps to periods, step buttons beside it, play and pause.
import { nearestStop, say } from "./scene.js";

const BEAT = 1100;

export class Timeline {
  /** @param {{box: HTMLElement, words: object, onChange: (period: number, settled: boolean) => void}} parts */
  constructor({ box, words, onChange }) {
    Object.assign(this, { box, words, onChange });
    this.playing = null;
    this.speed = 1;
    this.loop = false;
    this.span = null; // first and last period of playing
    this.halt = () => false; // whether playing stops before a step, such as at a break in the series (assets/late/time.js)
    new ResizeObserver(() => { this.width = undefined; if (this.scene) this.fit(); }).observe(box);
    box.addEventListener("click", (event) => {
      const step = event.target.closest("[data-step]")?.dataset.step;
      if (step) this.step(step);
      const stop = event.target.closest("[data-stop]");
      if (stop) this.go(Number(stop.dataset.stop));
    });
    box.addEventListener("input", (event) => {
      if (event.target.id !== "slider") return;
      this.pause();
      this.go(nearestStop(this.positions, Number(event.target.value)), false);
    });
    box.addEventListener("change", (event) => {
      if (event.target.id === "slider") this.onChange(this.period, true);
    });
    box.addEventListener("keydown", (event) => {
      if (event.target.id !== "slider") return;
      const step = {
        ArrowLeft: "previous", ArrowDown: "previous", ArrowRight: "next", ArrowUp: "next", PageDown: "previous",
        PageUp: "next", Home: "first", End: "last",
      }[event.key];
      if (!step) return;
      event.preventDefault();
      this.step(step);
    });
  }

  /** Show the periods of another scene. */
  load(scene, period) {
    this.pause();
    this.scene = scene;
    this.positions = scene.html.positions;
    this.width = undefined;
    this.period = period;
    this.stops = [...this.box.querySelectorAll("[data-stop]")];
    this.ticks = [...this.box.querySelectorAll(".tick")];
    this.reflect();
  }

  /** Show the labels that have room: the present one, the last, the first, then from the right. */
  fit() {
    const track = this.width ??= this.box.querySelector(".labels")?.getBoundingClientRect().width ?? 0;
    if (!track) return;
    const half = this.stops.map((node) => node.textContent.length * 3.7 + 6);
    const place = this.positions.map((p) => (p / 1000) * track);
    const last = this.stops.length - 1;
    const shown = [];
    for (const i of new Set([this.period, last, 0, ...[...this.stops.keys()].reverse()])) {
      if (shown.every((j) => Math.abs(place[i] - place[j]) >= half[i] + half[j])) shown.push(i);
    }
    this.stops.forEach((node, i) => node.classList.toggle("has-room", shown.includes(i)));
  }

  get slider() { return this.box.querySelector("#slider"); }

  reflect() {
    const { slider } = this;
    if (!slider) return;
    const stop = this.scene.periods[this.period];
    slider.value = String(this.positions[this.period]);
    slider.setAttribute("aria-valuetext", say(this.words, "time.fullness", { label: stop.label, with: stop.with, of: stop.of }));
    this.stops.forEach((node, i) => node.classList.toggle("now", i === this.period));
    this.fit();
    this.ticks.forEach((node, i) => node.classList.toggle("now", i === this.period));
  }

  go(period, settled = true) {
    const last = this.scene.periods.length - 1;
    const next = Math.min(Math.max(period, 0), last);
    const changed = next !== this.period;
    this.period = next;
    this.reflect();
    if (changed || settled) this.onChange(next, settled);
  }

  step(kind) {
    if (!this.scene || this.scene.periods.length < 2) return;
    const last = this.scene.periods.length - 1;
    if (kind === "play") { if (this.playing) this.pause(); else this.play(); return; }
    this.pause();
    this.go({ first: 0, previous: this.period - 1, next: this.period + 1, last }[kind]);
  }

  /** First and last period of playing: "latest" is no moment in time. */
  get reach() {
    return this.span ?? [0, this.scene.periods.filter((p) => !p.latest).length - 1];
  }

  /** Play from the present period, or from the first. */
  play() {
    const [first, last] = this.reach;
    if (last <= first) return;
    if (this.period >= last || this.period < first) this.go(first);
    this.button(true);
    this.playing = setInterval(() => {
      const next = this.period < last ? this.period + 1 : this.loop ? first : null;
      if (next === null || (next > first && this.halt(next - 1, next))) this.pause(); else this.go(next);
    }, BEAT / this.speed);
  }

  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = null;
    this.button(false);
  }

  button(playing) {
    const button = this.box.querySelector("[data-step=play]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(playing));
    button.querySelector("[data-bind=play]").textContent = say(this.words, playing ? "time.pause" : "time.play");
  }
}
