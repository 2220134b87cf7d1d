"""Where a transformer runs: OpenVINO on a CPU, torch on a GPU or where there is no OpenVINO.

A runtime is a function from token ids and mask to unit rows. OpenVINO computes in bfloat16 where
the processor has instructions for it, which costs 1e-5 of cosine and doubles the speed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from miner.encoders import bert, quantised
from miner.encoders.batching import BATCH_TOKENS
from miner.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    from miner.encoders.batching import Forward, Tokens
    from miner.types import Vectors

Runtime = Literal["auto", "openvino", "torch"]
Precision = Literal["auto", "bf16", "f32", "f16", "int8"]


def choose(runtime: Runtime, precision: Precision) -> tuple[Runtime, Precision]:
    """Decide what `auto` means on this machine.

    Raises:
        EncoderError: The precision is not one that the runtime offers.
        MissingExtraError: OpenVINO is asked for by name and is not installed.
    """
    if runtime == "auto":
        runtime = "openvino" if has_openvino() and not has_gpu() else "torch"
    if precision == "int8" and not quantised.has_nncf():
        raise MissingExtraError("nncf", "int8", "precision = 'int8'")
    if runtime == "openvino" and not has_openvino():
        raise MissingExtraError("openvino", "openvino", "runtime = 'openvino'")
    if precision == "auto":
        if runtime == "openvino":
            precision = "bf16" if has_bf16() else "f32"
        else:
            precision = "f16" if has_gpu() else "f32"
    if (runtime, precision) == ("openvino", "f16"):
        raise EncoderError(
            "precision 'f16' needs a GPU; allowed with openvino: auto, bf16, f32, int8"
        )
    if (runtime, precision) == ("torch", "int8"):
        raise EncoderError(
            "precision 'int8' needs openvino; allowed with torch: auto, bf16, f32, f16"
        )
    return runtime, precision


def version(runtime: Runtime, precision: Precision) -> str:
    """The names of what computes, with versions, since vectors' last bits depend on them."""
    found = f"{runtime} {importlib.metadata.version(runtime)}"
    return f"{found}, {quantised.version()}" if precision == "int8" else found


def has_openvino() -> bool:
    """Whether OpenVINO is installed; it is not imported."""
    return importlib.util.find_spec("openvino") is not None


def has_gpu() -> bool:
    """Whether torch would find a CUDA device; torch is imported only where there is a driver."""
    if not Path("/proc/driver/nvidia").exists():
        return False
    import torch

    return bool(torch.cuda.is_available())


def gpus() -> tuple[str, ...]:
    """The CUDA devices that torch would find, by the names that CUDA_VISIBLE_DEVICES gives them."""
    if not has_gpu():
        return ()
    import torch

    numbers = [str(number) for number in range(torch.cuda.device_count())]
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return tuple(named[: len(numbers)] if named[0] else numbers)


def batch_tokens() -> int:
    """Tokens of a batch: what stays in a processor's cache, or what keeps a GPU busy."""
    return 8 * BATCH_TOKENS if has_gpu() else BATCH_TOKENS


def has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return " avx512_bf16" in flags or " amx_bf16" in flags


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def openvino_bert(folder: Path, precision: Precision, pooling: str, threads: int) -> Forward:
    """A BERT model on OpenVINO.

    Args:
        folder: Holds config.json and model.safetensors.
        precision: `bf16`, `f32` or `int8`.
        pooling: `mean` or `cls`.
        threads: How many to use; 0 for all.
    """
    import openvino as ov

    small = precision == "int8"
    settings = {
        "INFERENCE_PRECISION_HINT": "f32" if small else precision,  # of what is not quantised
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": threads or cores(),
        "ENABLE_CPU_PINNING": False,  # pinned, two processes would share one core
    }
    model = quantised.load(folder, pooling) if small else bert.build(folder, pooling)
    compiled = ov.Core().compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()

    def forward(ids: Tokens, mask: Tokens) -> Vectors:
        vectors: Vectors = request.infer([ids, mask])[0]
        return vectors

    return forward


def load_library(folder: Path, precision: Precision) -> Any:
    """A model through the sentence-transformers library."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    kind = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}[precision]
    return SentenceTransformer(
        str(folder),
        device="cuda" if has_gpu() else "cpu",
        trust_remote_code=False,
        local_files_only=True,
        model_kwargs={"use_safetensors": True, "dtype": kind},
    ).eval()


def library(model: Any, threads: int) -> Forward:
    """The forward pass of `load_library`, on batches that we padded."""
    import torch

    if threads:
        torch.set_num_threads(threads)

    def forward(ids: Tokens, mask: Tokens) -> Vectors:
        lists = [row[present > 0].tolist() for row, present in zip(ids, mask, strict=True)]
        with torch.inference_mode():
            # The tokenizer pads: it knows the filler, and on which side it belongs.
            batch = model.tokenizer.pad(
                {"input_ids": lists},
                padding="max_length",
                max_length=ids.shape[1],
                return_tensors="pt",
            )
            batch = {key: value.to(model.device) for key, value in batch.items()}
            pooled = model(batch)["sentence_embedding"].float()
            vectors: Vectors = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return vectors

    return forward


def torch_bert(folder: Path, precision: Precision, pooling: str, threads: int) -> Forward:
    """Any transformer that torch can load, with the same pooling.

    The arguments are those of `openvino_bert`; `threads` holds for the whole process.
    """
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    if threads:
        torch.set_num_threads(threads)
    kind = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}[precision]
    device = "cuda" if has_gpu() else "cpu"
    model = AutoModel.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    model = model.eval().to(device=device, dtype=kind)

    def forward(ids: Tokens, mask: Tokens) -> Vectors:
        with torch.inference_mode():
            present = torch.from_numpy(mask).to(device)
            hidden = model(
                input_ids=torch.from_numpy(ids).to(device), attention_mask=present
            ).last_hidden_state.float()
            if pooling == "cls":
                pooled = hidden[:, 0]
            else:
                weight = present.unsqueeze(-1).float()
                pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            vectors: Vectors = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return vectors

    return forward
