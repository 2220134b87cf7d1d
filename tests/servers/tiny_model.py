"""A language model of two layers with random weights, in the forms that real servers load.

Its tokenizer is trained on a few lines. Many tokens end a reply, so that noise ends soon.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, trainers
from tokenizers.pre_tokenizers import ByteLevel

LINES = (
    "The sea is blue, and nobody knows why it is so.",
    "Wolves hunt in packs; they follow the herd for days.",
    '{"question": "What is said of the sea?", "answer": "It is blue."}',
)
WIDTH, LAYERS, HEADS, CONTEXT = 32, 2, 4, 8192
ENDINGS = 40
"""Of some 400 tokens."""
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def train_tokenizer(alphabet: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=list(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES * 10, trainer)
    return tokenizer


def save_for_transformers(folder: Path) -> None:
    """A folder that `transformers serve` loads."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
    from transformers import PreTrainedTokenizerFast as Fast

    tokenizer = Fast(
        tokenizer_object=train_tokenizer(ByteLevel.alphabet()), bos_token="<s>", eos_token="</s>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    model = LlamaForCausalLM(config)
    endings = [1, *range(len(tokenizer) - ENDINGS, len(tokenizer))]
    model.generation_config = GenerationConfig(
        bos_token_id=0, eos_token_id=endings, pad_token_id=1, do_sample=True
    )
    model.save_pretrained(folder)


def save_gguf(path: Path) -> None:
    """A file that llama.cpp loads.

    It knows ASCII only: the server answers 500 where noise is no UTF-8.
    """
    import gguf

    tokenizer = train_tokenizer([chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"])
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(2 * WIDTH)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    control = [gguf.TokenType.CONTROL] * 2
    writer.add_token_types(control + [gguf.TokenType.NORMAL] * (len(tokens) - 2))
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_chat_template(TEMPLATE)
    rng = np.random.default_rng(0)

    def noise(name: str, *shape: int) -> None:
        writer.add_tensor(name, rng.normal(0, 0.5, shape).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, dtype=np.float32))

    noise("token_embd.weight", len(tokens), WIDTH)
    noise("output.weight", len(tokens), WIDTH)
    ones("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm.weight")
        ones(f"{block}.ffn_norm.weight")
        for part in ("q", "k", "v", "output"):
            noise(f"{block}.attn_{part}.weight", WIDTH, WIDTH)
        noise(f"{block}.ffn_gate.weight", 2 * WIDTH, WIDTH)
        noise(f"{block}.ffn_up.weight", 2 * WIDTH, WIDTH)
        noise(f"{block}.ffn_down.weight", WIDTH, 2 * WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
