# SPDX-License-Identifier: Apache-2.0
"""demo.html, which holds its pictures, and demo.png."""

import base64
import html
import os

from PIL import Image, ImageDraw, ImageFont

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ccc}
td:first-child,th:first-child{text-align:left}pre{background:#f4f4f4;padding:1rem;overflow:auto;
max-height:24rem;font-size:13px}.bad{color:#a00}.m td{padding:.25rem;font-size:11px;border:0}"""


def ulp_text(ulp):
    return "wrong" if ulp is None else f"{ulp:.2f}" if ulp < 1e4 else f"{ulp:.1e}"


def write(folder, found, emotions, problems):
    """Writes both files; found: part -> what demo.py collected, or None. The page's path."""
    parts = [f"<p class=bad>{html.escape(text)}</p>" for text in problems]
    if found.get("log1p"):
        parts += _log1p(found["log1p"])
    if found.get("emotion"):
        parts += _emotion(found["emotion"], emotions)
    if found.get("sentences"):
        parts += _sentences(found["sentences"])
    path = os.path.join(folder, "demo.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write("<!doctype html><html lang=en><meta charset=utf-8><title>kov</title>"
                   f"<style>{STYLE}</style><h1>Keras 3 on kov</h1>" + "\n".join(parts))
    _picture(os.path.join(folder, "demo.png"), found, emotions)
    return path


def _table(head, rows):
    lines = ["<table><tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        lines.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row)
                     + "</tr>")
    return "\n".join(lines) + "</table>"


def _log1p(part):
    head = ["x"] + [name for name, _ in part["columns"]]
    rows = [[x] + [ulp_text(result["ulp"][i]) for _, result in part["columns"]]
            for i, x in enumerate(part["xs"])]
    rows.append(["µs, 64×64"] + [f"{result['us']:.1f}" for _, result in part["columns"]])
    lines = ["<h2>log1p</h2><p>Error in units in the last place of float32.</p>",
             _table(head, rows)]
    for key, title in (("graph", "Its graph"), ("plan", "As planned"), ("ir", "Its OpenVINO IR")):
        if part["texts"].get(key):
            lines.append(f"<h3>{title}</h3><pre>{html.escape(part['texts'][key])}</pre>")
    return lines


def _times(results):
    return _table(["engine", "load, s", "first, ms", "then, ms"],
                  [[name, f"{r['load']:.2f}", f"{r['first'] * 1e3:.0f}", f"{r['then'] * 1e3:.2f}"]
                   for name, r in results])


def _emotion(part, emotions):
    with open(part["face"], "rb") as file:
        data = base64.b64encode(file.read()).decode()
    rows = [[emotion] + [f"{100 * r['probabilities'][i]:.2f} %" for _, r in part["results"]]
            for i, emotion in enumerate(emotions)]
    return ["<h2>The emotion of a face</h2>",
            f'<img alt="the face" src="data:image/png;base64,{data}">',
            _table(["emotion"] + [name for name, _ in part["results"]], rows),
            _times(part["results"])]


def _sentences(part):
    result = part["results"][0][1]
    rows = []
    for sentence, row in zip(result["sentences"], result["matrix"]):
        cells = "".join(f'<td style="background:{_shade(v)}">{v:.2f}</td>' for v in row)
        rows.append(f"<tr><td>{html.escape(sentence)}</td>{cells}</tr>")
    return ["<h2>How alike are sentences</h2><table class=m>", *rows, "</table>",
            _times(part["results"])]


def _shade(value):
    part = max(0.0, min(1.0, value))
    return "#%02x%02x%02x" % tuple(round(255 + part * (end - 255)) for end in (20, 110, 180))


def _picture(path, found, emotions):
    image = Image.new("RGB", (1000, 900), "white")
    draw, y = ImageDraw.Draw(image), 15
    small, large = ImageFont.load_default(14), ImageFont.load_default(22)
    draw.text((20, y), "Keras 3 on kov", "black", large)
    y += 40
    if found.get("log1p"):
        y = _draw_log1p(draw, y, found["log1p"], small)
    if found.get("emotion"):
        y = _draw_emotion(image, draw, y, found["emotion"], emotions, small)
    if found.get("sentences"):
        y = _draw_sentences(draw, y, found["sentences"], small)
    image.crop((0, 0, 1000, min(900, y + 15))).save(path)


def _draw_log1p(draw, y, part, font):
    draw.text((20, y), "log1p: error in ulp", "black", font)
    for c, (name, _) in enumerate(part["columns"]):
        draw.text((200 + 190 * c, y), name, "black", font)
    for i, x in enumerate(part["xs"]):
        y += 17
        draw.text((20, y), x, "black", font)
        for c, (_, result) in enumerate(part["columns"]):
            ulp = result["ulp"][i]
            colour = "black" if ulp is not None and ulp <= 2 else "#b00000"
            draw.text((200 + 190 * c, y), ulp_text(ulp), colour, font)
    return y + 35


def _draw_emotion(image, draw, y, part, emotions, font):
    image.paste(Image.open(part["face"]).resize((180, 180)), (20, y))
    for c, (name, result) in enumerate(part["results"]):
        left = 230 + 370 * c
        draw.text((left, y), f"{name}: {result['then'] * 1e3:.2f} ms", "black", font)
        for i, emotion in enumerate(emotions):
            top = y + 24 + 21 * i
            draw.text((left, top), emotion, "black", font)
            draw.rectangle((left + 80, top, left + 81 + 250 * result["probabilities"][i],
                            top + 14), "#146eb4")
    return y + 200


def _draw_sentences(draw, y, part, font):
    result = part["results"][0][1]
    times = ", ".join(f"{name}: {r['then'] * 1e3:.1f} ms" for name, r in part["results"])
    draw.text((20, y), times, "black", font)
    y += 24
    for i, (sentence, row) in enumerate(zip(result["sentences"], result["matrix"])):
        draw.text((340, y + 22 * i), sentence, "black", font)
        for j, value in enumerate(row):
            draw.rectangle((20 + 25 * j, y + 22 * i, 43 + 25 * j, y + 22 * i + 20), _shade(value))
    return y + 22 * len(result["matrix"])
