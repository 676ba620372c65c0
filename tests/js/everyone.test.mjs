import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const { presentKey } = await load("late/everyone.js");

test("a remote control steps, plays and blanks the screen", () => {
  assert.deepEqual(
    ["PageDown", "PageUp", "ArrowRight", "ArrowLeft", "Home", "End", "F5", "b", "B", "."].map(presentKey),
    ["next", "previous", "next", "previous", "first", "last", "play", "blank", "blank", "blank"],
  );
});

test("other keys keep their meaning", () => {
  assert.deepEqual(["t", "Enter", "Tab", "Escape", "["].map(presentKey), [null, null, null, null, null]);
});
