"""A page that a colleague opens without a server, judges examples on, and saves verdicts from.

It is one file: text is escaped, one script of ours runs and no other (its hash stands in the page's
policy), and nothing is sent anywhere. Verdicts are kept by the browser while the page is open and
are saved as a file of JSON lines, which `miner review RUN --import FILE` reads.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from miner.report import evidence
from miner.report.html import Active, Html, join, page, tag
from miner.verdicts import REASONS

if TYPE_CHECKING:
    from miner.types import Document, Example

STYLE = """
.bar{position:sticky;top:0;background:var(--paper);border-bottom:1px solid var(--line);
padding:10px 0;display:flex;gap:16px;align-items:center;z-index:1}
.bar progress{flex:1;height:10px;accent-color:var(--a0)}
button{font:inherit;padding:6px 16px;border:1px solid var(--line);border-radius:6px;
background:var(--card);color:var(--ink);cursor:pointer}
button:hover{border-color:var(--a0)}
.choice{display:flex;flex-wrap:wrap;gap:8px 18px;margin-top:12px;align-items:center}
.choice label{cursor:pointer}
.edit{display:none;margin-top:10px}
.edit label{display:block;color:var(--quiet);font-size:13px;margin-top:8px}
.edit textarea{width:100%;font:inherit;background:var(--paper);color:var(--ink);
border:1px solid var(--line);border-radius:6px;padding:8px;min-height:64px}
.item.edited .edit{display:block}
.item select{display:none;font:inherit}
.item.rejected select{display:inline-block}
.item.done .example{border-left-color:var(--a2)}
.item.rejected .example{border-left-color:var(--bad)}
.item:focus-within .example{outline:2px solid var(--a0);outline-offset:2px}
""".replace("\n", "")

SCRIPT = """
"use strict";
const body=document.body,key="miner:"+body.dataset.run+":"+body.dataset.reviewer;
const items=[...document.querySelectorAll(".item")];
let kept={};
try{kept=JSON.parse(localStorage.getItem(key)||"{}")}catch(error){kept={}}
const parts=["instruction","input","output"];
function read(item){
 const choice=item.querySelector("input:checked");
 if(!choice)return null;
 const row={id:item.dataset.id,reviewer:body.dataset.reviewer,verdict:choice.value};
 if(row.verdict==="reject")row.reason=item.querySelector("select").value;
 const note=item.querySelector(".note").value;
 if(note)row.note=note;
 if(row.verdict==="edit")for(const part of parts){
  const area=item.querySelector("textarea."+part);
  if(area&&area.value!==area.defaultValue)row[part]=area.value;
 }
 return row;
}
function show(item){
 const row=read(item);
 item.classList.toggle("done",!!row);
 item.classList.toggle("rejected",!!row&&row.verdict==="reject");
 item.classList.toggle("edited",!!row&&row.verdict==="edit");
}
function count(){
 const done=items.filter(item=>item.classList.contains("done")).length;
 document.querySelector("progress").value=done;
 document.querySelector("#count").textContent=done+" of "+items.length;
}
function keep(item){
 show(item);count();
 const row=read(item);
 if(row)kept[row.id]=row;
 try{localStorage.setItem(key,JSON.stringify(kept))}catch(error){}
}
for(const item of items){
 const row=kept[item.dataset.id];
 if(row){
  const choice=item.querySelector('input[value="'+row.verdict+'"]');
  if(choice)choice.checked=true;
  if(row.reason)item.querySelector("select").value=row.reason;
  item.querySelector(".note").value=row.note||"";
  for(const part of parts){
   const area=item.querySelector("textarea."+part);
   if(area&&row[part]!==undefined)area.value=row[part];
  }
 }
 show(item);
 item.addEventListener("change",()=>keep(item));
 item.addEventListener("input",()=>keep(item));
}
count();
document.querySelector("#save").addEventListener("click",()=>{
 const rows=items.map(read).filter(row=>row);
 const text=rows.map(row=>JSON.stringify(row)+"\\n").join("");
 const link=document.createElement("a");
 link.href=URL.createObjectURL(new Blob([text],{type:"application/jsonl"}));
 link.download="verdicts-"+body.dataset.reviewer+".jsonl";
 link.click();
 URL.revokeObjectURL(link.href);
});
document.addEventListener("keydown",event=>{
 if(/^(TEXTAREA|SELECT)$/.test(event.target.tagName)||event.target.type==="text")return;
 if(event.ctrlKey||event.metaKey||event.altKey)return;
 const here=items.indexOf(document.activeElement&&document.activeElement.closest(".item"));
 const go=place=>{const item=items[Math.max(0,Math.min(place,items.length-1))];
  item.querySelector("input").focus();item.scrollIntoView({block:"center"})};
 const value={a:"accept",e:"edit",r:"reject"}[event.key];
 if(event.key==="j")go(here+1);
 else if(event.key==="k")go(here-1);
 else if(value&&here>=0){
  const choice=items[here].querySelector('input[value="'+value+'"]');
  choice.checked=true;keep(items[here]);
  if(value==="accept")go(here+1);
  event.preventDefault();
 }
});
"""


def policy() -> str:
    """What the page may do: run the one script, show itself, and save a file."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def render(
    examples: Sequence[Example],
    documents: Mapping[str, Document],
    reviewer: str,
    run: str,
) -> bytes:
    """The page for one reviewer. It shows nothing of what others decided."""
    bar = tag(
        "div",
        tag("span", f"0 of {len(examples)}", id="count"),
        tag("progress", value=0, max=len(examples)),
        tag("button", "Save verdicts", id="save", type="button"),
        class_="bar",
    )
    help_ = (
        "Keys: j and k go on and back, a accepts, e edits, r rejects. Judge whether you would "
        "train on it as it stands: is the instruction clear, does the output answer it, and does "
        "the document, where marked, support it? Verdicts stay in this browser; save them as a "
        "file at the end."
    )
    items = [_item(number, example, documents) for number, example in enumerate(examples)]
    return page(
        f"Review of {run}",
        help_,
        {"": join((bar, *items))},
        Active(policy(), STYLE, SCRIPT, {"run": run, "reviewer": reviewer}),
    )


def _item(number: int, example: Example, documents: Mapping[str, Document]) -> Html:
    name = f"verdict-{number}"
    choices = [
        tag("label", tag("input", type="radio", name=name, value=value), f" {label}")
        for value, label in (("accept", "accept"), ("edit", "edit"), ("reject", "reject"))
    ]
    reasons = [tag("option", f"{r}: {meaning}", value=r) for r, meaning in REASONS.items()]
    edits = [
        join((tag("label", part.capitalize()), tag("textarea", value, class_=part, dir="auto")))
        for part in ("instruction", "input", "output")
        if (value := getattr(example, part)) or part != "input"
    ]
    return tag(
        "div",
        evidence.card(example, documents),
        tag(
            "div",
            *choices,
            tag("select", *reasons, aria_label="reason"),
            tag("input", type="text", class_="note", placeholder="note"),
            class_="choice",
        ),
        tag("div", *edits, class_="edit"),
        class_="item",
        data_id=example.id,
    )
