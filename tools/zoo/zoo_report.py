# SPDX-License-Identifier: Apache-2.0
"""docs/models.md from the records of build/models.json."""

import re

HEAD = """# Models

`make models` builds every model below with random weights, runs it on both engines and compares with
Keras on JAX: max|a-b|/max|b| over all outputs, before the softmax, for a batch of two. The limit is 5e-5 in
float32, and 2e-2 in 16 bits (`mixed_float16` and `mixed_bfloat16`, the worst of both engines).

- Nets of keras.applications have their full size, on pictures of 96 x 96 or 128 x 128, calibrated on
  them as in `tools/models.py`; one of each family is run in 16 bits too, MobileNetV2, EfficientNetB0
  and EfficientNetV2B0 in float16 alone: in bfloat16 JAX's own results scatter 0.56, 1.1 and 0.63 around its
  float32. keras-hub's have a few layers (`tools/zoo/zoo_hub_*.py`).
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
- Milliseconds are of `predict_on_batch` for the batch of two: kov's on both engines, ONNX Runtime's on the
  export of Keras on TensorFlow (whose result is compared too), JAX's with XLA's defaults. Every side is
  a process of its own and made ready first; then they run one after the other in four rounds, so that a row's
  load is alike, and the median of a side's best round stands here. The machine had two cores and other work:
  between rows they are orders of magnitude, and for races there is `docs/accept.md`, A5 and A6. In brackets:
  measured apart, without the others. *no*: there is no such export, for the reasons at the end.
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
                  + ("" if calibrated else "tokens | ") + "ms native | OpenVINO | ONNX Runtime | JAX |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|" + ("" if calibrated else "---|")
                  + "---:|---:|---:|---:|"]
        lines += [_row(name, record, calibrated) for name, record in part.items()]
    failed = {n: r["problems"] for n, r in done.items() if r["problems"]}
    if failed:
        lines += ["\n## What does not agree\n"]
        lines += [f"- {name}: {_words('; '.join(problems))}" for name, problems in failed.items()]
    lines += _measured(done)
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


def _measured(done):
    """What became of Keras's ONNX exports, and of JAX's own times."""
    onnx = {n: r["ONNX Runtime"] for n, r in done.items() if "ONNX Runtime" in r}
    ran = [o["difference"] for o in onnx.values() if "difference" in o]
    times = {n: r["milliseconds"] for n, r in done.items() if "milliseconds" in r}
    lines = ["\n## ONNX Runtime and JAX\n",
             f"{len(onnx)} exports to ONNX were tried, {len(ran)} ran, at most "
             f"{max(ran, default=0):.0e} from JAX. {len(times)} rows were measured in one go, "
             f"{sum('JAX' in t for t in times.values())} of them on JAX and "
             f"{sum('ONNX Runtime' in t for t in times.values())} on ONNX Runtime.\n"]
    reasons = {}
    for name, found in onnx.items():
        if "error" in found:
            reasons.setdefault(_reason(found["error"]), []).append(name)
    for name, found in times.items():
        for side, error in found["errors"].items():
            reasons.setdefault(f"{side}, {_reason(error)}", []).append(name)
    return lines + [f"- {reason}: {', '.join(names)}" for reason, names in reasons.items()]


def _reason(error):
    """An error without what is the row's alone, so that rows of one cause stand together."""
    text = _words(error)
    missing = re.search(r"No Op registered for (\w+)", error)
    if missing:
        return f"tf2onnx leaves TensorFlow's {missing.group(1)}, which is no operator of ONNX"
    return text.partition(": ")[2].partition(": ")[0] if "tf2onnx made inputs" in text else text[:160]


def _words(text):
    """One line, without the colours of Keras's messages."""
    return " ".join(text.replace("\033[1m", "").replace("\033[0m", "").split())[:220]


def _row(name, record, calibrated):
    if "parameters" not in record:
        return f"| {name} |" + " |" * (11 if calibrated else 12)
    cells = [name, f"{record['parameters']:,}", str(record["CPU"]["partitions"]),
             _difference(record["NATIVE"]), _difference(record["CPU"]),
             f"{record['1 % noise']:.0e}"]
    cells += [_wide(record), _exported(record)]
    if not calibrated:
        cells.append(", ".join(s for s, equal in record.get("tokens", {}).items() if equal is True))
    cells += _times(record)
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


def _times(record):
    """Of one go where there is one; kov's own otherwise."""
    times = record.get("milliseconds")
    if not times:
        found = [f"({record[engine]['milliseconds']:.3g})" for engine in ("NATIVE", "CPU")] + ["", ""]
    else:
        found = [f"{times[side]:.3g}" if side in times else ""
                 for side in ("NATIVE", "CPU", "ONNX Runtime", "JAX")]
    if "error" in record.get("ONNX Runtime", {}):
        found[2] = "no"
    if "JAX" in (times or {}).get("errors", {}):
        found[3] = "no"
    return found
