"""The same small job by three tools: ask every prompt of a file, write the answers to another.

Each is a program of its own: FILE OUTPUT URL IN_FLIGHT FOLDER, run in the tool's own environment.
"""

from __future__ import annotations

MINER = """
import json, sys
from miner.drive import Flow, drive
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.types import Message, Request

source, output, url, in_flight, folder = sys.argv[1:]
rows = [json.loads(line) for line in open(source)]
said = {}

def mining(row):
    [reply] = yield [Request("bench", str(row["i"]), (Message("user", row["text"]),))]
    said[row["i"]] = reply.text
    return []

flow = Flow(in_flight=int(in_flight), start_in_flight=int(in_flight))
with Ledger.open(folder + "/ledger.sqlite") as ledger:
    for _ in drive(((row["i"], mining(row)) for row in rows), OpenAI("m", url), ledger, flow):
        pass
with open(output, "w") as file:
    for row in rows:
        file.write(json.dumps({"i": row["i"], "answer": said[row["i"]]}) + "\\n")
"""

DISTILABEL = """
import json, sys
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

def main():
    source, output, url, in_flight, folder = sys.argv[1:]
    rows = [json.loads(line) for line in open(source)]
    data = [{"i": row["i"], "instruction": row["text"]} for row in rows]
    with Pipeline(name="bench", cache_dir=folder) as pipeline:
        load = LoadDataFromDicts(data=data, batch_size=int(in_flight))
        llm = OpenAILLM(model="m", base_url=url, api_key="none", generation_kwargs={"max_new_tokens": 1024})
        load >> TextGeneration(llm=llm, input_batch_size=int(in_flight))
    made = pipeline.run(use_cache=True)["default"]["train"]
    with open(output, "w") as file:
        for row in made:
            file.write(json.dumps({"i": row["i"], "answer": row["generation"]}) + "\\n")

if __name__ == "__main__":
    main()
"""

CURATOR = """
import importlib.util, json, os, sys
source, output, url, in_flight, folder = sys.argv[1:]
os.environ |= {"CURATOR_CACHE_DIR": folder, "TELEMETRY_ENABLED": "0", "OPENAI_API_KEY": "none"}
os.environ |= {"CURATOR_DISABLE_RICH_DISPLAY": "1", "HF_HUB_OFFLINE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
# The tokenizer that it counts with is fetched from the network; litellm has it in its package.
found = importlib.util.find_spec("litellm").submodule_search_locations[0]
os.environ["TIKTOKEN_CACHE_DIR"] = found + "/litellm_core_utils/tokenizers"
from bespokelabs import curator
from datasets import Dataset

class Asker(curator.LLM):
    def prompt(self, row):
        return row["text"]
    def parse(self, row, response):
        return {"i": row["i"], "answer": response}

rows = [json.loads(line) for line in open(source)]
limits = {"max_requests_per_minute": 1_000_000, "max_tokens_per_minute": 1_000_000_000}
limits |= {"max_concurrent_requests": int(in_flight), "base_url": url, "api_key": "none"}
asker = Asker(model_name="gpt-4o-mini", backend="openai", backend_params=limits)
made = asker(Dataset.from_list(rows))
made = getattr(made, "dataset", made)
with open(output, "w") as file:
    for row in made:
        file.write(json.dumps({"i": row["i"], "answer": row["answer"]}) + "\\n")
"""
