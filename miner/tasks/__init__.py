"""What is asked of a document: one file is one task, its prompt lies beside it in prompts/."""
