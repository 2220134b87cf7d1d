"""Before money is spent: a recipe's own tasks, with its model, on what people annotated."""
