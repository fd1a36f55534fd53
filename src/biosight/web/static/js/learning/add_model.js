// @ts-check
/** Adding a classifier or a detector that somebody else made: for administrators. */

import { call } from "../frame/api.js";
import { goTo } from "../frame/events.js";
import { fill } from "../frame/form.js";

/** Ask for the network and its details, and send them. @returns {Promise<void>} */
export async function addModel() {
  let made = "";
  const fields = [
    { name: "file", label: "Network", type: "file", required: true, hint: "an ONNX file, at most 500 MB" },
    {
      name: "labels",
      label: "Labels",
      type: "lines",
      required: true,
      hint: "one per line, in the order of the network's outputs",
    },
    { name: "name", label: "Name", required: true, hint: "small letters, digits and dashes" },
    { name: "version", label: "Version", value: "1", required: true },
    { name: "size", label: "Side of its input, pixels", type: "number", value: 224, required: true },
    {
      name: "layout",
      label: "Order of its input",
      options: /** @type {[string, string][]} */ ([
        ["nchw", "colours, rows, columns (PyTorch)"],
        ["nhwc", "rows, columns, colours (TensorFlow)"],
      ]),
    },
  ];
  const send = async (/** @type {Record<string, any>} */ _, /** @type {HTMLFormElement} */ form) => {
    made = (await call("POST", "/models", new FormData(form))).id;
  };
  const words = "It is tested on random input, then waits as a candidate: nothing changes until it is promoted.";
  if (await fill({ title: "Add a model", words, ok: "Add", fields }, send)) goTo(`/models/${made}`);
}

/** How detectors write what they find. @type {[string, string][]} */
const FORMS = [
  ["yolov5", "YOLOv5 (MegaDetector 5)"],
  ["yolov8", "YOLOv8, v9, 11"],
  ["end-to-end", "YOLOv10"],
  ["rt-detr", "RT-DETR"],
  ["yolox", "YOLOX"],
  ["nanodet", "NanoDet"],
];

/** Ask for a detector and its details, and send them. @returns {Promise<void>} */
export async function addDetector() {
  let made = "";
  const fields = [
    { name: "file", label: "Network", type: "file", required: true, hint: "an ONNX file, at most 500 MB" },
    { name: "form", label: "How it was made", options: FORMS },
    {
      name: "classes",
      label: "What it finds",
      type: "lines",
      value: "animal\nperson\nvehicle",
      required: true,
      hint: "one per line, in the order of the network's output",
    },
    { name: "name", label: "Name", required: true, hint: "small letters, digits and dashes" },
    { name: "version", label: "Version", value: "1", required: true },
    { name: "size", label: "Side of its input, pixels", type: "number", value: 640, required: true },
  ];
  const send = async (/** @type {Record<string, any>} */ _, /** @type {HTMLFormElement} */ form) => {
    made = (await call("POST", "/detectors", new FormData(form))).id;
  };
  const words =
    "It is tested on random input, then waits as a candidate. Once promoted, it looks at new pictures of camera traps and photographs.";
  if (await fill({ title: "Add a detector", words, ok: "Add", fields }, send)) goTo(`/models/${made}`);
}
