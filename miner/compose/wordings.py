"""How instructions are worded, in English: many ways for each kind of finding.

`{...}` are slots. A wording says only what is true of every finding of its kind. Other languages
would be another table: a document in a language without one gets no example.
"""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en",)

READ_AND_QUOTE = (
    "Read the text and answer the question: {question}",
    "Answer this question from the text below. {question}",
    "Using only the text, answer: {question}",
    "{question} Answer with what the text says, word for word.",
    "Find the passage in the text that answers this question and quote it: {question}",
    "Here is a text. Quote the part of it that answers the question: {question}",
    "What does the text say in answer to the question “{question}” Quote the relevant part.",
)

READ_AND_TELL = (
    "{question} Use only the text below, in its own words.",
    "{question} Quote the part of the text that covers this.",
    "Find the passage in the text that fits this request and quote it: {question}",
    "Work from the text below. {question}",
)
"""The same for requests that are no questions."""

EXTRACT_ANSWER = (
    "Read the text and answer the question with words copied from it. {question}",
    "Answer the question with a span of the text: {question}",
    "{question} Copy the answer from the text.",
    "Find the answer in the text below and give it word for word. Question: {question}",
    "Using only the text, answer briefly and in its own words: {question}",
    "Question: {question} Answer with the shortest part of the text that answers it.",
    "Look at the text and tell me, in the words used there: {question}",
    "Which words of the text answer this question? {question}",
)
EXTRACT_ANSWERS = (
    "Answer the question with every fitting part of the text: {question}",
    "{question} Give all answers that the text has, word for word.",
    "Find all the answers to this question in the text. {question}",
    "The question has several answers in the text; list them all. {question}",
)
ANSWER_FREELY = (
    "Answer the question from the text. {question}",
    "Read the text, then answer in your own words: {question}",
    "{question} Use what the text says.",
    "Based on the text below, answer this question: {question}",
)
ANSWER_FROM_SEVERAL = (
    "Answer the question from the passages. {question}",
    "{question} Put together what the passages say.",
    "Read the passages, then answer: {question}",
    "Based on the passages below, answer this question: {question}",
)
"""The same on several passages."""
ANSWER_NEXT = (
    "Read the text and the conversation on it, then answer the next question. {question}",
    "The conversation goes on. Answer from the text: {question}",
    "Here are a text and a conversation about it. The next question is: {question}",
    "{question} Answer from the text; the conversation so far shows what is meant.",
)
"""The same in a conversation."""
YES_OR_NO = (
    "{question}\nAnswer with yes or no.",
    "{question}\nReply with yes or no only.",
    "Answer yes or no. {question}",
    "{question} (yes/no)",
)
"""For questions that are no questions on a text."""
ANSWER_YES_NO = (
    "Answer yes or no, going by the text: {question}",
    "{question} Answer with yes or no.",
    "According to the text: {question} Reply with yes or no only.",
    "Decide from the text. {question} (yes/no)",
)
ANSWER_YES_NO_MAYBE = (
    "Answer yes, no or maybe, going by the text: {question}",
    "{question} Answer with yes, no, or maybe if the text leaves it open.",
)
CHOOSE = (
    "Choose the right answer on the basis of the text. {question}",
    "{question} Pick the option that the text supports.",
    "Read the text and answer this multiple-choice question: {question}",
    "Which option answers the question correctly, according to the text? {question}",
)
CHOOSE_FOR_SEVERAL = (
    "Read both passages. {question} Choose one of these:",
    "{question} Pick the option that is right.",
    "{question} Which of these options fits?",
    "Go by what the passages say, not by the words they share. {question}",
)
FILL_BLANK = (
    "Which name belongs in the blank of the next sentence? {question}",
    "The text goes on: “{question}” Fill in the blank.",
    "Complete the sentence that follows the text with a name from it. {question}",
    "Fill the gap with the right name from the text: {question}",
)
NAME_REFERENT = (
    "Read the text. {question} Answer with the name or phrase from the text.",
    "{question} Give the words of the text that name it.",
    "{question} Copy the full name or phrase that it stands for.",
    "Look at what stands around it in the text: {question}",
    "Find out from the text, and answer in its words. {question}",
)
OF_FORM: Mapping[str, tuple[str, ...]] = {"cloze": FILL_BLANK, "coreference": NAME_REFERENT}
"""Forms of question that no preference rule and no sentence on missing answers suits."""
ABSENT = (
    "not stated",
    "The text does not say.",
    "unanswerable",
    "N/A",
    "no answer",
    "not in the text",
)
IF_ABSENT = (
    "If the text does not answer it, write “{absent}”.",
    "Reply “{absent}” if the answer is not in the text.",
    "Where the text gives no answer, say “{absent}”.",
)
MENTIONS_ABSENCE = 0.5
"""Share of answerable questions that also say what to do without an answer: it must give no hint."""

