# SPDX-License-Identifier: Apache-2.0
"""docs/models.md from the records of build/models.json."""

HEAD = """# Models

`make models` builds every model below with random weights, runs it on both engines and compares with
Keras on JAX: max|a-b|/max|b| over all outputs, before the softmax, for a batch of two. The limit is 5e-5 in
float32, and 2e-2 in 16 bits (`mixed_float16` and `mixed_bfloat16`, the worst of both engines).

- Nets of keras.applications have their full size, on pictures of 96 x 96 or 128 x 128, calibrated on
  them as in `tools/models.py`; small ones are run in 16 bits too, MobileNetV2 and EfficientNetB0
  in float16 alone: in bfloat16 JAX's own results scatter 0.56 and 1.1 around its float32. keras-hub's have a few
  layers (`tools/zoo/zoo_hub_*.py`).
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
- Beyond 2e-2 in 16 bits, JAX in the same 16 bits is the yardstick, or TensorFlow where JAX on a CPU lacks a
  product: how far its results scatter around JAX's in float32, as root mean square over that of the numbers.
  kov may scatter twice as far natively (the worst is RATIO_NATIVE times) and three times on OpenVINO, whose plugin
  rounds at other places (RATIO_CPU). A yardstick above 0.5 measures nothing and counts as not agreed. Where the
  yardstick itself overflows in float16 nothing is compared; where it does not, kov may not either.
- Milliseconds are medians for the batch of two, each side in a process of its own on a machine of two cores
  whose load was 5 to 12: orders of magnitude, not a race (for that, `docs/accept.md`, A5 and A6). JAX's are
  not there, for XLA's costly optimisations are off here. ONNX Runtime's come with
  `make models ARGS=--onnx`, from the export of Keras on TensorFlow, whose result is compared too.
- What keras-hub itself does not do on JAX is not asked: beam search where a model keeps masks of one row
  per text, loading what a class does not write, Qwen's sliding window.

"""


def write(path, results, rows):
    done = {name: results[name] for name in rows if name in results}
    good = [name for name, record in done.items() if not record["problems"]]
    lines = [_head(done), f"{len(good)} of {len(rows)} models agree.\n"]
    for title, calibrated in (("keras.applications", True), ("keras-hub 0.32", False)):
        part = {n: r for n, r in done.items() if rows[n].calibrated == calibrated}
        whole = [n for n in part if "CPU" in part[n] and part[n]["CPU"]["partitions"] == 1]
        lines += [f"\n## {title}\n",
                  f"{len(part)} run, {sum(n in good for n in part)} agree, {len(whole)} of them in "
                  "one part on OpenVINO.\n",
                  "| model | parameters | parts | native | OpenVINO | noise | 16 bits | IR | "
                  + ("" if calibrated else "tokens | ") + "ms native | OpenVINO | ONNX Runtime |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|" + ("" if calibrated else "---|")
                  + "---:|---:|---:|"]
        lines += [_row(name, record, calibrated) for name, record in part.items()]
    failed = {n: r["problems"] for n, r in done.items() if r["problems"]}
    if failed:
        lines += ["\n## What does not agree\n"]
        lines += [f"- {name}: {_words('; '.join(problems))}" for name, problems in failed.items()]
    onnx = {n: r["ONNX Runtime"] for n, r in done.items() if "ONNX Runtime" in r}
    if onnx:
        lines += _exports(onnx)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _head(done):
    """With the largest ratios of the 16-bit judge."""
    text = HEAD
    for engine in ("NATIVE", "CPU"):
        ratios = [found[engine] / found["yardstick"] for record in done.values()
                  for found in record.values() if isinstance(found, dict) and engine in found
                  and "yardstick" in found and not record["problems"]]
        text = text.replace("RATIO_" + engine, f"{max(ratios, default=0):.1f}")
    return text


def _exports(onnx):
    """What became of Keras's ONNX exports."""
    ran = {n: o for n, o in onnx.items() if "milliseconds" in o}
    worst = max((o["difference"] for o in ran.values()), default=0)
    reasons = {}
    for name, found in onnx.items():
        if "error" in found:
            reasons.setdefault(_words(found["error"])[:160], []).append(name)
    lines = ["\n## ONNX Runtime\n",
             f"{len(onnx)} exports were tried, {len(ran)} ran, at most {worst:.0e} from JAX."]
    if reasons:
        lines += ["What Keras on TensorFlow does not export, or ONNX Runtime not load:\n"]
        lines += [f"- {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return lines


def _words(text):
    """One line, without the colours of Keras's messages."""
    return " ".join(text.replace("\033[1m", "").replace("\033[0m", "").split())[:220]


def _row(name, record, calibrated):
    if "parameters" not in record:
        return f"| {name} |" + " |" * (10 if calibrated else 11)
    cells = [name, f"{record['parameters']:,}", str(record["CPU"]["partitions"]),
             _difference(record["NATIVE"]), _difference(record["CPU"]),
             f"{record['1 % noise']:.0e}"]
    cells += [_wide(record), _exported(record)]
    if not calibrated:
        cells.append(", ".join(s for s, equal in record.get("tokens", {}).items() if equal is True))
    onnx = record.get("ONNX Runtime", {}).get("milliseconds")
    cells += [_time(record["NATIVE"]["milliseconds"]), _time(record["CPU"]["milliseconds"]),
              _time(onnx) if onnx else ""]
    return "| " + " | ".join(cells) + " |"


def _wide(record):
    """The worse of both types; a type in which the yardstick overflows is named."""
    found, lost = [], ""
    for policy in ("mixed_float16", "mixed_bfloat16"):
        scatter = record.get(policy + " scatter", {})
        if scatter.get("not finite"):
            lost = f" ({policy.removeprefix('mixed_')} overflows, as on {scatter['of']})"
        elif policy in record:
            found.append(record[policy])
    return (f"{max(found):.0e}" if found else "") + lost


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
