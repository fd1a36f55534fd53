// @ts-check
/** How many individuals pictures show: typed after the key C or the button Count. */
import { fill } from "../frame/form.js";
import { doAct } from "./acts.js";

/** Ask for a number, and pass it on as an act. @param {(body: Record<string, any>) => any} run */
export async function chooseCount(run) {
  const words = "How many individuals the event shows. Its pictures get this number; 0 removes it.";
  const fields = [{ name: "individuals", label: "Individuals", type: "number", required: true }];
  await fill({ title: "Count", words, ok: "Keep", fields }, async (said) => {
    await run({ kind: "count", individuals: Number(said.individuals) });
  });
}

/** Count on one picture. @param {import("./answering.js").Asked} asked */
export async function countOne(asked) {
  const image = asked.image?.();
  if (!image) return;
  await chooseCount((body) => doAct(image.collection, { ...body, images: [image.id] }));
  asked.counted?.();
}