CLASSIFY = {
    "topic": (
        "What is the text below mainly about? Choose from: {options}.",
        "Choose the topic that fits the text best. The options are: {options}.",
        "Which of these topics does the text belong to: {options}?",
        "Classify the text by topic. Possible topics: {options}.",
        "Read the text and pick its main topic from this list: {options}.",
        "Assign one of the following topics to the text: {options}.",
        "To which subject would you file this text? Options: {options}.",
    ),
    "language": (
        "Which language is the text below in? Choose from: {options}.",
        "In what language is this text written: {options}?",
        "Name the language of the text. The options are: {options}.",
        "Identify the language of the text as one of these: {options}.",
    ),
    "sentiment": (
        "What is the sentiment of the text: {options}?",
        "How does the writer feel about the matter? Choose from: {options}.",
        "Classify the sentiment of the text as one of: {options}.",
        "Judge the attitude that the text expresses. The options are: {options}.",
    ),
    "intent": (
        "What is the text meant to do: {options}?",
        "What does the writer want with this text? Choose from: {options}.",
        "Decide what the text was written for. The options are: {options}.",
    ),
    "genre": (
        "What kind of text is this: {options}?",
        "Classify the text by genre. Possible genres: {options}.",
        "Which of these genres does the text belong to: {options}?",
    ),
    "": (
        "Classify the text as one of: {options}.",
        "Which of these labels fits the text: {options}?",
        "Choose the label that describes the text. The options are: {options}.",
        "Read the text and assign one of these labels: {options}.",
    ),
}
EVENT_TYPES = (
    "Which kinds of events does the text report? Several may be right. Options: {options}.",
    "Assign to the text all of these event types that occur in it: {options}.",
    "Of which of these types are the events that the text tells of: {options}? Give all that fit.",
)
CLASSIFY_SEVERAL = (
    "Which of these labels fit the text? Several may be right. Options: {options}.",
    "Assign all labels that apply to the text. The options are: {options}.",
    "Tag the text with every fitting label from this list: {options}.",
)
NONE_OF_THEM = (
    "If none of them fits, answer “{none}”.",
    "Reply “{none}” if no option applies.",
    "When none is right, say “{none}”.",
)

