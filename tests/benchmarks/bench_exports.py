"""Each export through its trainer's own reader, in an environment that is made for it.

    python tests/benchmarks/bench_exports.py [RUN]

Readers are installed without their dependencies into a folder of the system's temporary files; torch,
transformers and datasets are the miner's own. torchaudio, which LLaMA-Factory and transformers import
and text does not need, is an empty module there, for its builds want another torch. Needs the network
on its first call. Without RUN, a small run is made of the sample.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
READERS = Path(tempfile.gettempdir()) / "miner-trainers"
PACKAGES = (
    "trl==0.24.0", "llamafactory==0.9.5", "axolotl==0.19.0", "peft", "colorama", "addict",
    "omegaconf", "antlr4-python3-runtime==4.9.3",
)  # fmt: skip
TARGETS = ("trl", "axolotl", "llama-factory", "openai", "iepile", "squad")


def main(path: str = "") -> None:
    install()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(path) if path else made(Path(folder))
        rows = []
        for target in TARGETS:
            told = subprocess.run(
                [sys.executable, "-m", "miner", "export", str(run), "--to", target, "--set", "allow_unknown_license=true"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if told.returncode:
                rows.append((target, "not exported", told.stderr.strip()[-160:]))
                continue
            code = [
                sys.executable,
                str(Path(__file__)),
                "--read",
                target,
                str(run / "exports" / target),
            ]
            done = subprocess.run(code, capture_output=True, text=True, check=False)
            last = (done.stdout.strip().splitlines() or ["nothing"])[-1]
            said = last if done.returncode == 0 else done.stderr.strip()[-400:]
            rows.append((target, "read" if done.returncode == 0 else "FAILED", said))
    for target, state, said in rows:
        print(f"{target:14} {state:12} {said}")
    if any(state == "FAILED" for _, state, _ in rows):
        raise SystemExit(1)


def made(folder: Path) -> Path:
    """A run of the shipped recipe on the shipped sample."""
    store, run = folder / "store", folder / "run"
    for arguments in (
        ("index", "quickstart", "--store", store),
        ("run", "hum", "--store", store, "--run", run, "--set", "test=0.1"),
    ):
        command = [sys.executable, "-m", "miner", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True)
    return run


def install() -> None:
    """The trainers, once."""
    if not (READERS / "trl").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(READERS)]
        subprocess.run([*pip, *PACKAGES], check=True)
        (READERS / "torchaudio.py").write_text("")


# ------------------------------------------------------------------------------------- readers


def jsonl(path: Path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tokenizer():
    """A tokenizer with ChatML's template, trained on a few words: readers need one, no model."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<unk>", "<|im_start|>", "<|im_end|>", "<pad>"]
    raw = Tokenizer(models.WordLevel({m: i for i, m in enumerate(marks)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", eos_token="<|im_end|>", pad_token="<pad>",
        additional_special_tokens=["<|im_start|>"],
    )  # fmt: skip
    made.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return made


def trl(folder: Path) -> str:
    from datasets import load_dataset
    from trl.data_utils import apply_chat_template, is_conversational

    rows = load_dataset("json", data_files=str(folder / "train.jsonl"), split="train")
    assert is_conversational(rows[0])
    written = rows.map(apply_chat_template, fn_kwargs={"tokenizer": tokenizer()})
    for before, after in zip(rows, written, strict=True):
        assert before["completion"][0]["content"] in after["completion"]
        assert before["prompt"][0]["content"] in after["prompt"]
    return f"{len(rows)} rows by trl.data_utils.apply_chat_template"


def axolotl(folder: Path) -> str:
    import yaml
    from axolotl.prompt_strategies.chat_template import ChatTemplatePrompter, ChatTemplateStrategy
    from axolotl.utils.schemas.datasets import SFTDataset

    (stanza,) = yaml.safe_load((folder / "datasets.yaml").read_text())["datasets"]
    settings = SFTDataset(**stanza)
    made = tokenizer()
    prompter = ChatTemplatePrompter(
        made, made.chat_template, message_property_mappings=settings.message_property_mappings,
        field_messages=settings.field_messages,
    )  # fmt: skip
    strategy = ChatTemplateStrategy(
        prompter, made, train_on_inputs=False, sequence_len=4096,
        roles_to_train=settings.roles_to_train, train_on_eos="turn",
    )  # fmt: skip
    rows = jsonl(folder / stanza["path"])
    for row in rows:
        told = strategy.tokenize_prompt(row)
        assert any(label != -100 for label in told["labels"])
        assert told["labels"][0] == -100
    return f"{len(rows)} rows by axolotl's ChatTemplateStrategy, with the stanza to paste"


def llama_factory(folder: Path) -> str:
    os.environ["DISABLE_VERSION_CHECK"] = "1"  # of transformers, which reading rows does not touch
    from datasets import load_dataset
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    name = next(iter(json.loads((folder / "dataset_info.json").read_text())))
    (found,) = get_dataset_list([name], str(folder))
    path = str(folder / found.dataset_name)
    rows = load_dataset("json", data_files=path, split="train")
    converter = get_dataset_converter(
        found.formatting, found, DataArguments(dataset_dir=str(folder))
    )
    for row in rows:
        read = converter(row)
        assert read["_prompt"][-1]["content"] == row["messages"][-2]["content"]
        assert read["_response"][0]["content"] == row["messages"][-1]["content"]
    return f"{len(rows)} rows by llamafactory's parser and converter, from dataset_info.json"


def openai(folder: Path) -> str:
    """The rules that the service publishes for its files; there is no reader to install."""
    rows = jsonl(folder / "train.jsonl")
    assert len(rows) >= 10
    for row in rows:
        assert set(row) == {"messages"}
        roles = [message["role"] for message in row["messages"]]
        assert set(roles) <= {"system", "user", "assistant"}
        assert roles[-1] == "assistant"
        for message in row["messages"]:
            assert set(message) == {"role", "content"}
            assert isinstance(message["content"], str)
            assert message["content"].strip()
    return f"{len(rows)} rows by the published rules (no reader to install)"


def iepile(folder: Path) -> str:
    from datasets import load_dataset

    rows = load_dataset("json", data_files=str(folder / "train.jsonl"), split="train")
    for row in rows:
        asked, output = json.loads(row["instruction"]), json.loads(row["output"])
        assert set(asked) == {"instruction", "schema", "input"}
        assert set(output) <= set(asked["schema"])
        assert all(surface in asked["input"] for found in output.values() for surface in found)
    return f"{len(rows)} rows by datasets, and both JSON texts within"


def squad(folder: Path) -> str:
    from datasets import load_dataset

    articles = load_dataset(
        "json", data_files=str(folder / "train.json"), field="data", split="train"
    )
    asked = 0
    for article in articles:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                asked += 1
                for answer in qa["answers"]:
                    start = answer["answer_start"]
                    text = paragraph["context"][start : start + len(answer["text"])]
                    assert text == answer["text"]
    return f"{asked} questions by datasets, every offset true"


def read(target: str, folder: str) -> None:
    sys.path.append(str(READERS))
    readers = {
        "trl": trl, "axolotl": axolotl, "llama-factory": llama_factory, "openai": openai,
        "iepile": iepile, "squad": squad,
    }  # fmt: skip
    print(readers[target](Path(folder)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(*sys.argv[2:4])
    else:
        main(*sys.argv[1:2])
