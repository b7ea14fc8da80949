# SPDX-License-Identifier: Apache-2.0
"""docs/models.md from the records of build/models.json."""

HEAD = """# Models

`make models` builds every model below with random weights, runs it on both engines and compares with
Keras on JAX: max|a-b|/max|b| over all outputs, before the softmax, for a batch of two. The limit is 5e-5 in
float32, and 2e-2 in 16 bits (`mixed_float16` and `mixed_bfloat16`, the worst of both engines).

- Nets of keras.applications have their full size, on pictures of 96 x 96 or 128 x 128, calibrated on
  them as in `tools/models.py`. keras-hub's have a few layers (`tools/zoo/zoo_hub_*.py`).
- *noise*: how far the same figure goes when one kernel gets 1 % noise. It must break the limit.
- *parts*: what the graph is divided into on OpenVINO; 1: it runs there whole. Loops run natively, so a
  net with a loop in its middle has three.
- *IR*: how far the model is from `predict` that was exported to IR and run by OpenVINO alone, without kov;
  in brackets where its code reckons with sizes, so that it was exported for known ones.
- *tokens*: `generate` continues a prompt with greedy, beam and contrastive search as Keras on JAX does,
  token for token; top_k, top_p and random give the same tokens for the same seed and others for another.
- A difference in italics is beyond 5e-5 because the net magnifies rounding: against Keras on
  TensorFlow in float64, kov's error is at most twice JAX's, natively four times: what Winograd's
  convolutions round more than direct sums do.
- Beyond 2e-2 in 16 bits, JAX in the same 16 bits is the yardstick: how far its results scatter around
  JAX's in float32, as root mean square over that of the numbers. kov may scatter three times as far: where
  both round the same things the ratio is about 1, and a norm that is folded into a convolution gives
  weights of 16 bits one rounding more. A yardstick above 0.5 measures nothing and counts as not agreed.
- Milliseconds are medians for the batch of two, each side in a process of its own on a machine that
  did other work too: orders of magnitude, not a race (for that, `docs/accept.md`, A5 and A6). JAX's are
  not there, for XLA's costly optimisations are off here. ONNX Runtime's come with
  `make models ARGS=--onnx`.
- What keras-hub itself does not do on JAX is not asked: beam search where a model keeps masks of one row
  per text, loading what a class does not write, Qwen's sliding window.

"""


def write(path, results, rows):
    done = {name: results[name] for name in rows if name in results}
    good = [name for name, record in done.items() if not record["problems"]]
    lines = [HEAD, f"{len(good)} of {len(rows)} models agree.\n"]
    for title, calibrated in (("keras.applications", True), ("keras-hub 0.32", False)):
        part = {n: r for n, r in done.items() if rows[n].calibrated == calibrated}
        whole = [n for n in part if "CPU" in part[n] and part[n]["CPU"]["partitions"] == 1]
        lines += [f"\n## {title}\n",
                  f"{len(part)} run, {sum(n in good for n in part)} agree, {len(whole)} of them in "
                  "one part on OpenVINO.\n",
                  "| model | parameters | parts | native | OpenVINO | noise | "
                  + ("" if calibrated else "16 bits | ") + "IR | "
                  + ("" if calibrated else "tokens | ") + "ms native | OpenVINO | ONNX Runtime |",
                  "|---|---:|---:|---:|---:|---:|---:|" + ("" if calibrated else "---:|---|")
                  + "---:|---:|---:|"]
        lines += [_row(name, record, calibrated) for name, record in part.items()]
    failed = {n: r["problems"] for n, r in done.items() if r["problems"]}
    if failed:
        lines += ["\n## What does not agree\n"]
        lines += [f"- {name}: {_words('; '.join(problems))}" for name, problems in failed.items()]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _words(text):
    """One line, without the colours of Keras's messages."""
    return " ".join(text.replace("\033[1m", "").replace("\033[0m", "").split())[:220]


def _row(name, record, calibrated):
    if "parameters" not in record:
        return f"| {name} |" + " |" * (9 if calibrated else 11)
    cells = [name, f"{record['parameters']:,}", str(record["CPU"]["partitions"]),
             _difference(record["NATIVE"]), _difference(record["CPU"]),
             f"{record['1 % noise']:.0e}"]
    if not calibrated:
        wide = [record[p] for p in ("mixed_float16", "mixed_bfloat16") if p in record]
        cells.append(f"{max(wide):.0e}" if wide else "")
    cells.append(_exported(record))
    if not calibrated:
        cells.append(", ".join(s for s, equal in record.get("tokens", {}).items() if equal is True))
    onnx = record.get("ONNX Runtime milliseconds")
    cells += [_time(record["NATIVE"]["milliseconds"]), _time(record["CPU"]["milliseconds"]),
              _time(onnx) if onnx else ""]
    return "| " + " | ".join(cells) + " |"


def _exported(record):
    found = record.get("IR", "")
    if isinstance(found, str):
        return found
    return f"{found:.0e}" if record["IR of free sizes"] else f"({found:.0e})"


def _difference(engine):
    text = f"{engine['difference']:.0e}"
    return f"*{text}*" if "error" in engine else text


def _time(milliseconds):
    return f"{milliseconds:.3g}"