EXTRACT = {
    "Entities": (
        "Find everything in the text that is one of these types: {labels}.",
        "Extract all mentions of the following types from the text: {labels}.",
        "Go through the text and list every item of these types: {labels}.",
        "Which parts of the text are of the types {labels}? Copy each exactly as it is written.",
        "Mark up the text for me: I need all items of the types {labels}, word for word.",
        "Identify each item of the type {labels_or} that the text mentions.",
        "Pull out of the text whatever is of the type {labels_or}, exactly as written.",
        "Search the text for items of these kinds and copy them: {labels}.",
        "I am looking for every mention of these types in the text: {labels}.",
        "Locate all items of the types {labels} in the text below.",
        "Annotate the text: which stretches are of the types {labels}?",
        "Please collect every item of the type {labels_or} from the text, word for word.",
        "Read the text and note down all items of these types: {labels}.",
        "Can you list what the text mentions of the types {labels}?",
        "From the text below, take every item that belongs to one of these types: {labels}.",
        "Tell me which words of the text are of the type {labels_or}.",
    ),
    "Relations": (
        "Extract the relations between entities in the text. Types of relation: {labels}.",
        "Which of these relations does the text express: {labels}? Give each with its two entities.",
        "List all facts in the text that are of these kinds: {labels}.",
        "Find every pair of entities that the text connects by one of these relations: {labels}.",
        "Read the text and write down who or what stands in these relations: {labels}.",
        "Identify the relations {labels} in the text, each with its head and its tail.",
        "Pull the following relations out of the text: {labels}.",
        "I need all relations of the types {labels} that the text states.",
    ),
    "Events": (
        "Find the events that the text reports. Event types: {labels}.",
        "Extract every event of these types with its trigger and its arguments: {labels}.",
        "Which events of the types {labels} does the text describe?",
        "List what happens in the text, as far as it is of these types: {labels}.",
        "Identify all events of the types {labels}, each with the word that names it.",
        "Read the text and note each event of these types, with who and what took part: {labels}.",
    ),
    "Attributes": (
        "Collect what the text says about the attributes {labels} of each entity.",
        "For each entity in the text, extract these attributes: {labels}.",
        "Build a profile of the entities in the text from these attributes: {labels}.",
        "What does the text tell about the following attributes of anyone or anything: {labels}?",
        "Fill in what the text says for the attributes {labels}, entity by entity.",
        "Look up these attributes in the text: {labels}.",
    ),
}
ARGUMENTS = (
    "The text tells of an event of the type {event} by the words “{trigger}”. Who or what has these roles in it: {roles}?",
    "Extract the arguments of the event that “{trigger}” stands for in the text. Its type is {event}, its roles are {roles}.",
    "In the text, “{trigger}” names an event ({event}). Find {roles}, as far as the text names them.",
    "Fill in the roles {roles} of the event “{trigger}”, which is of the type {event}.",
)
EXTRACT_OPEN = {
    "Entities": (
        "List the named entities in the text.",
        "Which people, places, organisations and other named things does the text mention?",
    ),
    "Relations": (
        "Extract the facts in the text as triples of subject, relation and object.",
        "What relations between entities does the text state? Use its own words.",
    ),
    "Events": ("List the events that the text reports, with who and what took part.",),
    "Attributes": ("List what the text says about each entity, as attribute and value.",),
}
GUIDELINE = (
    "These are the types:",
    "Guidelines:",
    "What the types mean:",
    "Follow these definitions:",
    "Keep to this annotation guide:",
)
PHRASES = (
    "List the key phrases of the text.",
    "Which terms is this text about? Name the most important ones.",
    "Extract the keywords from the text, as they are written there.",
    "Pick out the key terms of the passage below.",
    "What are the main keywords of this text? Copy them from the text.",
    "Give me keywords for this text, taken from it word for word.",
    "Tag the text with its key phrases.",
)

VALUES = frozenset({"date", "money", "percentage", "quantity"})
"""Labels of what is written with numbers, and has no title, article or quotation marks."""
DEFINITIONS: Mapping[frozenset[str], tuple[str, ...]] = {
    VALUES: (
        "A date is a day, a month with its year, a year, a decade or a century; a quantity is a number with a unit of measure, not a count of things or a span of time.",
        "Dates are days, months with a year, years, decades and centuries. Quantities have a unit of measure; counts and spans of time do not belong to them.",
        "Take as dates days, months with a year, years, decades and centuries, and as quantities only numbers with a unit of measure (no counts, no spans of time).",
    ),
}
"""What the labels of a schema mean, where the bare names would leave doubt."""
